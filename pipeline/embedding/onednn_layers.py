"""The layers of a BERT on a CPU, as products of oneDNN over blocks of rows.

On a CPU this is up to twice as fast as the general layers of `packed_bert`. oneDNN uses the widest
instructions of any CPU; the library behind `torch.addmm` in float32, MKL, leaves half of them
unused on CPUs that are not Intel's. A block of rows goes through all that follows attention while
it is in the cache. GELU and the sums with earlier states are part of a product.

In bfloat16, PyTorch's fused attention takes as long as half of the products, although it has a
twentieth of their arithmetic. There, scores are products of oneDNN as well. Texts are padded to a
multiple of 32 tokens for it, in attention alone, so that oneDNN compiles few programs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from pipeline.embedding.torch_internals import (
    onednn_linear,
    onednn_linear_add,
    pack_onednn_weight,
)

__all__ = ["OneDnnLayers"]

# oneDNN compiles and caches a program of half a megabyte for each number of rows, up to a thousand
# of them: blocks have one size, and the last one a multiple of the caller's step.
_BLOCK_ROWS = 512

_WIDTH_STEP = 32  # numbers that one instruction handles in bfloat16
_GROUP_SCORES = 40_000  # scores of one head in a group: with all heads they fit in a cache of 1 MiB
_GROUP_TEXTS = 16


@dataclass(frozen=True)
class _Linear:
    """A weight (outputs, inputs) in the layout of oneDNN, and a bias."""

    weight: Tensor
    bias: Tensor

    @classmethod
    def of(cls, weights: Mapping[str, Tensor], *names: str) -> _Linear:
        """Return one or several linear layers, side by side."""
        weight = torch.cat([weights[f"{name}.weight"] for name in names])
        return cls(pack_onednn_weight(weight), torch.cat([weights[f"{n}.bias"] for n in names]))


@dataclass(frozen=True)
class _Layer:
    """The parts of one transformer layer; a norm is (weight, bias)."""

    attention: _Linear  # query, key and value side by side
    attention_out: _Linear
    attention_norm: tuple[Tensor, Tensor]
    widen: _Linear
    narrow: _Linear
    out_norm: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class _Group:
    """Texts of similar length that attend together, each padded to `width` rows.

    Attributes
    ----------
    width : int
        A multiple of _WIDTH_STEP.
    lengths : tuple of int
        Tokens of each text.
    start, end : int
        Rows of the texts in the batch.
    padded : Tensor of shape (n_texts * width,), int64
        Row of the batch for each row of the group; padding repeats the last token.
    real : Tensor of shape (end - start,), int64
        Rows of the group that are no padding.
    """

    width: int
    lengths: tuple[int, ...]
    start: int
    end: int
    padded: Tensor
    real: Tensor


class OneDnnLayers:
    """All layers of a BERT after its embeddings, on a CPU.

    Parameters
    ----------
    config : mapping
        The model's config.json; see `bert_loader.is_supported`.
    weights : mapping of str to Tensor
        The model's weights by name, of a type for which `has_onednn_linear` is true.
    """

    def __init__(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self._heads: int = config["num_attention_heads"]
        self._dim: int = config["hidden_size"]
        self._eps: float = config["layer_norm_eps"]
        self._layers = [_layer(weights, i) for i in range(config["num_hidden_layers"])]

    def __call__(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """Run all layers.

        Parameters
        ----------
        hidden : Tensor of shape (n_rows, dim)
            Embedded tokens of the texts, one text after the other; it is overwritten. Rows after
            the last text are padding: the number of rows should have few different values.
        lengths : sequence of int
            Tokens of each text, shortest text first.

        Returns
        -------
        Tensor of shape (n_rows, dim)
            States of the last layer.
        """
        blocks = [slice(i, i + _BLOCK_ROWS) for i in range(0, len(hidden), _BLOCK_ROWS)]
        in_products = hidden.dtype == torch.bfloat16
        groups = list(_groups(lengths)) if in_products else []
        qkv = hidden.new_empty(len(hidden), 3 * self._dim)
        context = torch.zeros_like(hidden)
        for layer in self._layers:
            for rows in blocks:
                qkv[rows] = onednn_linear(
                    hidden[rows], layer.attention.weight, layer.attention.bias
                )
            if in_products:
                for group in groups:
                    self._attend(qkv, context, group)
            else:
                self._attend_exactly(qkv, context, lengths)
            for rows in blocks:
                hidden[rows] = self._after_attention(layer, context[rows], hidden[rows])
        return hidden

    def _after_attention(self, layer: _Layer, context: Tensor, hidden: Tensor) -> Tensor:
        """Return the states of a block after a layer."""
        out, widen, narrow = layer.attention_out, layer.widen, layer.narrow
        total = onednn_linear_add(context, out.weight, out.bias, hidden)
        state = functional.layer_norm(total, (self._dim,), *layer.attention_norm, self._eps)
        wide = onednn_linear(state, widen.weight, widen.bias, gelu=True)
        total = onednn_linear_add(wide, narrow.weight, narrow.bias, state)
        return functional.layer_norm(total, (self._dim,), *layer.out_norm, self._eps)

    def _attend(self, qkv: Tensor, context: Tensor, group: _Group) -> None:
        """Write what the texts of a group attend to into their rows of `context`."""
        texts, width, heads = len(group.lengths), group.width, self._heads
        part = qkv.index_select(0, group.padded).view(texts, width, 3, heads, -1)
        query, key, value = part.permute(2, 0, 3, 1, 4).reshape(3, texts * heads, width, -1)
        scores = torch.baddbmm(
            query.new_empty(texts * heads, width, width),
            query,
            key.transpose(1, 2),
            beta=0,
            alpha=1 / math.sqrt(query.shape[-1]),
        )
        for text, length in enumerate(group.lengths):
            if length < width:
                scores[text * heads : (text + 1) * heads, :, length:] = -math.inf
        attended = torch.bmm(torch.softmax(scores, -1), value).view(texts, heads, width, -1)
        rows = attended.transpose(1, 2).reshape(texts * width, self._dim)
        torch.index_select(rows, 0, group.real, out=context[group.start : group.end])

    def _attend_exactly(self, qkv: Tensor, context: Tensor, lengths: Sequence[int]) -> None:
        """Do the same for all texts, in groups of equal length, with PyTorch's attention."""
        start = 0
        for length, same in groupby(lengths):
            texts = len(list(same))
            end = start + length * texts
            part = qkv[start:end].view(texts, length, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(part[0], part[1], part[2])
            shape = (texts, length, self._heads, -1)
            context[start:end].view(shape).copy_(attended.transpose(1, 2))
            start = end


def _groups(lengths: Sequence[int]) -> Iterator[_Group]:
    """Yield groups of neighbouring texts that have the same width when padded."""
    start = first = 0
    for width, same in groupby(lengths, lambda length: -(-length // _WIDTH_STEP) * _WIDTH_STEP):
        most = max(1, min(_GROUP_TEXTS, _GROUP_SCORES // width**2))
        last = first + len(list(same))
        for begin in range(first, last, most):
            own = np.array(lengths[begin : min(begin + most, last)])
            end = start + int(own.sum())
            starts = start + np.cumsum(own) - own
            column = np.arange(width)
            padded = starts[:, None] + np.minimum(column, own[:, None] - 1)
            real = np.flatnonzero(column < own[:, None])
            yield _Group(
                width,
                tuple(own.tolist()),
                start,
                end,
                torch.from_numpy(padded.ravel()),
                torch.from_numpy(real),
            )
            start = end
        first = last


def _layer(weights: Mapping[str, Tensor], index: int) -> _Layer:
    prefix = f"encoder.layer.{index}"
    qkv = [f"{prefix}.attention.self.{name}" for name in ("query", "key", "value")]

    def norm(name: str) -> tuple[Tensor, Tensor]:
        return weights[f"{prefix}.{name}.weight"], weights[f"{prefix}.{name}.bias"]

    return _Layer(
        attention=_Linear.of(weights, *qkv),
        attention_out=_Linear.of(weights, f"{prefix}.attention.output.dense"),
        attention_norm=norm("attention.output.LayerNorm"),
        widen=_Linear.of(weights, f"{prefix}.intermediate.dense"),
        narrow=_Linear.of(weights, f"{prefix}.output.dense"),
        out_norm=norm("output.LayerNorm"),
    )
