"""A BERT of the common shape read from its own files, without the libraries that train it.

Their import takes seconds and hundreds of megabytes in every process; of such a model nothing but
its weights and its tokenizer is needed to encode.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from pipeline.embedding.packed_bert import PackedEncoder
from pipeline.embedding.weights import ModelIdentity
from pipeline.errors import ModelError

__all__ = ["TOKENIZER", "ModelFiles", "read_files", "tokenizer_of"]

TOKENIZER = "tokenizer.json"
_WEIGHTS = "model.safetensors"
_WORDS = "embeddings.word_embeddings.weight"
_MODULES = ["Transformer", "Pooling", "Normalize"]


@dataclass(frozen=True)
class ModelFiles:
    """A model that is ready to encode.

    Attributes
    ----------
    packed : its body, with mean pooling.
    tokenizer : a `tokenizers.Tokenizer` that pads nothing and cuts texts at the model's limit.
    """

    packed: PackedEncoder
    tokenizer: Any


@lru_cache(maxsize=4)
def read_files(identity: ModelIdentity, *, answers: bool = False) -> ModelFiles | None:
    """The model from its files; None where it has another shape or runs on a GPU.

    Parameters
    ----------
    answers : make it for the few texts of an answer; see `PackedEncoder.for_answers`.

    Raises
    ------
    ModelError
        when a file cannot be read.
    """
    folder = Path(identity.folder)
    try:
        shape = _shape(folder) if identity.device == "cpu" else None
        if shape is None:
            return None
        from safetensors.torch import load_file

        config, most = shape
        make = PackedEncoder.for_answers if answers else PackedEncoder
        with torch.inference_mode():
            dtype = getattr(torch, identity.dtype)
            weights = {n: w.to(dtype) for n, w in load_file(folder / _WEIGHTS).items()}
            packed = make(config, weights)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"model {identity.name!r} in {folder} cannot be read: {error}; install it again"
        ) from error
    return ModelFiles(packed, tokenizer_of(folder, most))


def tokenizer_of(folder: Path, most: int) -> Any:
    """The tokenizer of a folder, cut to `most` tokens, without padding.

    Raises
    ------
    ModelError
        when the folder has none, or one that cannot be read.
    """
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    if not path.is_file():
        raise ModelError(f"model in {folder} has no {TOKENIZER}; choose one with a fast tokenizer")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library has no narrower one
        raise ModelError(f"{path} cannot be read: {error}; install it again") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(most)
    return tokenizer


def _shape(folder: Path) -> tuple[dict[str, Any], int] | None:
    """config.json and the most tokens of a text; None for what `PackedEncoder` does not compute."""
    names = ("config", "modules", "sentence_bert_config", "1_Pooling/config", "tokenizer_config")
    files = [folder / f"{name}.json" for name in names]
    if not all(path.is_file() for path in [*files, folder / TOKENIZER]):
        return None
    config, modules, limits, pooling, tokens = (json.loads(path.read_bytes()) for path in files)
    parts = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    modes = {
        name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True
    }
    mean = modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") == "mean"
    # the library's older releases write the former, newer ones only the latter
    most = limits.get("max_seq_length") or tokens.get("model_max_length")
    fits = (
        parts == _MODULES
        and mean
        and PackedEncoder.computes(config)
        and isinstance(most, int)
        and _WORDS in _names(folder / _WEIGHTS)
    )
    return (config, min(most, config["max_position_embeddings"])) if fits else None


def _names(weights: Path) -> set[str]:
    """Names of the weights: what is saved with a head of its own has others."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, "pt") as opened:
            return set(opened.keys())
    except SafetensorError as error:
        raise ValueError(f"{weights.name}: {error}") from error
