"""Films of the sample with genres, divided and encoded once, and small settings to learn them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from benchmarks.lib.mined_release import catalogue
from pipeline.cleaning.clean import clean
from pipeline.embedding.embed import encode
from pipeline.genres.data.films import label_matrix, select_films, texts_of
from pipeline.genres.data.split import split
from pipeline.genres.models.blend import BlendScorer
from pipeline.genres.models.classifier import MODELS, Classifier, fitted
from pipeline.genres.models.scorers import FeatureScorer, Held, Scorer, TransformerScorer
from pipeline.genres.training.train import sides
from pipeline.settings import CleanSettings, GenreSettings
from tests.support.films import exact

SEED = 2026
# One epoch of a few steps: what is tested is that it works, not how good it is.
SETTINGS = GenreSettings(
    chains=2,
    neighbours=15,
    max_terms=5_000,
    epochs=2,
    batch=16,
    max_tokens=48,
    frozen_layers=4,
    learning_rate=1e-3,
    bootstrap=50,
    device="cpu",
)
MEMBERS = ("logistic-tfidf", "adaptation")  # of the blend under test


@dataclass(frozen=True)
class Divided:
    """The sample's films, their split, and the sides that models learn from."""

    films: pa.Table
    vectors: np.ndarray
    genres: tuple[str, ...]
    sides: Mapping[str, Held]

    @staticmethod
    def encode(texts: Sequence[str]) -> np.ndarray:
        return encode(list(texts), exact())


@cache
def divided_films() -> Divided:
    """Every other film of the sample, divided; shared by all tests of a process, not written to."""
    movies = clean(catalogue(), CleanSettings())["movies"]
    films, _ = select_films(movies.take(pa.array(range(0, len(movies), 2))), SETTINGS)
    texts = texts_of(films).compose("both")
    vectors = encode(texts, exact())
    films = split(films, vectors, SETTINGS, SEED)
    labels, genres = label_matrix(films)
    held = {
        name: Held([texts[i] for i in rows], vectors[rows], labels[rows])
        for name, rows in sides(films, None, SETTINGS.folds).items()
    }
    return Divided(films, vectors, tuple(genres), held)


def scorer_of(name: str, divided: Divided) -> Scorer:
    """The scorer of a model, with the small settings."""
    model = MODELS[name]
    if model.members:
        return BlendScorer([train_on(member, divided) for member in MEMBERS])
    if model.loss is not None:
        return TransformerScorer(SETTINGS, model.loss)
    assert model.representation is not None
    return FeatureScorer(model.representation, model.estimator, SETTINGS)


def train_on(name: str, divided: Divided) -> Classifier:
    """Fit a model to the sample."""
    train, validation = divided.sides["train"], divided.sides["validation"]
    made, _ = fitted(
        name, "both", divided.genres, scorer_of(name, divided), train, validation, SETTINGS, SEED
    )
    return made
