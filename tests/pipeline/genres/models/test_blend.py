"""What a blend learns of its members, from films that none of them learnt from."""

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
from pipeline.genres.models.scorers import Held
from pipeline.genres.training.persistence import keep, open_model
from pipeline.settings import GenreSettings
from tests.support.genre_films import divided_films, train_on

FILMS, GENRES = 3_000, 3


@dataclass
class Told:
    """A scorer that answers with scores written down for each text."""

    answers: np.ndarray
    needs_vectors: bool = False

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        return {}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        return self.answers[[int(text) for text in texts]]


def member(answers: np.ndarray) -> Classifier:
    calibration = Calibration(np.ones(GENRES), np.zeros(GENRES))
    return Classifier("told", "both", ("a", "b", "c"), Told(answers), calibration, None)


def held(labels: np.ndarray) -> Held:
    return Held([str(row) for row in range(len(labels))], None, labels)


def test_a_member_weighs_what_it_knows() -> None:
    chance = np.random.default_rng(1)
    odds = chance.normal(0, 2, (FILMS, GENRES))
    labels = chance.random(odds.shape) < sigmoid(odds)
    half = odds + chance.normal(0, 2, odds.shape)
    noise = chance.normal(0, 2, odds.shape)
    blend = BlendScorer([member(noise), member(odds), member(half), member(-odds)])
    told = blend.fit(held(labels), held(labels), 1)
    assert told["members"] == ["told"] * 4
    assert told["weights"] == pytest.approx(blend.weights, abs=1e-4)
    assert blend.weights[1] == pytest.approx(1, abs=0.1)
    assert blend.weights[[0, 2, 3]] == pytest.approx(0, abs=0.08)
    assert (blend.weights >= 0).all()
    same = BlendScorer([member(half), member(half)])
    same.fit(held(labels), held(labels), 1)
    assert same.weights[0] == pytest.approx(same.weights[1], abs=1e-3)
    assert 0.2 < same.weights.sum() < 0.6, "half of what it says is noise"


def test_members_that_know_nothing_are_weighed_alike() -> None:
    chance = np.random.default_rng(2)
    odds = chance.normal(0, 2, (FILMS, GENRES))
    labels = chance.random(odds.shape) < sigmoid(odds)
    blend = BlendScorer([member(-odds), member(-odds)])
    blend.fit(held(labels), held(labels), 1)
    assert blend.weights == pytest.approx(0.5)


def test_a_blend_is_kept_with_its_weights(tmp_path: Path) -> None:
    divided = divided_films()
    made = train_on("blend", divided)
    assert isinstance(made.scorer, BlendScorer)
    assert len(set(made.scorer.weights)) > 1
    opened = open_model(keep(made, tmp_path / "blend", GenreSettings(), {}))
    assert isinstance(opened.scorer, BlendScorer)
    assert np.array_equal(opened.scorer.weights, made.scorer.weights)
    test = divided.sides["test"]
    assert np.allclose(
        opened.probabilities(test.texts, test.vectors), made.probabilities(test.texts, test.vectors)
    )


def test_weights_are_those_of_the_members() -> None:
    with pytest.raises(ModelError, match="a blend of 1 models has"):
        BlendScorer([member(np.zeros((2, GENRES)))], np.ones(2))
