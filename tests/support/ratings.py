"""Ratings for tests: made, small, with films that have vectors and micro-genres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.recommend.data.films import Films, films_of
from pipeline.recommend.data.ingest import Prepared, prepare
from pipeline.recommend.data.interactions import History, history
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.recommend.data.temporal_split import borders, cut
from pipeline.recommend.models.validation_sets import Questions, questions
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
class Asked:
    """What a model is fitted on and asked."""

    prepared: Prepared
    films: Films
    known: History
    later: pa.Table
    questions: Questions


def ratings_of(place: Path) -> Asked:
    """Ratings made below `place`; a tenth of the films is taken out of what is learnt from."""
    generate(place / "movielens", SIZE, seed=SEED)
    prepared = prepare(place / "movielens", place / "data")
    films = with_micro_genres(films_of(prepared.films(), None))
    ratings = prepared.whole()
    parts = cut(ratings, borders([ratings.column("timestamp").to_numpy()], SETTINGS))
    new = pa.array(films.row_of(parts["train"].column("film_id").to_numpy()) % 10 != 3)
    known = history(parts["train"].filter(new), films)
    asked = questions(known, parts["test"], films, SETTINGS.liked, 150, SEED)
    return Asked(prepared, films, known, parts["test"], asked)


def with_micro_genres(films: Films) -> Films:
    """The same films as if a release had them all: vectors by genre, eight micro-genres."""
    draw = np.random.default_rng(SEED)
    vectors = films.genres @ draw.normal(0, 1, (films.genres.shape[1], 24))
    vectors = vectors + draw.normal(0, 0.3, vectors.shape)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cluster = (vectors @ draw.normal(0, 1, (24, 8))).argmax(1)
    return replace(
        films,
        vectors=vectors.astype(np.float32),
        cluster=cluster.astype(np.int64),
        cluster_names={c: f"Micro-genre {c}" for c in range(8)},
        movie_ids=[f"m{i}" for i in films.ids],
        release_id="made",
    )
