"""The model of a release, for the few texts of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from torch.nn import functional

from pipeline.embedding.bert_loader import read_files
from pipeline.embedding.embed import encode
from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.errors import ModelError, ReleaseError
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.settings import EmbedSettings

__all__ = ["Encoder", "encoder_of", "shared_encoder"]


def encoder_of(
    release: Path, manifest: ReleaseManifest, device: Literal["cpu"] | None = None
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
    settings = manifest.read_settings("embed", EmbedSettings)
    revision = manifest.model.revision
    if revision is None:
        raise ReleaseError(f"release {release} lacks 'model.revision' in its manifest; mine again")
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
        own = read_files(self._identity, answers=True)
        if own is None or not texts:
            return encode(texts, self._identity, batch_tokens)
        tokens = [found.ids for found in own.tokenizer.encode_batch(list(texts))]
        vectors = functional.normalize(own.packed.sums(tokens), dim=1).numpy()
        if not np.isfinite(vectors).all():
            raise ModelError(f"model {self._identity.name!r} gave a vector that is not finite")
        return vectors
