"""The one contract of all genre models: texts in; probabilities and genres out.

A classifier is a scorer, a calibration and a decision rule. Calibration and decision rule are
fitted on validation films, which the scorer did not learn from. `MODELS` lists the models that can
be trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import JsonValue

from pipeline.errors import SettingsError
from pipeline.genres.data.films import Inputs
from pipeline.genres.models.calibration import (
    Calibration,
    Objective,
    calibrate,
    choose_sets,
    decide,
    tune_thresholds,
)
from pipeline.genres.models.scorers import LabelledTexts, Scorer
from pipeline.genres.models.transformer import LossName
from pipeline.genres.models.vectorizers import Kind
from pipeline.settings import GenreSettings

__all__ = ["MODELS", "Classifier", "Family", "Model", "find_model", "fit_classifier"]

Family = Literal["baseline", "transformation", "adaptation", "transformer", "blend"]


@dataclass(frozen=True)
class Model:
    """The parts of a model that can be trained.

    Attributes
    ----------
    family : str
        Kind of multi-label method.
    estimator : str
        Name in `estimators.ESTIMATORS`; empty for a transformer or a blend.
    representation : str, optional
        How `vectorizers` turns texts into features; None for a transformer or a blend.
    loss : str, optional
        Loss of a transformer.
    members : tuple of str
        Models of a blend.
    tuned : bool
        Whether a tuned threshold for each genre decides, instead of the set with the greatest
        expected objective.
    """

    family: Family
    estimator: str = ""
    representation: Kind | None = None
    loss: LossName | None = None
    members: tuple[str, ...] = ()
    tuned: bool = False


_BASELINE_FEATURES: tuple[Kind, ...] = ("bow", "tfidf", "embedding")
_BLENDED = ("transformation", "logistic-tfidf", "logistic-embedding", "adaptation")
MODELS: Mapping[str, Model] = {
    **{
        f"{estimator}-{kind}": Model("baseline", estimator, kind)
        for estimator in ("logistic", "svm", "knn")
        for kind in _BASELINE_FEATURES
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


def find_model(name: str) -> Model:
    """Return the model with this name.

    Raises
    ------
    SettingsError
        If there is none; the message lists all names.
    """
    if name not in MODELS:
        raise SettingsError(f"genre model {name!r} is unknown: use one of {', '.join(MODELS)}")
    return MODELS[name]


@dataclass
class Classifier:
    """A fitted model.

    Attributes
    ----------
    name : str
        Name in `MODELS`.
    inputs : {"title", "description", "both"}
        What the model reads of a film.
    genres : tuple of str
        Columns of all arrays that the model returns.
    scorer : Scorer
        Texts to scores.
    calibration : Calibration
        Scores to probabilities.
    thresholds : ndarray of shape (n_genres,), float64, optional
        Thresholds that decide; None if the set with the greatest expected `objective` decides.
    objective : {"jaccard", "f1", "balanced"}
        What the decision maximises.
    """

    name: str
    inputs: Inputs
    genres: tuple[str, ...]
    scorer: Scorer
    calibration: Calibration
    thresholds: np.ndarray | None
    objective: Objective = "jaccard"

    @property
    def needs_vectors(self) -> bool:
        """Whether the model reads embeddings of the texts."""
        return self.scorer.needs_vectors

    def probabilities(self, texts: Sequence[str], vectors: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of each genre.

        Parameters
        ----------
        texts : sequence of str
            Texts from `films.compose_text`, composed for `inputs`.
        vectors : ndarray of shape (n_texts, dim), float32, optional
            Embeddings of the texts, where `needs_vectors`.

        Returns
        -------
        ndarray of shape (n_texts, n_genres), float64
            0 to 1.
        """
        if not len(texts):
            return np.zeros((0, len(self.genres)))
        return self.calibration.probabilities(self.scorer.scores(texts, vectors))

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Return the genres that the model gives films with these probabilities.

        Parameters
        ----------
        probabilities : ndarray of shape (n_films, n_genres), float64
            0 to 1.

        Returns
        -------
        ndarray of shape (n_films, n_genres), bool
            At least one genre in each row.
        """
        if self.thresholds is None:
            return choose_sets(probabilities, self.objective)
        return decide(probabilities, self.thresholds)

    def genre_names(self, given: np.ndarray) -> list[list[str]]:
        """Return the names of the genres in each row that `decide` returns."""
        return [[self.genres[g] for g in np.flatnonzero(row)] for row in given]


def fit_classifier(
    name: str,
    inputs: Inputs,
    genres: Sequence[str],
    scorer: Scorer,
    train: LabelledTexts,
    validation: LabelledTexts,
    settings: GenreSettings,
    seed: int,
) -> tuple[Classifier, dict[str, JsonValue]]:
    """Fit a scorer, calibrate it, and tune the thresholds if the model has any.

    Parameters
    ----------
    name : str
        Name in `MODELS`.
    inputs : {"title", "description", "both"}
        What the texts are composed of.
    genres : sequence of str
        Columns of the labels.
    scorer : Scorer
        Scorer to fit, in place.
    train, validation : LabelledTexts
        Films to learn from, and films for calibration and thresholds.
    settings : GenreSettings
        `tuned_for` is the objective of the decision.
    seed : int
        Seed of the random generator.

    Returns
    -------
    classifier : Classifier
    report : dict
        JSON that the scorer returns about its fit.
    """
    report = scorer.fit(train, validation, seed)
    scores = scorer.scores(validation.texts, validation.vectors)
    calibration = calibrate(scores, validation.labels)
    thresholds: np.ndarray | None = None
    if find_model(name).tuned:
        thresholds = tune_thresholds(
            calibration.probabilities(scores), validation.labels, settings.tuned_for
        )
    classifier = Classifier(
        name, inputs, tuple(genres), scorer, calibration, thresholds, settings.tuned_for
    )
    return classifier, report
