"""Small synthetic ratings for tests, with films that have vectors and micro-genres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films, link_films
from pipeline.recommend.data.ingest import PreparedRatings, prepare
from pipeline.recommend.data.interactions import History, build_history
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.recommend.data.temporal_split import find_boundaries, split_by_time
from pipeline.recommend.models.validation_sets import ValidationSet, build_validation_set
from pipeline.schemas.ratings import RATINGS
from pipeline.settings import RecommendSettings

SEED = 11
SETTINGS = RecommendSettings(
    factors=12,
    svd_factors=12,
    iterations=8,
    epochs=15,
    neighbours=60,
    bootstrap=100,
    measured_users=150,
    sampled=60,
)
SIZE = Size(ratings=16_000, films=400, tag_films=60, tags=30)


@dataclass(frozen=True)
class RatingsData:
    """Ratings for a model to be fitted on, and a validation set.

    Attributes
    ----------
    prepared : PreparedRatings
        All ratings.
    films : Films
        The films.
    history : History
        Training ratings; a tenth of the films has none.
    later : pa.Table of RATINGS
        Ratings after the training ratings.
    validation : ValidationSet
        Built from `later`.
    """

    prepared: PreparedRatings
    films: Films
    history: History
    later: pa.Table
    validation: ValidationSet


def create_ratings(place: Path) -> RatingsData:
    """Generate ratings below `place`; a tenth of the films has no training rating."""
    generate(place / "movielens", SIZE, seed=SEED)
    prepared = prepare(place / "movielens", place / "data")
    films = add_micro_genres(link_films(prepared.films(), None))
    ratings = prepared.whole()
    at = find_boundaries([ratings.column("timestamp").to_numpy()], SETTINGS)
    parts = split_by_time(ratings, at)
    warm = pa.array(films.row_of(parts["train"].column("film_id").to_numpy()) % 10 != 3)
    history = build_history(parts["train"].filter(warm), films)
    validation = build_validation_set(history, parts["test"], films, SETTINGS.liked, 150, SEED)
    return RatingsData(prepared, films, history, parts["test"], validation)


def add_micro_genres(films: Films) -> Films:
    """Return the films as if a release had them all: vectors by genre, eight micro-genres."""
    rng = np.random.default_rng(SEED)
    vectors = films.genres @ rng.normal(0, 1, (films.genres.shape[1], 24))
    vectors = vectors + rng.normal(0, 0.3, vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cluster = (vectors @ rng.normal(0, 1, (24, 8))).argmax(1)
    return replace(
        films,
        vectors=vectors.astype(np.float32),
        cluster=cluster.astype(np.int64),
        cluster_names={c: f"Micro-genre {c}" for c in range(8)},
        movie_ids=[f"m{i}" for i in films.ids],
        release_id="synthetic",
    )


def table_of_times(times: list[int]) -> pa.Table:
    """Return RATINGS with these seconds, each by another user of another film."""
    count = len(times)
    columns = [np.arange(count), np.arange(count), np.full(count, 4.0, np.float32), times]
    return pa.table([pa.array(c, t) for c, t in zip(columns, RATINGS.types, strict=True)], RATINGS)
