"""Loads a BERT from its files, without the libraries that train it.

Importing `transformers` takes seconds and hundreds of megabytes in every process. Encoding with a
BERT of the usual architecture needs only its weights and its tokenizer. PyTorch is imported when a
model is loaded, so that the files can be read without it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.embedding.weights import WEIGHTS, ModelIdentity
from pipeline.errors import ModelError

if TYPE_CHECKING:
    from pipeline.embedding.packed_bert import PackedEncoder

__all__ = [
    "TOKENIZER",
    "PackedModel",
    "config_and_limit",
    "is_supported",
    "load_packed_model",
    "load_tokenizer",
]

TOKENIZER = "tokenizer.json"
_WORDS = "embeddings.word_embeddings.weight"
_MODULES = ["Transformer", "Pooling", "Normalize"]


@dataclass(frozen=True)
class PackedModel:
    """A model ready to encode.

    Attributes
    ----------
    encoder : PackedEncoder
        Token ids to vectors, with mean pooling.
    tokenizer : tokenizers.Tokenizer
        Does not pad, and truncates texts at the model's limit.
    """

    encoder: PackedEncoder
    tokenizer: Any


@lru_cache(maxsize=4)
def load_packed_model(identity: ModelIdentity) -> PackedModel | None:
    """Load a model from its files, once in this process.

    Parameters
    ----------
    identity : ModelIdentity
        The model.

    Returns
    -------
    PackedModel or None
        None if the model has an architecture that `PackedEncoder` does not support: then the
        library encodes.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    import torch

    from pipeline.embedding.packed_bert import PackedEncoder

    folder, device = Path(identity.folder), torch.device(identity.device)
    if device.type == "cuda":
        # cuBLAS then adds in a fixed order, and with equal memory in each process; it reads this
        # when it is first used
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        found = config_and_limit(folder)
        if found is None:
            return None
        from safetensors.torch import load_file

        config, max_tokens = found
        with torch.inference_mode():
            dtype = getattr(torch, identity.dtype)
            weights = {n: w.to(device, dtype) for n, w in load_file(folder / WEIGHTS).items()}
            encoder = PackedEncoder(config, weights)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(
            f"model {identity.name!r} in {folder} cannot be read: {error}; install it again"
        ) from error
    return PackedModel(encoder, load_tokenizer(folder, max_tokens))


def load_tokenizer(folder: Path, max_tokens: int) -> Any:
    """Return the tokenizer of a model folder; it truncates texts and does not pad.

    Parameters
    ----------
    folder : Path
        Folder of the model.
    max_tokens : int
        Maximum number of tokens of a text.

    Returns
    -------
    tokenizers.Tokenizer

    Raises
    ------
    ModelError
        If the folder has no tokenizer.json, or it cannot be read.
    """
    from tokenizers import Tokenizer

    path = folder / TOKENIZER
    if not path.is_file():
        raise ModelError(f"model in {folder} has no {TOKENIZER}; choose one with a fast tokenizer")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no narrower class
        raise ModelError(f"{path} cannot be read: {error}; install it again") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def is_supported(config: Mapping[str, Any]) -> bool:
    """Return whether `PackedEncoder` computes the architecture of a config.json.

    Examples
    --------
    >>> is_supported({"model_type": "bert", "hidden_act": "gelu"})
    True
    >>> is_supported({"model_type": "roberta", "hidden_act": "gelu"})
    False
    """
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") in (None, "absolute")
    )


def config_and_limit(folder: Path) -> tuple[dict[str, Any], int] | None:
    """Return config.json and the maximum number of tokens; None for an unsupported model.

    Raises
    ------
    OSError, ValueError, KeyError
        If a file cannot be read, or is not as the library writes it.
    """
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
    # older releases of sentence-transformers write max_seq_length, newer ones only the other
    limit = limits.get("max_seq_length") or tokens.get("model_max_length")
    supported = (
        parts == _MODULES
        and mean
        and is_supported(config)
        and isinstance(limit, int)
        and _WORDS in _weight_names(folder / WEIGHTS)
    )
    return (config, min(limit, config["max_position_embeddings"])) if supported else None


def _weight_names(path: Path) -> set[str]:
    """Return the names of the weights; a model saved with a task head has other names."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np") as weights:
            return set(weights.keys())
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from error
