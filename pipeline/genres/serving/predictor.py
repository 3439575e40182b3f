"""Predict the genres of a few films with the registered models, each loaded at its first use."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NotRequired, TypedDict

import numpy as np

from pipeline.embedding.weights import ModelIdentity
from pipeline.genres.data.films import Inputs, compose_text
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.serving.explain import Encode, Reason, explain
from pipeline.genres.training.documents import Registry
from pipeline.genres.training.persistence import MANIFEST, find_embedder, open_model
from pipeline.genres.training.registry import REGISTRY, choose_model, read_registry
from pipeline.inference.encoder import Encoder, shared_encoder

__all__ = ["GenrePredictor", "Prediction"]


class Prediction(TypedDict):
    """The genres that a model predicts for one film."""

    title: str
    overview: str
    model: str  # name of the model
    inputs: Inputs  # what the model reads
    predicted_genres: list[str]  # most likely first
    confidence: dict[str, float]  # probability of every genre, most likely first
    inference_time: float  # seconds, this film's share of its batch
    reasons: NotRequired[dict[str, list[Reason]]]


class GenrePredictor:
    """The registered models of `DIR/genres`; safe to use from several threads.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    encoder : Encoder, optional
        Encoder for models that need vectors; by default the encoder that each model learnt from.
    """

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._encoder = encoder
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """Names of the models that can predict; ModelError if none was trained."""
        return sorted(_read_registry(self.folder).serving)

    def predict(
        self, name: str, films: Sequence[tuple[str, str]], *, why: bool = False
    ) -> list[Prediction]:
        """Predict the genres of films.

        Parameters
        ----------
        name : str
            Name of a trained model, such as `transformation`.
        films : sequence of (str, str)
            Title and overview of each film; one of them may be empty.
        why : bool
            Whether to explain each predicted genre by words.

        Returns
        -------
        list of Prediction
            In the order of the films; `reasons` only with `why`.

        Raises
        ------
        ModelError
            If no model with this name was trained.
        """
        registry = _read_registry(self.folder)
        groups: dict[str, list[int]] = {}
        for row, film in enumerate(films):
            groups.setdefault(choose_model(registry, name, *film), []).append(row)
        predictions: dict[int, Prediction] = {}
        for folder, rows in groups.items():
            model, encode = self._load(self.folder / "models" / folder)
            started = time.perf_counter()
            texts = [compose_text(*films[row], model.inputs) for row in rows]
            vectors = encode(texts) if encode is not None else None
            probabilities = model.probabilities(texts, vectors)
            given = model.decide(probabilities)
            seconds = (time.perf_counter() - started) / len(rows)
            for row, text, own, has in zip(rows, texts, probabilities, given, strict=True):
                order = np.argsort(-own, kind="stable")
                predictions[row] = {
                    "title": films[row][0],
                    "overview": films[row][1],
                    "model": model.name,
                    "inputs": model.inputs,
                    "predicted_genres": [model.genres[g] for g in order if has[g]],
                    "confidence": {model.genres[g]: round(float(own[g]), 4) for g in order},
                    "inference_time": round(seconds, 6),
                }
                if why:
                    predictions[row]["reasons"] = explain(model, text, encode)
        return [predictions[row] for row in range(len(films))]

    def _load(self, folder: Path) -> tuple[Classifier, Encode | None]:
        """Return a model, and the function that encodes its texts if it needs vectors."""
        with self._lock:
            model, identity = _load_model(folder, (folder / MANIFEST).stat().st_mtime_ns)
        if identity is None:
            return model, None
        return model, (self._encoder or shared_encoder(identity)).encode


@lru_cache(maxsize=16)
def _load_model(folder: Path, _modified: int) -> tuple[Classifier, ModelIdentity | None]:
    model = open_model(folder, device="cpu")
    return model, find_embedder(folder) if model.needs_vectors else None


def _read_registry(folder: Path) -> Registry:
    """Return the registry; it is read again only if the file was replaced."""
    path = folder / REGISTRY
    if not path.is_file():
        return read_registry(folder)  # raises the error that says what to do
    known = path.stat()
    return _read_registry_version(folder, known.st_ino, known.st_mtime_ns)


@lru_cache(maxsize=4)
def _read_registry_version(folder: Path, _inode: int, _modified: int) -> Registry:
    return read_registry(folder)
