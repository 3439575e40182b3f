"""Scorers: texts to a score for each genre, by features and an estimator, or by a transformer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from pydantic import JsonValue
from safetensors.torch import load_file, save_file

from pipeline.embedding.bert_loader import TOKENIZER, is_supported, load_tokenizer
from pipeline.embedding.weights import identify, resolve_device
from pipeline.genres.models.estimators import ESTIMATORS, Estimator
from pipeline.genres.models.finetune import Progress, compute_logits, fine_tune
from pipeline.genres.models.transformer import (
    LossName,
    Network,
    PackedNetwork,
    copy_tensors,
    seeded,
)
from pipeline.genres.models.vectorizers import Kind, Representation, Vocabulary
from pipeline.settings import EmbedSettings, GenreSettings

__all__ = ["FeatureScorer", "LabelledTexts", "Scorer", "TransformerScorer"]

_WEIGHTS, _CONFIG = "network.safetensors", "config.json"


@dataclass(frozen=True)
class LabelledTexts:
    """Films to learn from, or to measure on.

    Attributes
    ----------
    texts : sequence of str
        One composed text per film.
    vectors : ndarray of shape (n_films, dim), float32, optional
        Embeddings of the texts, where a model needs them.
    labels : ndarray of shape (n_films, n_genres), bool
        True where the film has the genre.
    """

    texts: Sequence[str]
    vectors: np.ndarray | None
    labels: np.ndarray


class Scorer(Protocol):
    """Learns from texts, and returns scores that are higher where a genre is more likely."""

    @property
    def needs_vectors(self) -> bool:
        """Whether `scores` reads an embedding of each text."""
        ...

    def fit(
        self, train: LabelledTexts, validation: LabelledTexts, seed: int
    ) -> dict[str, JsonValue]:
        """Learn from the training films, and return a report as JSON."""
        ...

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Return the scores of texts, float32 (n_texts, n_genres)."""
        ...


class FeatureScorer:
    """A representation and an estimator that reads its features."""

    def __init__(self, kind: Kind, estimator: str, settings: GenreSettings) -> None:
        self.representation = Representation(kind, settings)
        self.name = estimator
        self.estimator: Estimator = ESTIMATORS[estimator](settings)

    @property
    def needs_vectors(self) -> bool:
        """Whether embeddings are part of the features."""
        return self.representation.needs_vectors

    def fit(
        self, train: LabelledTexts, validation: LabelledTexts, seed: int
    ) -> dict[str, JsonValue]:
        """Fit the representation, then the estimator; return the number of features."""
        self.representation.fit(train.texts)
        features = self.representation.transform(train.texts, train.vectors)
        self.estimator.fit(features, train.labels, seed)
        return {"features": int(features.shape[1])}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Return the scores of texts, float32 (n_texts, n_genres)."""
        return self.estimator.scores(self.representation.transform(texts, vectors))

    def state(self) -> tuple[dict[str, np.ndarray], Vocabulary]:
        """Return arrays and JSON that describe the fitted scorer."""
        arrays, vocabulary = self.representation.state()
        named = {f"representation.{name}": array for name, array in arrays.items()}
        named |= {f"estimator.{name}": array for name, array in self.estimator.state().items()}
        return named, vocabulary


class TransformerScorer:
    """A fine-tuned transformer; its scores are logits.

    Parameters
    ----------
    settings : GenreSettings
        Model to start from, and the settings of fine-tuning.
    loss : {"bce", "log", "focal"}
        Loss to minimise.
    checkpoint : Path, optional
        Folder from which an interrupted fine-tuning resumes.
    seconds : float, optional
        Stop with `Unfinished` after this time.
    progress : callable, optional
        Called after each step with the step, the number of steps and the loss.
    """

    def __init__(
        self,
        settings: GenreSettings,
        loss: LossName,
        *,
        checkpoint: Path | None = None,
        seconds: float | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings
        self.loss: LossName = loss
        self.network: Network | None = None
        self.folder: Path | None = None  # of a restored network
        self.tokenizer: Any = None
        self._packed: PackedNetwork | None = None
        self.device = resolve_device(settings.device, "genres.device")
        self._checkpoint, self._seconds, self._progress = checkpoint, seconds, progress

    @property
    def needs_vectors(self) -> bool:
        """False: a transformer reads texts alone."""
        return False

    def fit(
        self, train: LabelledTexts, validation: LabelledTexts, seed: int
    ) -> dict[str, JsonValue]:
        """Fine-tune the network; return the loss, the model it started from, and the epochs."""
        identity = identify(EmbedSettings(model=self.settings.model, device="cpu"), "float32")
        folder = Path(identity.folder)
        self.tokenizer = load_tokenizer(folder, self.settings.max_tokens)
        with seeded(seed):
            self.network = Network(folder, train.labels.shape[1])
        result = fine_tune(
            self.network,
            self.tokens(train.texts),
            train.labels,
            (self.tokens(validation.texts), validation.labels),
            self.settings,
            self.loss,
            seed,
            device=self.device,
            checkpoint=self._checkpoint,
            seconds=self._seconds,
            progress=self._progress,
        )
        return {
            "loss": self.loss,
            "started_from": {"model": self.settings.model, "revision": identity.revision},
            "epochs": cast(list[JsonValue], result.history),
        }

    def restore(self, folder: Path, genres: int) -> None:
        """Load the network that `save` wrote.

        On a CPU, a BERT of the usual architecture runs in `PackedNetwork`; then the libraries for
        training are not loaded.

        Parameters
        ----------
        folder : Path
            Folder of the network.
        genres : int
            Number of genres.
        """
        self.folder, self.network, self._packed = folder, None, None
        self.tokenizer = load_tokenizer(folder, self.settings.max_tokens)
        weights = load_file(folder / _WEIGHTS)
        config = json.loads((folder / _CONFIG).read_bytes())
        if self.device == "cpu" and is_supported(config):
            self._packed = PackedNetwork(config, weights)
            return
        self.network = Network(folder, genres, weights=False)
        self.network.load_state_dict(weights)
        self.network.to(self.device).eval()

    def save(self, folder: Path) -> None:
        """Write what `restore` reads into an existing folder."""
        self.tokenizer.save(str(folder / TOKENIZER))
        if self.network is None:
            assert self.folder is not None, "fit or restore a scorer before saving it"
            for name in (_WEIGHTS, _CONFIG):
                shutil.copyfile(self.folder / name, folder / name)
            return
        save_file(copy_tensors(self.network.state_dict()), folder / _WEIGHTS)
        self.network.body.config.to_json_file(folder / _CONFIG)

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Return the logits of texts, float32 (n_texts, n_genres); `vectors` is not read."""
        tokens = self.tokens(texts)
        if self._packed is not None:
            return self._packed.logits(tokens)
        assert self.network is not None, "fit or restore a scorer before using it"
        return compute_logits(self.network, tokens, self.device)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts, at most `genres.max_tokens` each."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
