"""A BERT encoder run without padding: the texts of a batch lie end to end in one matrix.

Every dense layer is then one product over real tokens only, query, key and value are one product
instead of three, and attention runs over groups of texts of equal length, so it needs no mask.
Same weights, same arithmetic as the library's model: cosine to it is 1 up to rounding.
Architecture: Devlin et al. 2019, https://arxiv.org/abs/1810.04805; packing as in Krell et al. 2021,
https://arxiv.org/abs/2107.02027.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["PackedEncoder"]


# oneDNN makes and keeps a program of half a megabyte for every number of rows, up to a thousand of
# them, so few numbers are asked for.
_STEP = 16  # what the number of rows is a multiple of
_MANY, _MANY_STEP = 512, 64  # from so many on, of that


class _Dense:
    """`x @ weight.T + bias`, with the weight (outputs, inputs) laid out once for `x @ weight`."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.width = len(bias)
        self._weight, self._bias = self._laid_out(weight), bias

    @staticmethod
    def _laid_out(weight: Tensor) -> Tensor:
        return weight.t().contiguous()

    def __call__(self, rows: Tensor, room: Tensor | None = None) -> Tensor:
        """The product, in `room` if that is given and can be used."""
        return torch.addmm(self._bias, rows, self._weight, out=room)


class _FewRows(_Dense):
    """The same in the blocks that oneDNN reads: four fifths of the time for a hundred rows.

    Its product is what PyTorch's own compiler calls, and no public name.
    """

    _SIZES = (512, 256)

    @staticmethod
    def _laid_out(weight: Tensor) -> Tensor:
        laid_out: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, 64)
        return laid_out

    def __call__(self, rows: Tensor, room: Tensor | None = None) -> Tensor:
        left, sizes = len(rows), []
        for size in self._SIZES:
            sizes += [size] * (left // size)
            left %= size
        sizes += [left] if left else []
        products = [self._product(part) for part in torch.split(rows, sizes)]
        return products[0] if len(products) == 1 else torch.cat(products)

    def _product(self, rows: Tensor) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self._weight, self._bias, "none", [], ""
        )
        return product


@dataclass(frozen=True)
class _Layer:
    attention: _Dense  # query, key and value side by side
    attention_out: _Dense
    attention_norm: tuple[Tensor, Tensor]
    wide: _Dense
    narrow: _Dense
    out_norm: tuple[Tensor, Tensor]


class PackedEncoder:
    """Encodes token ids with a BERT whose pooling is the mean and whose output is normalised."""

    def __init__(
        self,
        config: Mapping[str, Any],
        weights: Mapping[str, Tensor],
        dense: type[_Dense] = _Dense,
    ) -> None:
        """The encoder of a BERT's own config.json, one that it `computes`, and weights."""
        self.heads: int = config["num_attention_heads"]
        self.dim: int = config["hidden_size"]
        self.eps: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _pair(weights, "embeddings.LayerNorm")
        self._layers = [_layer(weights, i, dense) for i in range(config["num_hidden_layers"])]

    @classmethod
    def for_answers(cls, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> PackedEncoder:
        """The same for the few texts of an answer: products of few rows are faster where PyTorch
        has oneDNN.
        """
        return cls(config, weights, _FewRows if _few_rows(weights) else _Dense)

    @staticmethod
    def computes(config: Mapping[str, Any]) -> bool:
        """Whether a config.json tells of a body of the shape that this encoder computes."""
        return (
            config.get("model_type") == "bert"
            and config.get("hidden_act") == "gelu"
            and config.get("position_embedding_type", "absolute") in (None, "absolute")
        )

    @torch.inference_mode()
    def encode(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """Unit vectors, (len(batch), dim) float32, of texts as token ids in order of length."""
        return functional.normalize(self.summed(batch), dim=1)

    @torch.inference_mode()
    def sums(self, texts: Sequence[Sequence[int]], size: int = 32) -> Tensor:
        """`summed` of texts in any order, (len(texts), dim), `size` of like length at a time."""
        order = sorted(range(len(texts)), key=lambda row: (len(texts[row]), texts[row]))
        found = torch.empty(len(texts), self.dim)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            found[rows] = self.summed([texts[row] for row in rows])
        return found

    @torch.inference_mode()
    def summed(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """The sum of each text's token states, (len(batch), dim) float32; the same order."""
        lengths = [len(ids) for ids in batch]
        if 0 in lengths or lengths != sorted(lengths):
            raise ValueError("texts must be non-empty and come in order of length")
        tokens = torch.tensor([token for ids in batch for token in ids])
        places = torch.cat([torch.arange(length) for length in lengths])
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        hidden = functional.embedding(tokens, self._words)
        hidden += functional.embedding(places, self._places)
        step = _STEP if len(tokens) < _MANY else _MANY_STEP
        hidden = functional.pad(hidden, (0, 0, 0, -len(tokens) % step))
        hidden = functional.layer_norm(hidden, (self.dim,), *self._norm, self.eps)
        room = hidden.new_empty(len(hidden), max(self.dim * 3, self._layers[0].wide.width))
        context = torch.zeros_like(hidden)
        for layer in self._layers:
            hidden = self._forward(layer, hidden, groups, room, context)
        owner = torch.repeat_interleave(torch.arange(len(batch)), torch.tensor(lengths))
        states = hidden[: len(tokens)].float()
        return torch.zeros(len(batch), self.dim).index_add_(0, owner, states)

    def _forward(
        self,
        layer: _Layer,
        hidden: Tensor,
        groups: list[tuple[int, int]],
        room: Tensor,
        context: Tensor,
    ) -> Tensor:
        # `room` and `context` are reused by every layer: fresh pages cost more than the sums.
        rows = len(hidden)
        mixed = room.view(-1)[: rows * self.dim * 3].view(rows, self.dim * 3)
        mixed = layer.attention(hidden, mixed)
        start = 0
        for length, texts in groups:
            end = start + length * texts
            part = mixed[start:end].view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(part[0], part[1], part[2])
            context[start:end].view(texts, length, self.heads, -1).copy_(attended.transpose(1, 2))
            start = end
        summed = layer.attention_out(context)
        summed += hidden
        hidden = functional.layer_norm(summed, (self.dim,), *layer.attention_norm, self.eps)
        width = layer.wide.width
        wide = layer.wide(hidden, room.view(-1)[: rows * width].view(rows, width))
        torch.ops.aten.gelu_(wide)
        summed = layer.narrow(wide, summed)
        summed += hidden
        return functional.layer_norm(summed, (self.dim,), *layer.out_norm, self.eps)


def _pair(weights: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _few_rows(weights: Mapping[str, Tensor]) -> bool:
    """Whether `_FewRows` can be used: oneDNN computes the dtype here, and PyTorch calls it."""
    dtype = weights["embeddings.word_embeddings.weight"].dtype
    return (
        torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
        and (
            dtype == torch.float32
            or (dtype == torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())
        )
    )


def _layer(weights: Mapping[str, Tensor], index: int, dense: type[_Dense]) -> _Layer:
    def product(*names: str) -> _Dense:
        """Several layers side by side."""
        weight = torch.cat([weights[f"{name}.weight"] for name in names])
        return dense(weight, torch.cat([weights[f"{name}.bias"] for name in names]))

    at = f"encoder.layer.{index}"
    own = [f"{at}.attention.self.{name}" for name in ("query", "key", "value")]
    return _Layer(
        attention=product(*own),
        attention_out=product(f"{at}.attention.output.dense"),
        attention_norm=_pair(weights, f"{at}.attention.output.LayerNorm"),
        wide=product(f"{at}.intermediate.dense"),
        narrow=product(f"{at}.output.dense"),
        out_norm=_pair(weights, f"{at}.output.LayerNorm"),
    )
