"""The films of the sample, split and embedded once, and small settings for genre models."""

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
from pipeline.genres.models.classifier import MODELS, Classifier, fit_classifier
from pipeline.genres.models.scorers import (
    FeatureScorer,
    LabelledTexts,
    Scorer,
    TransformerScorer,
)
from pipeline.genres.training.train import part_rows
from pipeline.settings import CleanSettings, GenreSettings
from tests.support.films import exact

SEED = 2026
# Few epochs and small models: the tests check that they work, not how good they are.
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
    """The films of the sample, their split, and the texts and labels of each part."""

    films: pa.Table
    vectors: np.ndarray
    genres: tuple[str, ...]
    parts: Mapping[str, LabelledTexts]

    @staticmethod
    def encode(texts: Sequence[str]) -> np.ndarray:
        """Return the embeddings of texts."""
        return encode(list(texts), exact())


@cache
def divided_films() -> Divided:
    """Return every other film of the sample, split; the tests of a process share it, read-only."""
    movies = clean(catalogue(), CleanSettings())["movies"]
    films, _ = select_films(movies.take(pa.array(range(0, len(movies), 2))), SETTINGS)
    texts = texts_of(films).compose("both")
    vectors = encode(texts, exact())
    films = split(films, vectors, SETTINGS, SEED)
    labels, genres = label_matrix(films)
    parts = {
        name: LabelledTexts([texts[i] for i in rows], vectors[rows], labels[rows])
        for name, rows in part_rows(films, None, SETTINGS.folds).items()
    }
    return Divided(films, vectors, tuple(genres), parts)


def scorer_of(name: str, divided: Divided) -> Scorer:
    """Return an unfitted scorer of a model, with the small settings."""
    model = MODELS[name]
    if model.members:
        return BlendScorer([train_on(member, divided) for member in MEMBERS])
    if model.loss is not None:
        return TransformerScorer(SETTINGS, model.loss)
    assert model.representation is not None
    return FeatureScorer(model.representation, model.estimator, SETTINGS)


def train_on(name: str, divided: Divided) -> Classifier:
    """Fit a model to the sample, and return it."""
    train, validation = divided.parts["train"], divided.parts["validation"]
    classifier, _ = fit_classifier(
        name, "both", divided.genres, scorer_of(name, divided), train, validation, SETTINGS, SEED
    )
    return classifier
