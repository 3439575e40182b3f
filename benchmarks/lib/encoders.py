"""Encoders with the same weights: ours, sentence-transformers, ONNX Runtime, OpenVINO.

Each is a class with `encode(texts)`, built in the process that measures it.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.embedding.embed import encode
from pipeline.embedding.weights import identify, load
from pipeline.settings import EmbedSettings

__all__ = ["ENCODERS", "Library", "Ours", "chosen_dtype", "token_counts"]

_BATCH = 32


def chosen_dtype() -> str:
    """Return the dtype that `auto` means on this CPU."""
    return identify(EmbedSettings(device="cpu")).dtype


def _identity(dtype: str, device: str = "cpu") -> Any:
    return replace(identify(EmbedSettings(device="cpu")), dtype=dtype, device=device)


class Ours:
    """`pipeline.embedding.embed.encode` as a worker calls it.

    Parameters
    ----------
    dtype : str, optional
        By default the one that `auto` means on this CPU.
    device : {"cpu", "cuda"}
        Where to encode.
    """

    def __init__(self, dtype: str | None = None, device: str = "cpu") -> None:
        self.identity = _identity(dtype or chosen_dtype(), device)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors, (n_texts, dim) float32."""
        return encode(texts, self.identity)


class Library:
    """`SentenceTransformer.encode` with its defaults; its multi-process pool if `processes` > 0."""

    def __init__(self, dtype: str = "float32", device: str = "cpu", processes: int = 0) -> None:
        self.model = load(_identity(dtype, device))
        self.pool: Any = None
        if processes:
            self.pool = self.model.start_multi_process_pool([device] * processes)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors, (n_texts, dim) float32."""
        vectors = self.model.encode(list(texts), pool=self.pool, normalize_embeddings=True)
        return np.asarray(vectors, np.float32)

    def close(self) -> None:
        """Stop the processes of the pool."""
        if self.pool is not None:
            self.model.stop_multi_process_pool(self.pool)


class _Pooled(torch.nn.Module):
    """Token ids and mask to unit vectors: the module that is exported as a graph."""

    def __init__(self, bert: torch.nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)


class _Graph:
    """A compiled graph, run on padded batches of texts of similar length."""

    def __init__(self) -> None:
        self.model = load(_identity("float32"))
        self.run: Callable[[np.ndarray, np.ndarray], np.ndarray]

    def _graph(self) -> tuple[_Pooled, tuple[torch.Tensor, torch.Tensor]]:
        bert: Any = self.model[0].auto_model
        tokens = self.model.tokenizer(
            ["a dog", "a film of a dog"], padding=True, return_tensors="pt"
        )
        return _Pooled(bert).eval(), (tokens["input_ids"], tokens["attention_mask"])

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors, (n_texts, 384) float32."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), 384), np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            tokens = self.model.tokenizer(
                [texts[row] for row in rows],
                padding=True,
                truncation=True,
                max_length=self.model.max_seq_length,
                return_tensors="np",
            )
            vectors[rows] = self.run(tokens["input_ids"], tokens["attention_mask"])
        return vectors


class OpenVino(_Graph):
    """The model converted by OpenVINO, in float32."""

    def __init__(self) -> None:
        super().__init__()
        import openvino

        graph, example = self._graph()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer, about constant shapes
            converted = openvino.convert_model(
                graph, example_input=dict(zip(("ids", "mask"), example, strict=True))
            )
        compiled = openvino.compile_model(converted, "CPU")
        self.run = lambda ids, mask: compiled({"ids": ids, "mask": mask})[0]


class Onnx(_Graph):
    """ONNX Runtime, in float32, or with 8-bit weights and dynamically quantised activations."""

    def __init__(self, *, int8: bool = False) -> None:
        super().__init__()
        import onnxruntime

        graph, example = self._graph()
        axes = {0: "texts", 1: "tokens"}
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer and the old exporter
            path = Path(folder) / "model.onnx"
            torch.onnx.export(
                graph,
                example,
                str(path),
                input_names=["ids", "mask"],
                output_names=["vector"],
                dynamic_axes={"ids": axes, "mask": axes},
                dynamo=False,
                opset_version=17,
            )
            if int8:
                from onnxruntime.quantization import QuantType, quantize_dynamic

                small = path.with_name("int8.onnx")
                quantize_dynamic(path, small, weight_type=QuantType.QInt8)
                path = small
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.run = lambda ids, mask: session.run(None, {"ids": ids, "mask": mask})[0]


# Encoders by name: what builds one, and the modules that it needs.
ENCODERS: dict[str, tuple[Callable[[], Any], tuple[str, ...]]] = {
    "ours": (Ours, ()),
    "ours, float32": (lambda: Ours("float32"), ()),
    "ours, bfloat16": (lambda: Ours("bfloat16"), ()),
    "sentence-transformers": (Library, ()),
    "sentence-transformers, bfloat16": (lambda: Library("bfloat16"), ()),
    "OpenVINO": (OpenVino, ("openvino",)),
    "ONNX": (Onnx, ("onnxruntime", "onnx")),
    "ONNX, int8": (lambda: Onnx(int8=True), ("onnxruntime", "onnx")),
}


def token_counts(texts: Sequence[str]) -> np.ndarray:
    """Return the number of tokens of each text for the default model, truncated at its limit.

    Returns
    -------
    ndarray of shape (n_texts,), int64
    """
    model = load(_identity("float32"))
    tokenizer: Any = model.tokenizer.backend_tokenizer
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_seq_length)
    return np.array([len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))])
