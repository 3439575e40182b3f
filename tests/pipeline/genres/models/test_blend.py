"""A blend learns the weights of its members from films that no member learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.genres.models.blend import BlendScorer
from pipeline.genres.models.calibration import Calibration, sigmoid
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.models.scorers import LabelledTexts
from pipeline.genres.training.documents import TrainingRecord
from pipeline.genres.training.persistence import open_model, save_model
from pipeline.settings import GenreSettings
from tests.support.genre_films import divided_films, train_on

FILMS, GENRES = 3_000, 3


@dataclass
class FixedScorer:
    """A scorer with a fixed row of scores for each text."""

    rows: np.ndarray
    needs_vectors: bool = False

    def fit(self, train: LabelledTexts, validation: LabelledTexts, seed: int) -> dict[str, Any]:
        return {}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        return self.rows[[int(text) for text in texts]]


def member(scores: np.ndarray) -> Classifier:
    calibration = Calibration(np.ones(GENRES), np.zeros(GENRES))
    return Classifier("fixed", "both", ("a", "b", "c"), FixedScorer(scores), calibration, None)


def examples(labels: np.ndarray) -> LabelledTexts:
    return LabelledTexts([str(row) for row in range(len(labels))], None, labels)


def test_weights_reflect_how_good_the_members_are() -> None:
    chance = np.random.default_rng(1)
    odds = chance.normal(0, 2, (FILMS, GENRES))
    labels = chance.random(odds.shape) < sigmoid(odds)
    half = odds + chance.normal(0, 2, odds.shape)
    noise = chance.normal(0, 2, odds.shape)
    blend = BlendScorer([member(noise), member(odds), member(half), member(-odds)])
    report = blend.fit(examples(labels), examples(labels), 1)
    assert report["members"] == ["fixed"] * 4
    assert report["weights"] == pytest.approx(blend.weights, abs=1e-4)
    assert blend.weights[1] == pytest.approx(1, abs=0.1)
    assert blend.weights[[0, 2, 3]] == pytest.approx(0, abs=0.08)
    assert (blend.weights >= 0).all()
    same = BlendScorer([member(half), member(half)])
    same.fit(examples(labels), examples(labels), 1)
    assert same.weights[0] == pytest.approx(same.weights[1], abs=1e-3)
    assert 0.2 < same.weights.sum() < 0.6, "half of its scores are noise"


def test_useless_members_get_equal_weights() -> None:
    chance = np.random.default_rng(2)
    odds = chance.normal(0, 2, (FILMS, GENRES))
    labels = chance.random(odds.shape) < sigmoid(odds)
    blend = BlendScorer([member(-odds), member(-odds)])
    blend.fit(examples(labels), examples(labels), 1)
    assert blend.weights == pytest.approx(0.5)


def test_a_blend_is_saved_with_its_weights(tmp_path: Path) -> None:
    divided = divided_films()
    classifier = train_on("blend", divided)
    assert isinstance(classifier.scorer, BlendScorer)
    assert len(set(classifier.scorer.weights)) > 1
    opened = open_model(
        save_model(classifier, tmp_path / "blend", GenreSettings(), TrainingRecord())
    )
    assert isinstance(opened.scorer, BlendScorer)
    assert np.array_equal(opened.scorer.weights, classifier.scorer.weights)
    test = divided.parts["test"]
    assert np.allclose(
        opened.probabilities(test.texts, test.vectors),
        classifier.probabilities(test.texts, test.vectors),
    )


def test_a_blend_has_one_weight_per_member() -> None:
    with pytest.raises(ModelError, match="a blend of 1 models has"):
        BlendScorer([member(np.zeros((2, GENRES)))], np.ones(2))
