"""An unseen film to its micro-genre: placed as the mining placed its own, by a release's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cluster.assign import top_two
from pipeline.errors import ReleaseError
from pipeline.features.space import place_films
from pipeline.features.text import amounts, features, texts_of
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.release.reader import read_manifest
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings

__all__ = ["Assigner"]


class Assigner:
    """Names the micro-genre of films that a release has not seen.

    Parameters
    ----------
    encoder : of the release's model, where the caller has one already.

    Raises
    ------
    ReleaseError
        when the release lacks a file, or one cannot be read.
    ModelError
        when the model on this machine is not the one that the release was made with.
    """

    def __init__(self, release: Path, encoder: Encoder | None = None) -> None:
        manifest = read_manifest(release)
        self._features = manifest.read_settings("features", FeatureSettings)
        self._embed = manifest.read_settings("embed", EmbedSettings)
        self._weak_below = manifest.weak_threshold()
        try:
            self._centroids = matrix_of(pq.read_table(release / "centroids.parquet"))
            self._vocabulary = pq.read_table(release / "vocabulary.parquet")
            self._space = pq.read_table(release / "space.parquet")
            wanted = ["cluster", "micro_genre_name"]
            named = pq.read_table(release / "micro_genres.parquet", columns=wanted)
            self._names: dict[int, str] = dict(
                zip(*(named.column(name).to_pylist() for name in wanted), strict=True)
            )
            terms = release / "tfidf.parquet"
            self._terms = None if self._features.mode == "embedding" else pq.read_table(terms)
        except (OSError, ValueError) as error:
            raise ReleaseError(
                f"release {release} cannot be read: {error}; restore it, or mine again"
            ) from error
        except KeyError as error:
            raise ReleaseError(f"release {release} lacks {error}; mine again") from error
        self._encoder = encoder or encoder_of(release, manifest)

    def assign(self, films: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The micro-genre of each film.

        Parameters
        ----------
        films : each with `overview` (text), and `keywords` (list) and `tagline` where known.

        Returns
        -------
        for each: cluster, micro_genre_name, similarity (cosine, -1 to 1), runner_up,
        runner_up_name, margin (None where there is one micro-genre), weak.
        """
        movies = pa.Table.from_pylist(
            [
                {
                    "movie_id": str(row),
                    "overview": film["overview"],
                    "tagline": film.get("tagline"),
                    "keywords": list(film.get("keywords") or []),
                }
                for row, film in enumerate(films)
            ],
            pa.schema(
                [
                    ("movie_id", pa.string()),
                    ("overview", pa.string()),
                    ("tagline", pa.string()),
                    ("keywords", pa.list_(pa.string())),
                ]
            ),
        )
        if not films:
            return []
        texts = texts_of(movies, self._features).column("text").to_pylist()
        # sentiment counts in the other modes only, and brings a lexicon along
        made = (
            amounts(movies)
            if self._features.mode == "embedding"
            else features(movies, self._features)["features"]
        )
        vectors = self._encoder.encode(texts, self._embed.batch_tokens)
        # as stored: a film that the release holds comes out where the release has it
        stored = vectors.astype(self._embed.vector_dtype).astype(np.float32)
        points = place_films(
            stored,
            made,
            movies.column("keywords").to_pylist(),
            self._vocabulary,
            self._space,
            self._features,
            self._terms,
        )
        best, cosine = top_two(points, self._centroids)
        return [self._told(b, c) for b, c in zip(best.tolist(), cosine.tolist(), strict=True)]

    def _told(self, best: list[int], cosine: list[float]) -> dict[str, Any]:
        alone = len(best) == 1
        return {
            "cluster": best[0],
            "micro_genre_name": self._names[best[0]],
            "similarity": cosine[0],
            "runner_up": None if alone else best[1],
            "runner_up_name": None if alone else self._names[best[1]],
            "margin": None if alone else cosine[0] - cosine[1],
            "weak": cosine[0] < self._weak_below,
        }
