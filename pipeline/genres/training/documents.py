"""The JSON documents of genre models: the manifest of one model, and the registry of all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import BaseModel, ConfigDict, JsonValue

from pipeline.genres.data.films import Inputs
from pipeline.genres.models.metrics import Figures

__all__ = [
    "EmbeddingRecord",
    "ModelManifest",
    "RegisteredModel",
    "Registry",
    "TrainedModel",
    "TrainingRecord",
]


class _Document(BaseModel):
    """A JSON document on disk; fields that this version does not know are preserved."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object: the fields that were set, no defaults."""
        return self.model_dump(mode="json", exclude_unset=True)


class EmbeddingRecord(_Document):
    """The embedding model whose vectors a genre model learnt from."""

    settings: dict[str, JsonValue]
    revision: str | None
    dtype: str | None = None  # number type of the vectors; None in models of earlier versions


class TrainingRecord(_Document):
    """How a model was trained; empty in the manifest of a blend's member."""

    films: dict[str, int] = {}  # number of films by part
    fold: int | None = None
    seed: int | None = None
    data: str = ""  # SHA-256 of the films
    fit: dict[str, JsonValue] = {}  # report of the scorer
    seconds: float = 0.0
    metrics: dict[str, dict[str, JsonValue]] = {}  # `metrics.Figures` by part
    embed: EmbeddingRecord | None = None
    predictions: dict[str, JsonValue] = {}  # file, sha256, bytes


class ModelManifest(_Document):
    """The manifest of a model's folder."""

    format: int
    name: str
    family: str  # of `classifier.Family`
    inputs: Inputs
    genres: tuple[str, ...]
    needs_vectors: bool
    settings: dict[str, JsonValue]
    scorer: Literal["features", "transformer", "blend"]
    estimator: str = ""  # of a model on features
    loss: str | None = None  # of a transformer
    members: tuple[str, ...] = ()  # of a blend
    files: dict[str, str]  # SHA-256 by path
    about: TrainingRecord


@dataclass(frozen=True)
class TrainedModel:
    """A model on disk: its folder and its manifest."""

    folder: Path
    manifest: ModelManifest


class RegisteredModel(_Document):
    """One trained model."""

    name: str
    family: str
    inputs: Inputs
    fold: int | None  # None: trained on the split itself
    folder: str  # its name in `models`
    data: str  # SHA-256 of the films
    seconds: float
    metrics: dict[str, JsonValue]  # on the films held out from training
    validation: dict[str, JsonValue]  # on the validation films

    @property
    def figures(self) -> Figures:
        """`metrics` with the types of its fields."""
        return cast(Figures, self.metrics)

    @property
    def key(self) -> tuple[str, str, int]:
        """What identifies a model in the registry; the split itself sorts before its folds."""
        return self.name, self.inputs, -1 if self.fold is None else self.fold


class Registry(_Document):
    """All trained models, and the folder that serves each name and input."""

    format: int = 1
    models: list[RegisteredModel] = []
    serving: dict[str, dict[str, str]] = {}
