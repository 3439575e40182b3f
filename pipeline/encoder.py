"""The model of a release, for the few texts of an answer: read from its own files where it can be.

A BERT of the common shape is then ready without the libraries that training needs, whose import
takes seconds and hundreds of megabytes; any other model is encoded as it was mined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional

from pipeline.embed import encode
from pipeline.errors import ModelError, ReleaseError
from pipeline.model import ModelIdentity, identify
from pipeline.packed import PackedEncoder
from pipeline.settings import EmbedSettings

__all__ = ["Encoder", "encoder_of", "shared_encoder"]

_MODULES = ["Transformer", "Pooling", "Normalize"]


def encoder_of(
    release: Path, manifest: Mapping[str, Any], device: Literal["cpu"] | None = None
) -> Encoder:
    """The encoder of the model that a release was made with.

    Parameters
    ----------
    manifest : of the release. device : where to encode; None for where the settings say, and
        for any where they say a GPU.

    Raises
    ------
    ReleaseError
        when the manifest names no model.
    ModelError
        when the model on this machine is not the one that the release was made with.
    """
    try:
        settings = EmbedSettings(**manifest["settings"]["embed"])
        revision = str(manifest["model"]["revision"])
    except (KeyError, TypeError, ValueError) as error:
        raise ReleaseError(
            f"release {release} lacks {error} in its manifest; mine again"
        ) from error
    # a release mined on a GPU is served on machines without one too
    where = device or ("auto" if settings.device == "cuda" else settings.device)
    identity = identify(settings.model_copy(update={"device": where}))
    if identity.revision != revision:
        raise ModelError(
            f"release {release} was made with model revision {revision[:12]}, here is "
            f"{identity.revision[:12]}; install the same weights, or mine again"
        )
    return shared_encoder(identity)


@lru_cache(maxsize=2)
def shared_encoder(identity: ModelIdentity) -> Encoder:
    """The one encoder of a model in this process: releases and genre models share its weights."""
    return Encoder(identity)


class Encoder:
    """Texts to unit vectors with one model; loaded when the first text comes."""

    def __init__(self, identity: ModelIdentity) -> None:
        self._identity = identity

    def encode(self, texts: Sequence[str], batch_tokens: int = 4_096) -> np.ndarray:
        """Unit vectors, (len(texts), dim) float32, the same as `embed.encode` gives.

        Raises
        ------
        ModelError
            when the model gives a vector that is not finite, or its files cannot be read.
        """
        if self._own is None or not texts:
            return encode(texts, self._identity, batch_tokens)
        packed, tokenizer = self._own
        tokens = [found.ids for found in tokenizer.encode_batch(list(texts))]
        vectors = functional.normalize(packed.sums(tokens), dim=1).numpy()
        if not np.isfinite(vectors).all():
            raise ModelError(f"model {self._identity.name!r} gave a vector that is not finite")
        return vectors

    @cached_property
    def _own(self) -> tuple[PackedEncoder, Any] | None:
        """The model from its files, or None where it has another shape or runs on a GPU."""
        folder = Path(self._identity.folder)
        try:
            shape = _shape(folder) if self._identity.device == "cpu" else None
            if shape is None:
                return None
            from safetensors.torch import load_file
            from tokenizers import Tokenizer

            config, most = shape
            weights = load_file(folder / "model.safetensors")
            dtype = getattr(torch, self._identity.dtype)
            with torch.inference_mode():
                packed = PackedEncoder.for_answers(
                    config, {name: weight.to(dtype) for name, weight in weights.items()}
                )
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"model {self._identity.name!r} in {folder} cannot be read: {error}; "
                "install it again"
            ) from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(most)
        return packed, tokenizer


def _shape(folder: Path) -> tuple[dict[str, Any], int] | None:
    """config.json and the most tokens of a text; None for what `PackedEncoder` does not compute."""
    names = ("config", "modules", "sentence_bert_config", "1_Pooling/config")
    files = [folder / f"{name}.json" for name in names]
    if not all(path.is_file() for path in [*files, folder / "tokenizer.json"]):
        return None
    config, modules, limits, pooling = (json.loads(path.read_bytes()) for path in files)
    parts = [str(module["type"]).rsplit(".", 1)[-1] for module in modules]
    modes = {
        name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True
    }
    mean = modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") == "mean"
    fits = (
        parts == _MODULES
        and mean
        and PackedEncoder.computes(config)
        and isinstance(limits.get("max_seq_length"), int)
    )
    return (config, limits["max_seq_length"]) if fits else None
