"""Micro-genres of films that are not in a release, computed from the files of the release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cleaning.language import detect_languages
from pipeline.errors import ReleaseError
from pipeline.features.origins import origins_of
from pipeline.features.space import place_films
from pipeline.features.text import compose_texts, extract_features, measure_amounts
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.inference.known_films import KnownFilm, known_films
from pipeline.inference.preloading import finish_loading, start_loading
from pipeline.inference.shelf_rule import ShelfRule
from pipeline.label.shelves.assigned import measured_assignments
from pipeline.release.reader import read_manifest
from pipeline.schemas.mining import MICRO_GENRES, add_later_columns
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings

__all__ = ["Assigner"]

# What the caller may know of a film, beside its text.
_FILMS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("keywords", pa.list_(pa.string())),
        ("genres", pa.list_(pa.string())),
        ("year", pa.int32()),
        ("language", pa.string()),
        ("countries", pa.list_(pa.string())),
        ("runtime_minutes", pa.float64()),
    ]
)
_LISTS = ("keywords", "genres", "countries")


class Assigner:
    """Assigns films to the micro-genres of a release, by the same steps as the mining.

    A genre, year, language or country that the caller does not say is no reason against a name.

    Parameters
    ----------
    release : Path
        Folder of the release.
    encoder : Encoder, optional
        Encoder of the release's model, if the caller has one already. By default one that does not
        import PyTorch for a few films.

    Raises
    ------
    ReleaseError
        If the release lacks a file, or one cannot be read.
    ModelError
        If the model on this machine is not the one of the release.
    """

    def __init__(self, release: Path, encoder: Encoder | None = None) -> None:
        start_loading()
        manifest = read_manifest(release)
        self._features = manifest.read_settings("features", FeatureSettings)
        self._embed = manifest.read_settings("embed", EmbedSettings)
        self._weak_below = manifest.weak_threshold()
        try:
            self._centroids = matrix_of(pq.read_table(release / "centroids.parquet"))
            self._vocabulary = pq.read_table(release / "vocabulary.parquet")
            self._space = pq.read_table(release / "space.parquet")
            genres = pq.read_table(release / "micro_genres.parquet")
            labels = add_later_columns(genres, MICRO_GENRES).to_pylist()
            self._names = {int(row["cluster"]): str(row["micro_genre_name"]) for row in labels}
            self._rule = ShelfRule(labels, self._centroids, manifest.shelves, lenient=True)
            terms = release / "tfidf.parquet"
            self._terms = None if self._features.mode == "embedding" else pq.read_table(terms)
        except (OSError, ValueError) as error:
            raise ReleaseError(
                f"release {release} cannot be read: {error}; restore it, or mine again"
            ) from error
        except KeyError as error:
            raise ReleaseError(f"release {release} lacks {error}; mine again") from error
        self._encoder = encoder or encoder_of(release, manifest, light=True)

    def assign(self, films: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the micro-genre of each film.

        Parameters
        ----------
        films : sequence of mapping
            Each with `overview` (str); `keywords`, `genres` (lists of str), `tagline` (str), `year`
            (int), `runtime_minutes` (float), `language` (str: code or name of the original
            language) and `countries` (list of str: codes or names) are optional.

        Returns
        -------
        list of dict
            For each film: cluster (int), micro_genre_name (str), similarity (float, cosine, -1 to
            1), runner_up (int), runner_up_name (str), margin (float), weak (bool) and name_true
            (bool). runner_up is the nearest other micro-genre; margin is below 0 if that is nearer,
            but its name is not known to be true. runner_up, runner_up_name and margin are None if
            the release has one micro-genre; name_true is None if what the name says is not known of
            the film, or of the name.
        """
        if not films:
            return []
        finish_loading()
        movies = pa.Table.from_pylist(
            [
                {**film, "movie_id": str(row)}
                | {name: list(film.get(name) or []) for name in _LISTS}
                for row, film in enumerate(films)
            ],
            _FILMS,
        )
        languages = detect_languages(movies)["languages"]
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
            origins=origins_of(movies, languages),
        )
        known = known_films(movies, languages)
        clusters = self._rule.choose(points, known)
        found = measured_assignments(movies["movie_id"], points, clusters, self._centroids)
        return [self._answer(*pair) for pair in zip(found.to_pylist(), known, strict=True)]

    def _answer(self, found: dict[str, Any], film: KnownFilm) -> dict[str, Any]:
        """Return the assignment of a film, with names."""
        cluster, other = found["cluster"], found["runner_up"]
        return {
            "cluster": cluster,
            "micro_genre_name": self._names[cluster],
            "similarity": found["similarity"],
            "runner_up": other,
            "runner_up_name": None if other is None else self._names[other],
            "margin": found["margin"],
            "weak": found["similarity"] < self._weak_below,
            "name_true": self._rule.name_true(cluster, film),
        }
