"""Micro-genres of films that are not in a release, computed from the files of the release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cleaning.language import detect_languages
from pipeline.cluster.assign import top_two
from pipeline.errors import ReleaseError
from pipeline.features.origins import origins_of
from pipeline.features.space import place_films
from pipeline.features.text import compose_texts, extract_features, measure_amounts
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.release.reader import read_manifest
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings

__all__ = ["Assigner"]


class Assigner:
    """Assigns films to the micro-genres of a release, by the same steps as the mining.

    Parameters
    ----------
    release : Path
        Folder of the release.
    encoder : Encoder, optional
        Encoder of the release's model, if the caller has one already.

    Raises
    ------
    ReleaseError
        If the release lacks a file, or one cannot be read.
    ModelError
        If the model on this machine is not the one of the release.
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
            columns = ["cluster", "micro_genre_name"]
            genres = pq.read_table(release / "micro_genres.parquet", columns=columns)
            self._names: dict[int, str] = dict(
                zip(*(genres.column(name).to_pylist() for name in columns), strict=True)
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
        """Return the micro-genre of each film.

        Parameters
        ----------
        films : sequence of mapping
            Each with `overview` (str); `keywords` (list of str), `tagline` (str), `language` (str:
            code or name of the original language) and `countries` (list of str: codes or names) are
            optional.

        Returns
        -------
        list of dict
            For each film: cluster (int), micro_genre_name (str), similarity (float, cosine, -1 to
            1), runner_up (int), runner_up_name (str), margin (float) and weak (bool). runner_up,
            runner_up_name and margin are None if the release has one micro-genre.
        """
        movies = pa.Table.from_pylist(
            [
                {
                    "movie_id": str(row),
                    "overview": film["overview"],
                    "tagline": film.get("tagline"),
                    "keywords": list(film.get("keywords") or []),
                    "language": film.get("language"),
                    "countries": list(film.get("countries") or []),
                }
                for row, film in enumerate(films)
            ],
            pa.schema(
                [
                    ("movie_id", pa.string()),
                    ("overview", pa.string()),
                    ("tagline", pa.string()),
                    ("keywords", pa.list_(pa.string())),
                    ("language", pa.string()),
                    ("countries", pa.list_(pa.string())),
                ]
            ),
        )
        if not films:
            return []
        texts = compose_texts(movies, self._features).column("text").to_pylist()
        # only the other modes need sentiment, which loads a lexicon
        features = (
            measure_amounts(movies)
            if self._features.mode == "embedding"
            else extract_features(movies, self._features)["features"]
        )
        vectors = self._encoder.encode(texts, self._embed.batch_tokens)
        # rounded as in the release: a film of the release gets the point that it has there
        rounded = vectors.astype(self._embed.vector_dtype).astype(np.float32)
        points = place_films(
            rounded,
            features,
            movies.column("keywords").to_pylist(),
            self._vocabulary,
            self._space,
            self._features,
            self._terms,
            origins=origins_of(movies, detect_languages(movies)["languages"]),
        )
        best, cosine = top_two(points, self._centroids)
        return [self._assignment(b, c) for b, c in zip(best.tolist(), cosine.tolist(), strict=True)]

    def _assignment(self, best: list[int], cosine: list[float]) -> dict[str, Any]:
        """Return the assignment of a film to its nearest cluster; `best` has one or two."""
        single = len(best) == 1
        return {
            "cluster": best[0],
            "micro_genre_name": self._names[best[0]],
            "similarity": cosine[0],
            "runner_up": None if single else best[1],
            "runner_up_name": None if single else self._names[best[1]],
            "margin": None if single else cosine[0] - cosine[1],
            "weak": cosine[0] < self._weak_below,
        }
