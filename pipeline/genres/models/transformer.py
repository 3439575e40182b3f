"""A transformer with one output per genre: a body, the mean of its token states, a linear head.

`Network` is for training; `PackedNetwork` predicts without the libraries that training needs.
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
    "LossName",
    "Network",
    "PackedNetwork",
    "batches_by_length",
    "compute_loss",
    "copy_tensors",
    "find_layers",
    "focal_loss",
    "log_weights",
    "seeded",
]

LossName = Literal["bce", "log", "focal"]

_DROPOUT = 0.1
_BATCH = 64  # texts in a batch of predictions


class Network(nn.Module):
    """Token ids to logits, float32 (n_films, n_genres).

    Parameters
    ----------
    folder : Path
        Folder of the body: config.json, and model.safetensors unless `weights` is False.
    genres : int
        Number of genres.
    weights : bool
        Whether to load the weights of the body.

    Raises
    ------
    ModelError
        If the folder has no readable model.
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
        """Return the logits of a padded batch; ids and mask are int64 (n_films, n_tokens)."""
        states = self.body(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(states.dtype)
        pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        logits: Tensor = self.head(self.dropout(pooled))
        return logits

    def freeze(self, lowest: int) -> None:
        """Exclude the embeddings and the lowest layers from training; 0 excludes nothing."""
        if lowest <= 0:
            return
        self.body.embeddings.requires_grad_(False)
        for layer in find_layers(self.body)[:lowest]:
            layer.requires_grad_(False)

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return the parameter groups of an optimiser; the head learns ten times as fast."""
        body = [p for p in self.body.parameters() if p.requires_grad]
        return [
            {"params": body, "lr": rate, "weight_decay": 0.01},
            {"params": list(self.head.parameters()), "lr": rate * 10, "weight_decay": 0.0},
        ]


class PackedNetwork:
    """A trained `Network`, computed by `PackedEncoder` on a CPU.

    Parameters
    ----------
    config : Mapping
        Configuration of a body that `bert_loader.is_supported` accepts.
    weights : Mapping of str to Tensor
        Weights of the `Network`, by name.
    """

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        body = {name.removeprefix("body."): weight for name, weight in weights.items()}
        with torch.inference_mode():
            self._body = PackedEncoder(config, body)
        self._head = weights["head.weight"], weights["head.bias"]

    @torch.inference_mode()
    def logits(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the logits of texts.

        Parameters
        ----------
        tokens : sequence of sequence of int
            Token ids of each text.

        Returns
        -------
        ndarray of shape (n_texts, n_genres), float32
            In the order of the texts.
        """
        lengths = torch.tensor([[len(ids)] for ids in tokens])
        pooled = self._body.sum_texts(tokens, _BATCH) / lengths
        return np.asarray(functional.linear(pooled, *self._head).numpy())


def find_layers(body: Any) -> Sequence[nn.Module]:
    """Return the layers of a BERT or DistilBERT body, lowest first.

    Raises
    ------
    ModelError
        If the body has another architecture.
    """
    for name in ("encoder", "transformer"):
        inner = getattr(body, name, None)
        layers = getattr(inner, "layer", None)
        if layers is not None:
            return list(layers)
    raise ModelError(
        f"{type(body).__name__} is neither BERT nor DistilBERT, so its layers are unknown: "
        "set genres.frozen_layers = 0"
    )


def batches_by_length(
    tokens: Sequence[Sequence[int]], size: int, rng: np.random.Generator | None = None
) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    """Yield batches of texts with similar lengths, so that there is little padding.

    Parameters
    ----------
    tokens : sequence of sequence of int
        Token ids of each text.
    size : int
        Number of texts in a batch.
    rng : Generator, optional
        Shuffles the batches, and texts of similar length among them.

    Yields
    ------
    rows : ndarray of shape (n,), int64
        Which texts are in the batch.
    ids, mask : Tensor of shape (n, n_tokens), int64
        Token ids padded with 0, and 1 where there is a token.
    """
    lengths = np.array([len(ids) for ids in tokens], np.int64)
    noise = np.zeros(len(lengths)) if rng is None else rng.uniform(-8, 8, len(lengths))
    order = np.argsort(lengths + noise, kind="stable")
    starts = list(range(0, len(order), size))
    if rng is not None:
        rng.shuffle(starts)
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
    """Seed PyTorch's random generator inside the block, and restore its state afterwards."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def copy_tensors(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies on the CPU that share no memory, as safetensors requires."""
    return {name: t.detach().cpu().clone().contiguous() for name, t in named.items()}


def log_weights(labels: np.ndarray) -> np.ndarray:
    """Return the weight of each genre, `log(N / (n_c + 1))` over the mean: rare genres weigh more.

    Parameters
    ----------
    labels : ndarray of shape (n_films, n_genres), bool

    Returns
    -------
    ndarray of shape (n_genres,), float32
        All 1 if all films have all genres.
    """
    films = len(labels)
    weights = np.log(films / (labels.sum(0) + 1.0))
    mean = float(weights.mean())
    if not mean > 0:  # every film has every genre: none is rarer than another
        return np.ones(labels.shape[1], np.float32)
    return np.asarray(np.maximum(weights, 0.0) / mean, np.float32)


def focal_loss(logits: Tensor, labels: Tensor, alpha: float, gamma: float) -> Tensor:
    """Return the mean focal loss over films and genres.

    Parameters
    ----------
    logits, labels : Tensor of shape (n_films, n_genres), float32
        Labels are 0 or 1.
    alpha : float
        Weight of pairs where the film has the genre, 0 to 1; the others weigh 1 - alpha.
    gamma : float
        How much pairs that are already right are down-weighted; 0 is weighted cross-entropy.

    Returns
    -------
    Tensor of shape ()

    Notes
    -----
    Lin et al. 2017, "Focal loss for dense object detection", equation 5.
    """
    plain = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    right = torch.exp(-plain)  # the probability of the true label
    side = alpha * labels + (1 - alpha) * (1 - labels)
    return (side * (1 - right) ** gamma * plain).mean()


def compute_loss(
    name: LossName, logits: Tensor, labels: Tensor, weights: Tensor, alpha: float, gamma: float
) -> Tensor:
    """Return the loss of a batch.

    Parameters
    ----------
    name : {"bce", "log", "focal"}
        Which loss: cross-entropy, cross-entropy with `weights`, or focal loss.
    logits, labels : Tensor of shape (n_films, n_genres), float32
        Labels are 0 or 1.
    weights : Tensor of shape (n_genres,), float32
        Weights of the genres, for `log`.
    alpha, gamma : float
        Parameters of `focal_loss`.

    Returns
    -------
    Tensor of shape ()
    """
    if name == "focal":
        return focal_loss(logits, labels, alpha, gamma)
    weight = weights if name == "log" else None
    return functional.binary_cross_entropy_with_logits(logits, labels, weight=weight)
