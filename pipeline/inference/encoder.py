"""The model of a release, for the few texts of a request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from torch.nn import functional

from pipeline.embedding.bert_loader import load_packed_model
from pipeline.embedding.embed import encode
from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.errors import ModelError, ReleaseError
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.settings import EmbedSettings

__all__ = ["Encoder", "encoder_of", "shared_encoder"]


def encoder_of(
    release: Path, manifest: ReleaseManifest, device: Literal["cpu"] | None = None
) -> Encoder:
    """Return the encoder of a release's model, in the number type of the release.

    Texts then lie where its films lie, whichever type this machine would choose. A CPU without
    instructions for bfloat16 emulates it: the same vectors up to rounding, a few times slower.

    Parameters
    ----------
    release : Path
        Folder of the release.
    manifest : ReleaseManifest
        Its manifest.
    device : {"cpu"}, optional
        Where to encode. By default the device of the release's settings; if that is a GPU, any.

    Returns
    -------
    Encoder

    Raises
    ------
    ReleaseError
        If the manifest names no model.
    ModelError
        If the model on this machine is not the one of the release.
    """
    settings = manifest.read_settings("embed", EmbedSettings)
    revision = manifest.model.revision
    if revision is None:
        raise ReleaseError(f"release {release} lacks 'model.revision' in its manifest; mine again")
    # a release mined on a GPU is also served on machines without one
    used_device = device or ("auto" if settings.device == "cuda" else settings.device)
    on_device = settings.model_copy(update={"device": used_device})
    identity = identify(on_device, manifest.model.dtype)
    if identity.revision != revision:
        raise ModelError(
            f"release {release} was mined with model revision {revision[:12]}, this machine has "
            f"{identity.revision[:12]}; install the same weights, or mine again"
        )
    return shared_encoder(identity)


@lru_cache(maxsize=2)
def shared_encoder(identity: ModelIdentity) -> Encoder:
    """Return the encoder of a model; releases and genre classifiers share it in this process."""
    return Encoder(identity)


class Encoder:
    """Encodes texts with one model, which is loaded at the first text.

    Parameters
    ----------
    identity : ModelIdentity
        The model.
    """

    def __init__(self, identity: ModelIdentity) -> None:
        self._identity = identity

    def encode(self, texts: Sequence[str], batch_tokens: int = 4_096) -> np.ndarray:
        """Encode texts to the same vectors as `embed.encode`, up to rounding.

        Parameters
        ----------
        texts : sequence of str
            Any texts.
        batch_tokens : int
            Tokens of a batch, about, if the library encodes.

        Returns
        -------
        ndarray of shape (len(texts), dim), float32
            Vectors of unit length, in the order of the texts.

        Raises
        ------
        ModelError
            If the model gives a vector that is not finite, or its files cannot be read.
        """
        model = load_packed_model(self._identity)
        if model is None or not texts:
            return encode(texts, self._identity, batch_tokens)
        tokens = [encoding.ids for encoding in model.tokenizer.encode_batch(list(texts))]
        vectors = functional.normalize(model.encoder.sum_texts(tokens), dim=1).numpy()
        if not np.isfinite(vectors).all():
            raise ModelError(f"model {self._identity.name!r} gave a vector that is not finite")
        return vectors
