"""The registered models, opened when they are first asked, for the few films of an answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.encoder import Encoder
from pipeline.genres.classifier import Classifier
from pipeline.genres.films import composed
from pipeline.genres.kept import open_model
from pipeline.genres.reasons import reasons
from pipeline.genres.registry import choose, read_registry
from pipeline.model import identify
from pipeline.settings import EmbedSettings

__all__ = ["Asking"]


class Asking:
    """Models of `DIR/genres`; safe for several threads, each model is opened once.

    Parameters
    ----------
    encoder : of the vectors that models need; None for the bundled model on the CPU.
    """

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._encoder = encoder or Encoder(identify(EmbedSettings(device="cpu")))
        self._lock = threading.Lock()

    @property
    def names(self) -> list[str]:
        """The models that answer; ModelError where none was trained."""
        return sorted(read_registry(self.folder)["serving"])

    def model(self, name: str, title: str, overview: str) -> Classifier:
        """The model that answers for a film of which so much is known, see `registry.choose`."""
        folder = self.folder / "models" / choose(read_registry(self.folder), name, title, overview)
        with self._lock:
            return _open(str(folder), (folder / "manifest.json").stat().st_mtime_ns)

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
        groups: dict[int, tuple[Classifier, list[int]]] = {}
        for row, (title, overview) in enumerate(films):
            model = self.model(name, title, overview)
            groups.setdefault(id(model), (model, []))[1].append(row)
        for model, rows in groups.values():
            started = time.perf_counter()
            texts = [composed(*films[row], model.inputs) for row in rows]
            vectors = self.encode(texts) if model.needs_vectors else None
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
                    answers[row]["reasons"] = reasons(model, text, self.encode)
        return answers

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of texts, (n, dim) float32."""
        return self._encoder.encode(list(texts))


@lru_cache(maxsize=16)
def _open(folder: str, _modified: int) -> Classifier:
    return open_model(Path(folder), device="cpu")
