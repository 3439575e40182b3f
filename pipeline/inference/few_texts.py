"""Encodes a few texts without PyTorch, whose import takes longer than all other work of a command.

The arithmetic is that of `pipeline.embedding.packed_bert` in NumPy, one text after the other. In
bfloat16 every result is rounded as PyTorch rounds it, so the vectors are equal up to rounding in
both number types.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pipeline.embedding.bert_loader import config_and_limit, load_tokenizer
from pipeline.embedding.weights import WEIGHTS, ModelIdentity
from pipeline.errors import ModelError

__all__ = ["FewTexts", "load_few_texts"]


class _Layer(NamedTuple):
    """Weights of one transformer layer: (inputs, outputs) matrices with their biases, and norms."""

    attention: tuple[np.ndarray, np.ndarray]  # query, key and value side by side
    attention_out: tuple[np.ndarray, np.ndarray]
    attention_norm: tuple[np.ndarray, np.ndarray]
    widen: tuple[np.ndarray, np.ndarray]
    narrow: tuple[np.ndarray, np.ndarray]
    out_norm: tuple[np.ndarray, np.ndarray]


def load_few_texts(identity: ModelIdentity) -> FewTexts | None:
    """Return an encoder for a few texts; None if the model has another architecture.

    Parameters
    ----------
    identity : ModelIdentity
        The model; on a GPU it is not supported.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    folder = Path(identity.folder)
    try:
        found = None if identity.device != "cpu" else config_and_limit(folder)
        if found is None:
            return None
        return FewTexts(folder, *found, rounded=identity.dtype == "bfloat16")
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"model {identity.name!r} in {folder} cannot be read: {error}; install it again"
        ) from error


class FewTexts:
    """A BERT with mean pooling and normalised output.

    Parameters
    ----------
    folder : Path
        Files of the model.
    config : dict
        Its config.json; see `bert_loader.is_supported`.
    max_tokens : int
        Maximum number of tokens of a text.
    rounded : bool
        Compute in bfloat16.
    """

    def __init__(
        self, folder: Path, config: dict[str, Any], max_tokens: int, *, rounded: bool
    ) -> None:
        self._tokenizer = load_tokenizer(folder, max_tokens)
        self._heads, self._eps = config["num_attention_heads"], config["layer_norm_eps"]
        self._rounded = rounded
        self._weights = _Weights(folder / WEIGHTS, rounded=rounded)
        read = self._weights.read
        self._positions = self._round(
            read("embeddings.position_embeddings.weight")
            + read("embeddings.token_type_embeddings.weight")[0]
        )
        self._norm = self._weights.pair("embeddings.LayerNorm")
        self._layers = [self._layer(number) for number in range(config["num_hidden_layers"])]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of texts.

        Parameters
        ----------
        texts : sequence of str
            Any texts; what exceeds the model's limit is cut off.

        Returns
        -------
        ndarray of shape (len(texts), dim), float32
            Vectors of unit length.
        """
        sums = [self._sum(one.ids) for one in self._tokenizer.encode_batch(list(texts))]
        vectors = np.stack(sums)
        length = np.sqrt((vectors * vectors).sum(1, keepdims=True))
        return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)

    def _sum(self, tokens: Sequence[int]) -> np.ndarray:
        """Return the sum of the token states of a text, (dim,) float32."""
        hidden = self._round(self._weights.words(tokens) + self._positions[: len(tokens)])
        hidden = self._normed(hidden, self._norm)
        for layer in self._layers:
            hidden = self._forward(layer, hidden)
        return np.asarray(hidden.sum(0), np.float32)

    def _forward(self, layer: _Layer, hidden: np.ndarray) -> np.ndarray:
        context = self._attend(self._product(hidden, layer.attention))
        total = self._round(self._product(context, layer.attention_out) + hidden)
        hidden = self._normed(total, layer.attention_norm)
        wide = self._gelu(self._product(hidden, layer.widen))
        total = self._round(self._product(wide, layer.narrow) + hidden)
        return self._normed(total, layer.out_norm)

    def _attend(self, qkv: np.ndarray) -> np.ndarray:
        """Return the attended values, (tokens, dim); softmax is computed in float32."""
        tokens, width = len(qkv), qkv.shape[1] // 3
        query, key, value = qkv.reshape(tokens, 3, self._heads, -1).transpose(1, 2, 0, 3)
        scores = query @ key.transpose(0, 2, 1) / np.float32((width // self._heads) ** 0.5)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        share = self._round(scores / scores.sum(-1, keepdims=True))
        return self._round((share @ value).transpose(1, 0, 2).reshape(tokens, width))

    def _product(self, rows: np.ndarray, linear: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        return self._round(rows @ linear[0] + linear[1])

    def _normed(self, rows: np.ndarray, norm: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        centred = rows - rows.mean(-1, keepdims=True)
        variance = (centred * centred).mean(-1, keepdims=True)
        return self._round(centred / np.sqrt(variance + self._eps) * norm[0] + norm[1])

    def _gelu(self, rows: np.ndarray) -> np.ndarray:
        from scipy.special import erf

        return self._round(rows * np.float32(0.5) * (1 + erf(rows * np.float32(0.5**0.5))))

    def _round(self, values: np.ndarray) -> np.ndarray:
        return round_to_bfloat16(values) if self._rounded else np.asarray(values, np.float32)

    def _layer(self, number: int) -> _Layer:
        prefix = f"encoder.layer.{number}"
        qkv = [f"{prefix}.attention.self.{name}" for name in ("query", "key", "value")]
        weights = self._weights
        return _Layer(
            attention=weights.linear(*qkv),
            attention_out=weights.linear(f"{prefix}.attention.output.dense"),
            attention_norm=weights.pair(f"{prefix}.attention.output.LayerNorm"),
            widen=weights.linear(f"{prefix}.intermediate.dense"),
            narrow=weights.linear(f"{prefix}.output.dense"),
            out_norm=weights.pair(f"{prefix}.output.LayerNorm"),
        )


class _Weights:
    """The weights of a file by name; of the words, only the rows that are used are read."""

    def __init__(self, path: Path, *, rounded: bool) -> None:
        from safetensors import safe_open

        self._file: Any = safe_open(path, "np")
        self._rounded = rounded

    def read(self, name: str) -> np.ndarray:
        """Return an array, float32."""
        return self._float(self._file.get_tensor(name))

    def words(self, tokens: Sequence[int]) -> np.ndarray:
        """Return the vectors of tokens, (tokens, dim) float32."""
        table = self._file.get_slice("embeddings.word_embeddings.weight")
        return self._float(np.concatenate([table[token : token + 1] for token in tokens]))

    def pair(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return weight and bias of a norm."""
        return self.read(f"{name}.weight"), self.read(f"{name}.bias")

    def linear(self, *names: str) -> tuple[np.ndarray, np.ndarray]:
        """Return several linear layers as one, the weight transposed."""
        weight = np.concatenate([self.read(f"{name}.weight") for name in names])
        return weight.T, np.concatenate([self.read(f"{name}.bias") for name in names])

    def _float(self, values: np.ndarray) -> np.ndarray:
        values = np.asarray(values, np.float32)
        return round_to_bfloat16(values) if self._rounded else values


def round_to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Return the nearest numbers that bfloat16 can represent, ties to even, as float32.

    Examples
    --------
    >>> round_to_bfloat16(np.array([1.0, 1.001, 1.01])).tolist()
    [1.0, 1.0, 1.0078125]
    """
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))
    rounded &= np.uint32(0xFFFF0000)
    return rounded.view(np.float32)
