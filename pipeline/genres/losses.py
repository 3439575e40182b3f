"""The losses of fine-tuning: binary cross-entropy, the same with weights, and focal loss."""

from __future__ import annotations

from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["LOSSES", "LossName", "focal", "log_weights", "loss_of"]

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
