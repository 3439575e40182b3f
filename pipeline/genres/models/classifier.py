"""The one contract of all genre models: texts in; probabilities and genres out.

A classifier is a scorer, a calibration and a rule that decides; the latter two are fitted on
validation films, which the scorer did not learn from. `MODELS` names what can be trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pipeline.errors import SettingsError
from pipeline.genres.data.films import Inputs
from pipeline.genres.models.calibration import (
    Calibration,
    Wanted,
    best_set,
    calibrate,
    decide,
    tune,
)
from pipeline.genres.models.scorers import Held, Scorer
from pipeline.genres.models.transformer import LossName
from pipeline.genres.models.vectorizers import Kind
from pipeline.settings import GenreSettings

__all__ = ["MODELS", "Classifier", "Model", "fitted", "model_named"]

Family = Literal["baseline", "transformation", "adaptation", "transformer", "blend"]


@dataclass(frozen=True)
class Model:
    """What a model is made of; of a transformer the loss, of a blend the members.

    `tuned`: decided by a threshold for each genre, not by the set of which most is expected.
    """

    family: Family
    estimator: str = ""
    representation: Kind | None = None
    loss: LossName | None = None
    members: tuple[str, ...] = ()
    tuned: bool = False


_REPRESENTED: tuple[Kind, ...] = ("bow", "tfidf", "embedding")
_BLENDED = ("transformation", "logistic-tfidf", "logistic-embedding", "adaptation")
MODELS: Mapping[str, Model] = {
    **{
        f"{estimator}-{kind}": Model("baseline", estimator, kind)
        for estimator in ("logistic", "svm", "knn")
        for kind in _REPRESENTED
    },
    "tree": Model("baseline", "tree", "embedding"),
    "transformation": Model("transformation", "chains", "tfidf+embedding", tuned=True),
    "adaptation": Model("adaptation", "ml-knn", "embedding"),
    "adaptation-tree": Model("adaptation", "multi-label-tree", "embedding"),
    "transformer": Model("transformer", loss="bce"),
    "transformer-log": Model("transformer", loss="log"),
    "transformer-focal": Model("transformer", loss="focal"),
    "blend": Model("blend", members=_BLENDED),
    "blend-transformer": Model("blend", members=(*_BLENDED, "transformer")),
}


def model_named(name: str) -> Model:
    """The model of that name; SettingsError lists them all where there is none."""
    if name not in MODELS:
        raise SettingsError(f"genre model {name!r} is unknown; there are {', '.join(MODELS)}")
    return MODELS[name]


@dataclass
class Classifier:
    """A fitted model: `genres` are the columns of all it answers.

    `thresholds` of the genres decide, float64 (genres,); without them `wanted`, of which the
    expectation is made greatest.
    """

    name: str
    inputs: Inputs
    genres: tuple[str, ...]
    scorer: Scorer
    calibration: Calibration
    thresholds: np.ndarray | None
    wanted: Wanted = "jaccard"

    @property
    def needs_vectors(self) -> bool:
        """Whether the miner's vectors of the texts must be given."""
        return self.scorer.needs_vectors

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """The probability of each genre, float64 (n, genres), 0 to 1.

        Parameters
        ----------
        texts : as `films.composed` makes them for `inputs`. vectors : (n, dim) of these texts.
        """
        if not len(texts):
            return np.zeros((0, len(self.genres)))
        return self.calibration.probabilities(self.scorer.scores(texts, vectors))

    def predict(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """Which genres each text is given, bool (n, genres), at least one each."""
        return self.decided(self.probabilities(texts, vectors))

    def decided(self, probabilities: np.ndarray) -> np.ndarray:
        """The genres that probabilities amount to, bool (n, genres)."""
        if self.thresholds is None:
            return best_set(probabilities, self.wanted)
        return decide(probabilities, self.thresholds)

    def named(self, told: np.ndarray) -> list[list[str]]:
        """The names of the genres in each row of `predict`."""
        return [[self.genres[g] for g in np.flatnonzero(row)] for row in told]


def fitted(
    name: str,
    inputs: Inputs,
    genres: Sequence[str],
    scorer: Scorer,
    train: Held,
    validation: Held,
    settings: GenreSettings,
    seed: int,
) -> tuple[Classifier, dict[str, Any]]:
    """Fit a scorer, calibrate it and tune what decides; also what the scorer told of its fit."""
    told = scorer.fit(train, validation, seed)
    scores = scorer.scores(validation.texts, validation.vectors)
    calibration = calibrate(scores, validation.labels)
    thresholds: np.ndarray | None = None
    if model_named(name).tuned:
        found = calibration.probabilities(scores)
        thresholds = tune(found, validation.labels, settings.tuned_for)
    made = Classifier(
        name, inputs, tuple(genres), scorer, calibration, thresholds, settings.tuned_for
    )
    return made, told
