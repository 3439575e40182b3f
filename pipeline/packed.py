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
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["PackedEncoder"]


@dataclass(frozen=True)
class _Layer:
    attention: tuple[Tensor, Tensor]  # query, key and value stacked: (dim, 3 dim), (3 dim,)
    attention_out: tuple[Tensor, Tensor]
    attention_norm: tuple[Tensor, Tensor]
    wide: tuple[Tensor, Tensor]
    narrow: tuple[Tensor, Tensor]
    out_norm: tuple[Tensor, Tensor]


class PackedEncoder:
    """Encodes token ids with a BERT whose pooling is the mean and whose output is normalised."""

    def __init__(self, model: SentenceTransformer) -> None:
        if not self.supports(model):
            raise ValueError("not a BERT with GELU, mean pooling and normalised output")
        bert: Any = model[0].auto_model
        self._take(bert.config.to_dict(), bert.state_dict())

    @classmethod
    def of_weights(cls, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> PackedEncoder:
        """The encoder of a BERT's own config.json and weights, without the library's model.

        The caller knows that the model has the shape that `supports` asks for.
        """
        made = cls.__new__(cls)
        made._take(config, weights)
        return made

    def _take(self, config: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
        self.heads: int = config["num_attention_heads"]
        self.dim: int = config["hidden_size"]
        self.eps: float = config["layer_norm_eps"]
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _pair(weights, "embeddings.LayerNorm")
        self._layers = [_layer(weights, i) for i in range(config["num_hidden_layers"])]

    @staticmethod
    def supports(model: SentenceTransformer) -> bool:
        """Whether the model has exactly the shape that this encoder computes."""
        names = [type(module).__name__ for module in model]
        bert: Any = getattr(model[0], "auto_model", None)
        if names != ["Transformer", "Pooling", "Normalize"] or type(bert).__name__ != "BertModel":
            return False
        config: Any = bert.config
        absolute = getattr(config, "position_embedding_type", "absolute") in (None, "absolute")
        pooling: Any = model[1]
        how: dict[str, Any] = pooling.get_config_dict()
        mean = how.get("pooling_mode") in ("mean", ["mean"], ("mean",)) or bool(
            how.get("pooling_mode_mean_tokens")
        )
        return absolute and mean and config.hidden_act == "gelu"

    @torch.inference_mode()
    def encode(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """Unit vectors, (len(batch), dim) float32, of texts as token ids in order of length."""
        lengths = [len(ids) for ids in batch]
        if 0 in lengths or lengths != sorted(lengths):
            raise ValueError("texts must be non-empty and come in order of length")
        tokens = torch.tensor([token for ids in batch for token in ids])
        places = torch.cat([torch.arange(length) for length in lengths])
        groups = [(length, len(list(same))) for length, same in groupby(lengths)]
        hidden = functional.embedding(tokens, self._words)
        hidden += functional.embedding(places, self._places)
        hidden = functional.layer_norm(hidden, (self.dim,), *self._norm, self.eps)
        room = hidden.new_empty(len(tokens), max(self.dim * 3, self._layers[0].wide[0].shape[1]))
        context = torch.empty_like(hidden)
        for layer in self._layers:
            hidden = self._forward(layer, hidden, groups, room, context)
        owner = torch.repeat_interleave(torch.arange(len(batch)), torch.tensor(lengths))
        total = torch.zeros(len(batch), self.dim).index_add_(0, owner, hidden.float())
        return functional.normalize(total, dim=1)

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
        torch.addmm(layer.attention[1], hidden, layer.attention[0], out=mixed)
        start = 0
        for length, texts in groups:
            end = start + length * texts
            part = mixed[start:end].view(texts, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
            attended = functional.scaled_dot_product_attention(part[0], part[1], part[2])
            context[start:end].view(texts, length, self.heads, -1).copy_(attended.transpose(1, 2))
            start = end
        summed = torch.addmm(layer.attention_out[1], context, layer.attention_out[0])
        summed += hidden
        hidden = functional.layer_norm(summed, (self.dim,), *layer.attention_norm, self.eps)
        width = layer.wide[0].shape[1]
        wide = room.view(-1)[: rows * width].view(rows, width)
        torch.addmm(layer.wide[1], hidden, layer.wide[0], out=wide)
        torch.ops.aten.gelu_(wide)
        torch.addmm(layer.narrow[1], wide, layer.narrow[0], out=summed)
        summed += hidden
        return functional.layer_norm(summed, (self.dim,), *layer.out_norm, self.eps)


def _pair(weights: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _dense(weights: Mapping[str, Tensor], *names: str) -> tuple[Tensor, Tensor]:
    """Weights laid out for `x @ weight`, several layers side by side."""
    weight = torch.cat([weights[f"{name}.weight"] for name in names]).t().contiguous()
    return weight, torch.cat([weights[f"{name}.bias"] for name in names])


def _layer(weights: Mapping[str, Tensor], index: int) -> _Layer:
    at = f"encoder.layer.{index}"
    own = [f"{at}.attention.self.{name}" for name in ("query", "key", "value")]
    return _Layer(
        attention=_dense(weights, *own),
        attention_out=_dense(weights, f"{at}.attention.output.dense"),
        attention_norm=_pair(weights, f"{at}.attention.output.LayerNorm"),
        wide=_dense(weights, f"{at}.intermediate.dense"),
        narrow=_dense(weights, f"{at}.output.dense"),
        out_norm=_pair(weights, f"{at}.output.LayerNorm"),
    )
