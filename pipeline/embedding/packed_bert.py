"""A BERT encoder without padding: the texts of a batch are concatenated in one matrix.

Each linear layer is one product over the tokens; query, key and value are one product instead of
three; attention is computed for groups of texts of equal length. Weights and arithmetic are those
of the library's model: the vectors are equal up to rounding.

The same code runs on a CPU and on a GPU; on a CPU with oneDNN, `onednn_layers` computes the layers.
A GPU computes 100,000 tokens in a few milliseconds, less than it takes to start attention for each
length that occurs among them. There, texts are padded to a multiple of 8 tokens, and a mask hides
the padding: few groups, and 7 % more rows for texts of 60 tokens. Sums are added in a fixed order
on both, so the same batch gives the same bytes.

Notes
-----
Architecture: Devlin et al. 2019, https://arxiv.org/abs/1810.04805. Packing: Krell et al. 2021,
https://arxiv.org/abs/2107.02027.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from pipeline.embedding.onednn_layers import OneDnnLayers
from pipeline.embedding.token_rows import TokenRows, lay_out
from pipeline.embedding.torch_internals import gelu_in_place, has_onednn_linear

__all__ = ["PackedEncoder"]


# oneDNN compiles and caches a program of half a megabyte for each number of rows, up to a thousand
# of them. The number of rows is therefore rounded up to one of few values.
_ROW_STEP = 16
_MANY_ROWS, _MANY_ROWS_STEP = 512, 64  # from _MANY_ROWS rows on, the larger step

_GPU_LENGTH_STEP = 8  # also the alignment that the mask needs on a GPU
# Attention with a mask. cuDNN would prepare a program for each number and length of texts.
_MASKED = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]


class _Linear:
    """`x @ weight.T + bias`, with the weight (outputs, inputs) transposed once."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.width = len(bias)
        self._weight, self._bias = weight.t().contiguous(), bias

    def __call__(self, rows: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the product, in the memory of `out` if possible."""
        return torch.addmm(self._bias, rows, self._weight, out=out)


@dataclass(frozen=True)
class _Layer:
    """The parts of one transformer layer; a norm is (weight, bias)."""

    attention: _Linear  # query, key and value side by side
    attention_out: _Linear
    attention_norm: tuple[Tensor, Tensor]
    widen: _Linear
    narrow: _Linear
    out_norm: tuple[Tensor, Tensor]


class PackedEncoder:
    """A BERT with mean pooling and normalised output, run on token ids without padding.

    Parameters
    ----------
    config : mapping
        The model's config.json; see `bert_loader.is_supported`.
    weights : mapping of str to Tensor
        The model's weights by name, on the device that computes.
    length_step : int, optional
        Texts are padded to a multiple of this many tokens; by default 1 on a CPU and 8 on a GPU.

    Attributes
    ----------
    device : torch.device
        Where vectors are computed.
    dim : int
        Length of a vector.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        length_step: int | None = None,
    ) -> None:
        self.heads: int = config["num_attention_heads"]
        self.dim: int = config["hidden_size"]
        self.eps: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]
        self.device = self._words.device
        self._step = length_step or (1 if self.device.type == "cpu" else _GPU_LENGTH_STEP)
        self._positions = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _norm(weights, "embeddings.LayerNorm")
        onednn = self._step == 1 and self.device.type == "cpu"
        self._onednn: OneDnnLayers | None = None
        self._layers: list[_Layer] = []
        if onednn and has_onednn_linear(self._words.dtype):
            self._onednn = OneDnnLayers(config, weights)
        else:
            self._layers = [_layer(weights, i) for i in range(config["num_hidden_layers"])]

    @torch.inference_mode()
    def encode(self, batch: Sequence[Sequence[int] | np.ndarray]) -> Tensor:
        """Return the unit vectors of texts.

        Parameters
        ----------
        batch : sequence of sequence of int
            Token ids of each text, shortest text first.

        Returns
        -------
        Tensor of shape (len(batch), dim), float32
            Vectors of unit length on `device`, in the order of the batch. A GPU may still be
            computing them.

        Raises
        ------
        ValueError
            If a text has no token or too many, or the texts are not sorted by length.
        """
        return self.encode_rows(self.lay_out(batch).to(self.device))

    def lay_out(self, batch: Sequence[Sequence[int] | np.ndarray]) -> TokenRows:
        """Return the rows of a batch as `encode_rows` needs them, in the memory of the CPU.

        Parameters
        ----------
        batch : sequence of sequence of int
            Token ids of each text, shortest text first.

        Returns
        -------
        TokenRows
            In pinned memory if a GPU computes.

        Raises
        ------
        ValueError
            If a text has no token or too many, or the texts are not sorted by length.
        """
        rows = lay_out(batch, self._step)
        if rows.longest > len(self._positions):
            raise ValueError(f"a text has {rows.longest} tokens, the model {len(self._positions)}")
        return rows.pin() if self.device.type == "cuda" else rows

    @torch.inference_mode()
    def encode_rows(self, rows: TokenRows) -> Tensor:
        """Return the unit vectors of a batch that `lay_out` prepared and that is on `device`.

        Parameters
        ----------
        rows : TokenRows
            The batch.

        Returns
        -------
        Tensor of shape (rows.texts, dim), float32
            Vectors of unit length on `device`, in the order of the batch.
        """
        return functional.normalize(self._sum_rows(rows), dim=1)

    @torch.inference_mode()
    def sum_texts(self, texts: Sequence[Sequence[int]], size: int = 32) -> Tensor:
        """Return the sum of the token states of texts in any order.

        Parameters
        ----------
        texts : sequence of sequence of int
            Token ids of each text.
        size : int
            Number of texts in a batch.

        Returns
        -------
        Tensor of shape (len(texts), dim), float32
            Sums, in the order of the texts, in the memory of the CPU.
        """
        order = sorted(range(len(texts)), key=lambda row: (len(texts[row]), texts[row]))
        sums = torch.empty(len(texts), self.dim)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            batch = self.lay_out([texts[row] for row in rows])
            sums[rows] = self._sum_rows(batch.to(self.device)).cpu()
        return sums

    def _sum_rows(self, rows: TokenRows) -> Tensor:
        """Return the sum of the token states of each text, (n_texts, dim) float32."""
        hidden = functional.embedding(rows.tokens, self._words)
        hidden += functional.embedding(rows.positions, self._positions)
        used = len(hidden)
        step = _ROW_STEP if used < _MANY_ROWS else _MANY_ROWS_STEP
        hidden = functional.pad(hidden, (0, 0, 0, -used % step))
        hidden = functional.layer_norm(hidden, (self.dim,), *self._norm, self.eps)
        if self._onednn is not None:
            hidden = self._onednn(hidden, rows.segments[::2].tolist())
        else:
            hidden = self._run_layers(hidden, rows)
        # `index_add_` would add in any order on a GPU. The lengths are right: no check, since that
        # would wait for the GPU.
        sums = torch.segment_reduce(
            hidden[:used].float(), "sum", lengths=rows.segments, unsafe=True
        )
        return sums[::2]  # the others are sums of padding

    def _run_layers(self, hidden: Tensor, rows: TokenRows) -> Tensor:
        """Return the states of the last layer."""
        buffer = hidden.new_empty(len(hidden), max(self.dim * 3, self._layers[0].widen.width))
        context = torch.zeros_like(hidden)
        bias = None if rows.bias is None else rows.bias.to(hidden.dtype)
        with nullcontext() if bias is None else sdpa_kernel(_MASKED):
            for layer in self._layers:
                hidden = self._forward(layer, hidden, rows.groups, bias, buffer, context)
        return hidden

    def _forward(
        self,
        layer: _Layer,
        hidden: Tensor,
        groups: Sequence[tuple[int, int]],
        bias: Tensor | None,
        buffer: Tensor,
        context: Tensor,
    ) -> Tensor:
        """Run one layer. `groups` and `bias` are those of the batch's `TokenRows`.

        All layers reuse `buffer` and `context`: new memory pages take longer than the arithmetic.
        """
        rows = len(hidden)
        qkv = buffer.view(-1)[: rows * self.dim * 3].view(rows, self.dim * 3)
        qkv = layer.attention(hidden, qkv)
        start = 0
        for width, texts in groups:
            end = start + width * texts
            part = qkv[start:end].view(texts, width, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            mask = None if bias is None else bias[start:end].view(texts, 1, 1, width)
            attended = functional.scaled_dot_product_attention(
                part[0], part[1], part[2], attn_mask=mask
            )
            context[start:end].view(texts, width, self.heads, -1).copy_(attended.transpose(1, 2))
            start = end
        total = layer.attention_out(context)
        total += hidden
        hidden = functional.layer_norm(total, (self.dim,), *layer.attention_norm, self.eps)
        width = layer.widen.width
        wide = layer.widen(hidden, buffer.view(-1)[: rows * width].view(rows, width))
        gelu_in_place(wide)
        total = layer.narrow(wide, total)
        total += hidden
        return functional.layer_norm(total, (self.dim,), *layer.out_norm, self.eps)


def _norm(weights: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _layer(weights: Mapping[str, Tensor], index: int) -> _Layer:
    def side_by_side(*names: str) -> _Linear:
        """Return several linear layers as one."""
        weight = torch.cat([weights[f"{name}.weight"] for name in names])
        return _Linear(weight, torch.cat([weights[f"{name}.bias"] for name in names]))

    prefix = f"encoder.layer.{index}"
    qkv = [f"{prefix}.attention.self.{name}" for name in ("query", "key", "value")]
    return _Layer(
        attention=side_by_side(*qkv),
        attention_out=side_by_side(f"{prefix}.attention.output.dense"),
        attention_norm=_norm(weights, f"{prefix}.attention.output.LayerNorm"),
        widen=side_by_side(f"{prefix}.intermediate.dense"),
        narrow=side_by_side(f"{prefix}.output.dense"),
        out_norm=_norm(weights, f"{prefix}.output.LayerNorm"),
    )
