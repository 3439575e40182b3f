"""The model of a release, for the few texts of a request; PyTorch is imported when it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.embedding.bert_loader import load_packed_model
from pipeline.embedding.embed import encode
from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.errors import ModelError, ReleaseError
from pipeline.inference.few_texts import FewTexts, load_few_texts
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.settings import EmbedSettings

__all__ = ["Encoder", "encoder_of", "shared_encoder"]

_FEW = 16  # texts that take less time than to import PyTorch


def encoder_of(
    release: Path,
    manifest: ReleaseManifest,
    device: Literal["cpu"] | None = None,
    *,
    light: bool = False,
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
    light : bool
        Encode a few texts without PyTorch, see `Encoder`.

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
    return shared_encoder(identity, light=light)


@lru_cache(maxsize=2)
def shared_encoder(identity: ModelIdentity, *, light: bool = False) -> Encoder:
    """Return the encoder of a model; releases and genre classifiers share it in this process."""
    return Encoder(identity, light=light)


class Encoder:
    """Encodes texts with one model, which is loaded at the first text.

    Parameters
    ----------
    identity : ModelIdentity
        The model.
    light : bool
        Encode up to 16 texts without PyTorch, if the model allows it: for a process that ends after
        one request. The vectors are the same up to rounding.
    """

    def __init__(self, identity: ModelIdentity, *, light: bool = False) -> None:
        self._identity, self._light = identity, light

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
        few = self._few_texts if self._light and 0 < len(texts) <= _FEW else None
        vectors = self._encode(texts, batch_tokens) if few is None else few.encode(texts)
        if not np.isfinite(vectors).all():
            raise ModelError(f"model {self._identity.name!r} gave a vector that is not finite")
        return vectors

    @cached_property
    def _few_texts(self) -> FewTexts | None:
        return load_few_texts(self._identity)

    def _encode(self, texts: Sequence[str], batch_tokens: int) -> np.ndarray:
        model = load_packed_model(self._identity)
        if model is None or not texts:
            return encode(texts, self._identity, batch_tokens)
        from torch.nn import functional

        tokens = [encoding.ids for encoding in model.tokenizer.encode_batch(list(texts))]
        return np.asarray(functional.normalize(model.encoder.sum_texts(tokens), dim=1).numpy())
