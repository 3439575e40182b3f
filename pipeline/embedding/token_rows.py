"""The texts of one batch as rows of a matrix, one row per token, and the groups that attend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

__all__ = ["TokenRows", "lay_out"]

_MOST_TEXTS = 32_768  # of a group; attention on a GPU cannot start with more than 65,535


@dataclass(frozen=True)
class TokenRows:
    """Texts of one batch, one after the other, each padded to the width of its group.

    Attributes
    ----------
    tokens, positions : Tensor of shape (n_rows,), int32
        Token id of each row, and its position in the text; 0 in rows of padding.
    bias : Tensor of shape (n_rows,), float32, optional
        What attention adds to the score of each row: 0, or minus infinity for padding. None if no
        text is padded.
    segments : Tensor of shape (2 * n_texts,), int64
        Number of tokens, then number of rows of padding, of each text in turn.
    groups : tuple of (int, int)
        Rows of a text, and number of such texts, in order.
    """

    tokens: Tensor
    positions: Tensor
    bias: Tensor | None
    segments: Tensor
    groups: tuple[tuple[int, int], ...]

    @property
    def texts(self) -> int:
        """Return the number of texts."""
        return len(self.segments) // 2

    @property
    def longest(self) -> int:
        """Return the number of tokens of the last text, which is the longest; 0 without texts."""
        return int(self.segments[-2]) if len(self.segments) else 0

    def to(self, device: torch.device) -> TokenRows:
        """Return the same rows on a device; from pinned memory the copy is asynchronous."""
        return replace(
            self,
            tokens=self.tokens.to(device, non_blocking=True),
            positions=self.positions.to(device, non_blocking=True),
            bias=None if self.bias is None else self.bias.to(device, non_blocking=True),
            segments=self.segments.to(device, non_blocking=True),
        )

    def pin(self) -> TokenRows:
        """Return the same rows in memory from which a GPU copies while the CPU goes on."""
        return replace(
            self,
            tokens=self.tokens.pin_memory(),
            positions=self.positions.pin_memory(),
            bias=None if self.bias is None else self.bias.pin_memory(),
            segments=self.segments.pin_memory(),
        )


def lay_out(batch: Sequence[Sequence[int] | np.ndarray], step: int = 1) -> TokenRows:
    """Return the rows of a batch.

    Parameters
    ----------
    batch : sequence of sequence of int
        Token ids of each text, shortest text first.
    step : int
        Texts are padded to a multiple of this many rows, so that texts of similar length are in
        one group; 1 for no padding.

    Returns
    -------
    TokenRows

    Raises
    ------
    ValueError
        If a text has no token, or the texts are not sorted by length.

    Examples
    --------
    >>> rows = lay_out([[101, 102], [101, 7, 102]], step=4)
    >>> rows.groups
    ((4, 2),)
    >>> rows.tokens.tolist()
    [101, 102, 0, 0, 101, 7, 102, 0]
    """
    lengths = np.array([len(ids) for ids in batch], np.int64)
    if (lengths == 0).any() or (np.diff(lengths) < 0).any():
        raise ValueError("texts must have tokens and be in order of length, shortest first")
    widths = -(-lengths // step) * step
    starts, offsets = np.cumsum(widths) - widths, np.cumsum(lengths) - lengths
    position = np.arange(lengths.sum()) - np.repeat(offsets, lengths)
    real = np.repeat(starts, lengths) + position
    tokens = np.zeros(int(widths.sum()), np.int32)
    positions = np.zeros(len(tokens), np.int32)
    if len(batch):
        tokens[real] = np.concatenate([np.asarray(ids, np.int32) for ids in batch])
    positions[real] = position
    bias = None
    if len(tokens) > len(real):
        bias = np.full(len(tokens), -np.inf, np.float32)
        bias[real] = 0.0
    return TokenRows(
        tokens=torch.from_numpy(tokens),
        positions=torch.from_numpy(positions),
        bias=None if bias is None else torch.from_numpy(bias),
        segments=torch.from_numpy(np.stack([lengths, widths - lengths], axis=1).ravel()),
        groups=_groups(widths),
    )


def _groups(widths: np.ndarray) -> tuple[tuple[int, int], ...]:
    groups = []
    for width, same in groupby(widths.tolist()):
        left = len(list(same))
        while left:
            groups.append((width, min(left, _MOST_TEXTS)))
            left -= groups[-1][1]
    return tuple(groups)
