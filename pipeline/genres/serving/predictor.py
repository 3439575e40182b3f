"""The registered models, opened when they are first asked, for the few films of an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.embedding.weights import ModelIdentity
from pipeline.genres.data.films import compose_text
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.serving.explain import Encode, reasons
from pipeline.genres.training.persistence import MANIFEST, embedder, open_model
from pipeline.genres.training.registry import REGISTRY, choose, read_registry
from pipeline.inference.encoder import Encoder, shared_encoder

__all__ = ["Asking"]


class Asking:
    """Models of `DIR/genres`; safe for several threads, each model is opened once.

    Parameters
    ----------
    encoder : of the vectors that models need; None for the one that each learnt from.
    """

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._encoder = encoder
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """The models that answer; ModelError where none was trained."""
        return sorted(_registry(self.folder)["serving"])

    def ask(
        self, name: str, films: Sequence[tuple[str, str]], *, why: bool = False
    ) -> list[dict[str, Any]]:
        """The genres of films as (title, overview), either of which may be empty.

        Returns
        -------
        For each film: `title`, `overview`, `model` (its folder's name and inputs),
        `predicted_genres` (likeliest first), `confidence` (genre -> probability),
        `inference_time` (seconds, its share of the batch) and, with `why`, `reasons`.

        Raises
        ------
        ModelError
            when no model of that name was trained.
        """
        answers: list[dict[str, Any]] = [{} for _ in films]
        registry = _registry(self.folder)
        groups: dict[str, list[int]] = {}
        for row, film in enumerate(films):
            groups.setdefault(choose(registry, name, *film), []).append(row)
        for kept, rows in groups.items():
            model, encode = self._opened(self.folder / "models" / kept)
            started = time.perf_counter()
            texts = [compose_text(*films[row], model.inputs) for row in rows]
            vectors = encode(texts) if encode is not None else None
            probabilities = model.probabilities(texts, vectors)
            told = model.decided(probabilities)
            seconds = (time.perf_counter() - started) / len(rows)
            for row, text, own, given in zip(rows, texts, probabilities, told, strict=True):
                order = np.argsort(-own, kind="stable")
                answers[row] = {
                    "title": films[row][0],
                    "overview": films[row][1],
                    "model": model.name,
                    "inputs": model.inputs,
                    "predicted_genres": [model.genres[g] for g in order if given[g]],
                    "confidence": {model.genres[g]: round(float(own[g]), 4) for g in order},
                    "inference_time": round(seconds, 6),
                }
                if why:
                    answers[row]["reasons"] = reasons(model, text, encode)
        return answers

    def _opened(self, folder: Path) -> tuple[Classifier, Encode | None]:
        """A model, and how its vectors are made if it reads any."""
        with self._lock:
            model, embeds = _open(folder, (folder / MANIFEST).stat().st_mtime_ns)
        if embeds is None:
            return model, None
        return model, (self._encoder or shared_encoder(embeds)).encode


@lru_cache(maxsize=16)
def _open(folder: Path, _modified: int) -> tuple[Classifier, ModelIdentity | None]:
    model = open_model(folder, device="cpu")
    return model, embedder(folder) if model.needs_vectors else None


def _registry(folder: Path) -> dict[str, Any]:
    """What `read_registry` reads; read again once another has taken its place."""
    path = folder / REGISTRY
    if not path.is_file():
        return read_registry(folder)  # which tells what to do
    known = path.stat()
    return _registry_of(folder, known.st_ino, known.st_mtime_ns)


@lru_cache(maxsize=4)
def _registry_of(folder: Path, _inode: int, _modified: int) -> dict[str, Any]:
    return read_registry(folder)
