"""The number type of a run: one for all workers, so that a text has the same vector on each."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.embedding.product_speed import (
    LEAST_GAIN,
    ProductSpeed,
    choose_dtype,
    measure_products,
    slowest,
)
from pipeline.embedding.weights import ModelIdentity, resolve_device, resolve_dtype

__all__ = ["DtypeChoice", "Processor", "choose", "find_processor", "measure_worker", "shape_of"]


@dataclass(frozen=True)
class Processor:
    """What encodes on a worker.

    Attributes
    ----------
    name : str
        Name of the CPU and its widest vectors, or name of the GPU.
    device : {"cpu", "cuda"}
        PyTorch's name of the device.
    """

    name: str
    device: str


@dataclass(frozen=True)
class DtypeChoice:
    """The number type of a run, and why it was chosen.

    Attributes
    ----------
    dtype : {"float32", "bfloat16"}
        For all workers.
    reason : str
        Why, as a clause.
    speed : ProductSpeed, optional
        Of the slowest worker; None where nothing was measured.
    """

    dtype: str
    reason: str
    speed: ProductSpeed | None = None

    def describe(self) -> str:
        """Return the type, and how much faster or slower bfloat16 is.

        Examples
        --------
        >>> DtypeChoice("bfloat16", "", ProductSpeed(100, 190)).describe()
        'bfloat16: 1.9 times float32'
        >>> DtypeChoice("float32", "", ProductSpeed(100, 124)).describe()
        'float32 (bfloat16: 1.24 times float32)'
        """
        if self.speed is None:
            return self.dtype
        gain = f"{self.speed.gain:.2g}" if self.speed.gain < 1 else f"{self.speed.gain:.3g}"
        return (
            f"bfloat16: {gain} times float32"
            if self.dtype == "bfloat16"
            else f"{self.dtype} (bfloat16: {gain} times float32)"
        )

    def figures(self) -> dict[str, str | float | None]:
        """Return the fields of the manifest and the report: the reason, and speeds in GFLOP/s."""
        return {
            "dtype_reason": self.reason,
            "float32_gflops": None if self.speed is None else round(self.speed.float32, 1),
            "bfloat16_gflops": None if self.speed is None else round(self.speed.bfloat16, 1),
        }


def find_processor(device: str) -> Processor:
    """Return what encodes in this process.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        The setting `embed.device`.

    Raises
    ------
    ModelError
        If the setting is "cuda" and there is no CUDA device.
    """
    import torch  # slow to import: the driver of a run does not need it

    used = resolve_device(device, "embed.device")
    if used == "cuda":
        return Processor(torch.cuda.get_device_name(), used)
    vectors = torch.backends.cpu.get_cpu_capability()
    return Processor(f"{_cpu_name()}, {vectors}", used)


def measure_worker(device: str, width: int, inner: int) -> ProductSpeed | None:
    """Return the speed of the model's products in this process; None on a GPU.

    Parameters
    ----------
    device : {"auto", "cpu", "cuda"}
        The setting `embed.device`.
    width, inner : int
        See `measure_products`.
    """
    if resolve_device(device, "embed.device") == "cuda":
        return None
    return measure_products(width, inner)


def choose(speeds: Sequence[ProductSpeed | None]) -> DtypeChoice:
    """Return the number type for workers.

    Parameters
    ----------
    speeds : sequence of ProductSpeed or None
        `measure_worker` of each, at least one. A GPU computes any type faster than a CPU, so CPUs
        decide where there are some.

    Returns
    -------
    DtypeChoice
    """
    measured = [speed for speed in speeds if speed is not None]
    if not measured:
        return DtypeChoice(resolve_dtype("auto", "cuda"), "all workers have a GPU")
    speed = slowest(measured)
    return DtypeChoice(
        choose_dtype(measured),
        f"on the slowest worker, products in bfloat16 are {speed.gain:.2f} times as fast as in "
        f"float32; from {LEAST_GAIN} times, bfloat16 is used",
        speed,
    )


def shape_of(model: ModelIdentity) -> tuple[int, int]:
    """Return width and inner width of a model's feed-forward layers, from its config.json.

    Where the file does not say them under the usual names, they are those of the bundled model,
    (384, 1536).
    """
    path = Path(model.folder) / "config.json"
    config = json.loads(path.read_bytes()) if path.is_file() else {}
    width = int(config.get("hidden_size", 384))
    return width, int(config.get("intermediate_size", 4 * width))


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
