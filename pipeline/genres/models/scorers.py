"""What gives each genre of a text a score: features with an estimator, or a transformer."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from safetensors.torch import load_file, save_file

from pipeline.embedding.bert_loader import TOKENIZER, tokenizer_of
from pipeline.embedding.packed_bert import PackedEncoder
from pipeline.embedding.weights import device_of, identify
from pipeline.genres.models.estimators import ESTIMATORS, Estimator
from pipeline.genres.models.finetune import Progress, fine_tune, logits_of
from pipeline.genres.models.transformer import (
    LossName,
    Network,
    PackedNetwork,
    seeded,
    tensors_of,
)
from pipeline.genres.models.vectorizers import Kind, Representation
from pipeline.settings import EmbedSettings, GenreSettings

__all__ = ["FeatureScorer", "Held", "Scorer", "TransformerScorer"]

_WEIGHTS, _CONFIG = "network.safetensors", "config.json"


@dataclass(frozen=True)
class Held:
    """Films of one side: texts, their vectors where a model needs them, labels bool (n, genres)."""

    texts: Sequence[str]
    vectors: np.ndarray | None
    labels: np.ndarray


class Scorer(Protocol):
    """Learns from texts and gives scores, float32 (n, genres), higher where a genre is likelier."""

    @property
    def needs_vectors(self) -> bool:
        """Whether `scores` wants the miner's vector of each text."""
        ...

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        """Learn; returns what there is to tell of it, as JSON."""
        ...

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        """Scores of texts."""
        ...


class FeatureScorer:
    """A representation and an estimator over it."""

    def __init__(self, kind: Kind, estimator: str, settings: GenreSettings) -> None:
        self.representation = Representation(kind, settings)
        self.name = estimator
        self.estimator: Estimator = ESTIMATORS[estimator](settings)

    @property
    def needs_vectors(self) -> bool:
        return self.representation.needs_vectors

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        self.representation.fit(train.texts)
        features = self.representation.transform(train.texts, train.vectors)
        self.estimator.fit(features, train.labels, seed)
        return {"features": int(features.shape[1])}

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        return self.estimator.scores(self.representation.transform(texts, vectors))


class TransformerScorer:
    """A fine-tuned transformer; its scores are logits.

    Parameters
    ----------
    checkpoint : folder from which an interrupted fine-tuning goes on.
    seconds : stop with `Unfinished` after so long.
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
        self.folder: Path | None = None  # of what was restored
        self.tokenizer: Any = None
        self._packed: PackedNetwork | None = None
        self.device = device_of(settings.device, "genres.device")
        self._checkpoint, self._seconds, self._progress = checkpoint, seconds, progress

    @property
    def needs_vectors(self) -> bool:
        return False

    def fit(self, train: Held, validation: Held, seed: int) -> dict[str, Any]:
        identity = identify(EmbedSettings(model=self.settings.model, device="cpu"))
        folder = Path(identity.folder)
        self.tokenizer = tokenizer_of(folder, self.settings.max_tokens)
        with seeded(seed):
            self.network = Network(folder, train.labels.shape[1])
        went = fine_tune(
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
            "epochs": went.history,
        }

    def restore(self, folder: Path, genres: int) -> None:
        """Be the scorer of the network kept in `folder`, with as many genres.

        Where a CPU runs a BERT of the common shape, the libraries that train it are not loaded.
        """
        self.folder, self.network, self._packed = folder, None, None
        self.tokenizer = tokenizer_of(folder, self.settings.max_tokens)
        weights = load_file(folder / _WEIGHTS)
        config = json.loads((folder / _CONFIG).read_bytes())
        if self.device == "cpu" and PackedEncoder.computes(config):
            self._packed = PackedNetwork(config, weights)
            return
        self.network = Network(folder, genres, weights=False)
        self.network.load_state_dict(weights)
        self.network.to(self.device).eval()

    def keep(self, folder: Path) -> None:
        """Write what `restore` reads into an existing folder."""
        self.tokenizer.save(str(folder / TOKENIZER))
        if self.network is None:
            assert self.folder is not None, "a scorer is fitted or restored before it is kept"
            for name in (_WEIGHTS, _CONFIG):
                shutil.copyfile(self.folder / name, folder / name)
            return
        save_file(tensors_of(self.network.state_dict()), folder / _WEIGHTS)
        self.network.body.config.to_json_file(folder / _CONFIG)

    def scores(self, texts: Sequence[str], vectors: np.ndarray | None) -> np.ndarray:
        tokens = self.tokens(texts)
        if self._packed is not None:
            return self._packed.logits(tokens)
        assert self.network is not None, "a scorer is fitted or restored before it is asked"
        return logits_of(self.network, tokens, self.device)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of texts, cut to `genres.max_tokens`."""
        return [found.ids for found in self.tokenizer.encode_batch(list(texts))]


def arrays_of(scorer: FeatureScorer) -> tuple[dict[str, np.ndarray], Mapping[str, Any]]:
    """Arrays and JSON from which the same scorer is made again."""
    arrays, told = scorer.representation.state()
    found = {f"representation.{name}": array for name, array in arrays.items()}
    found |= {f"estimator.{name}": array for name, array in scorer.estimator.state().items()}
    return found, told
