"""A transformer with one output per genre: a body, the mean of its tokens, a linear head.

`Network` learns, `PackedNetwork` answers from what it learnt without the libraries for training.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.embedding.packed_bert import PackedEncoder
from pipeline.errors import ModelError

__all__ = [
    "LOSSES",
    "LossName",
    "Network",
    "PackedNetwork",
    "batches_by_length",
    "focal",
    "layers_of",
    "log_weights",
    "loss_of",
]

_DROPOUT = 0.1


class Network(nn.Module):
    """Token ids to logits, (films, genres).

    Parameters
    ----------
    folder : of the body: config.json, and model.safetensors unless `weights` is False.
    """

    def __init__(self, folder: Path, genres: int, *, weights: bool = True) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModel
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        try:
            config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
            if weights:
                body: Any = AutoModel.from_pretrained(
                    folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
                )
            else:
                body = AutoModel.from_config(config)
        except (OSError, ValueError) as error:
            raise ModelError(f"model in {folder} cannot be read: {error}") from error
        self.body: Any = body
        self.dropout = nn.Dropout(_DROPOUT)
        self.head = nn.Linear(int(config.hidden_size), genres)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Logits of a padded batch: ids and mask (films, tokens)."""
        states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits

    def freeze(self, lowest: int) -> None:
        """Leave the embeddings and the lowest layers as they are; with 0, train all."""
        if lowest <= 0:
            return
        self.body.embeddings.requires_grad_(False)
        for layer in layers_of(self.body)[:lowest]:
            layer.requires_grad_(False)

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """What an optimiser trains: the body at `rate`, the head at ten times that."""
        body = [p for p in self.body.parameters() if p.requires_grad]
        return [
            {"params": body, "lr": rate, "weight_decay": 0.01},
            {"params": list(self.head.parameters()), "lr": rate * 10, "weight_decay": 0.0},
        ]


class PackedNetwork:
    """What a trained `Network` answers, computed by `PackedEncoder` on a CPU.

    Parameters
    ----------
    config : of a body that `PackedEncoder.computes`. weights : of the `Network`, by name.
    """

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        body = {name.removeprefix("body."): weight for name, weight in weights.items()}
        with torch.inference_mode():
            self._body = PackedEncoder.for_answers(config, body)
        self._head = weights["head.weight"], weights["head.bias"]

    @torch.inference_mode()
    def logits(self, tokens: Sequence[Sequence[int]], batch: int = 64) -> np.ndarray:
        """Logits of texts as token ids, float32 (texts, genres), in their order."""
        lengths = torch.tensor([[len(ids)] for ids in tokens])
        pooled = self._body.sums(tokens, batch) / lengths
        return np.asarray(functional.linear(pooled, *self._head).numpy())


def layers_of(body: Any) -> Sequence[nn.Module]:
    """The layers of a body, lowest first, of BERT's kind (`encoder.layer`) or DistilBERT's."""
    for name in ("encoder", "transformer"):
        inner = getattr(body, name, None)
        layers = getattr(inner, "layer", None)
        if layers is not None:
            return list(layers)
    raise ModelError(
        f"{type(body).__name__} has no layers where BERT or DistilBERT have them; "
        "set genres.frozen_layers = 0"
    )


def batches_by_length(
    tokens: Sequence[Sequence[int]], size: int, chance: np.random.Generator | None = None
) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    """Rows, ids and mask of each batch; texts of like length are together, so little is padded.

    With `chance`, the batches come in a random order and texts of like length are shuffled.
    """
    lengths = np.array([len(ids) for ids in tokens], np.int64)
    noise = np.zeros(len(lengths)) if chance is None else chance.uniform(-8, 8, len(lengths))
    order = np.argsort(lengths + noise, kind="stable")
    starts = list(range(0, len(order), size))
    if chance is not None:
        chance.shuffle(starts)
    for start in starts:
        rows = order[start : start + size]
        width = int(lengths[rows].max())
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), width, dtype=torch.long)
        for place, row in enumerate(rows):
            own = torch.as_tensor(list(tokens[row]))
            ids[place, : len(own)] = own
            mask[place, : len(own)] = 1
        yield rows, ids, mask


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """PyTorch's chance from `seed` on, as it was before afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def tensors_of(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copies on the CPU, each with memory of its own, as safetensors wants them."""
    return {name: t.detach().cpu().clone().contiguous() for name, t in named.items()}


LossName = Literal["bce", "log", "focal"]


LOSSES: tuple[LossName, ...] = ("bce", "log", "focal")


def log_weights(labels: np.ndarray) -> np.ndarray:
    """`log(N / (n_c + 1))` of each genre over their mean, float32 (genres,): rare weighs more.

    Parameters
    ----------
    labels : bool (films, genres); no genre may be that of all films.
    """
    films = len(labels)
    weights = np.log(films / (labels.sum(0) + 1.0))
    mean = float(weights.mean())
    if not mean > 0:  # every film has every genre: nothing is rarer than anything
        return np.ones(labels.shape[1], np.float32)
    return np.asarray(np.maximum(weights, 0.0) / mean, np.float32)


def focal(logits: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    """Focal loss (Lin et al. 2017, eq. 5), the mean over films and genres.

    `alpha` weighs what has the genre, 1 - alpha what has not; `gamma` 0 is weighted cross-entropy.
    """
    plain = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    right = torch.exp(-plain)  # the probability given to the truth
    side = alpha * labels + (1 - alpha) * (1 - labels)
    return (side * (1 - right) ** gamma * plain).mean()


def loss_of(
    name: LossName, logits: Tensor, labels: Tensor, weights: Tensor, alpha: float, gamma: float
) -> Tensor:
    """The loss of a batch: logits and labels float32 (films, genres), weights (genres,)."""
    if name == "focal":
        return focal(logits, labels, alpha, gamma)
    weight = weights if name == "log" else None
    return functional.binary_cross_entropy_with_logits(logits, labels, weight=weight)
