"""The machine that measures, and the time and memory of a block of code."""

from __future__ import annotations

import gc
import os
import platform
import resource
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = [
    "Watch",
    "describe_machine",
    "find_missing",
    "measure_gemm_peak",
    "read_proportional",
    "read_resident",
]

_MIB = 2**20
_LIBRARIES = (
    "numpy",
    "torch",
    "faiss-cpu",
    "scikit-learn",
    "dask",
    "dask-ml",
    "pyarrow",
    "transformers",
    "sentence-transformers",
    "keybert",
    "bertopic",
    "umap-learn",
    "hdbscan",
    "evoc",
    "onnxruntime",
    "openvino",
)


def describe_machine() -> dict[str, Any]:
    """Return processor, memory and versions, without the name of the machine or a path."""
    versions = {}
    for library in _LIBRARIES:
        try:
            versions[library] = version(library)
        except PackageNotFoundError:
            versions[library] = "not installed"
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        # of the last 15 minutes; if it is above the number of cores, wall seconds are too long
        "load": round(os.getloadavg()[2], 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": versions,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def find_missing(*modules: str) -> str | None:
    """Return which modules are not installed, as a message, or None if all are."""
    missing = [module for module in modules if find_spec(module) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def read_resident(pid: int | None = None) -> tuple[float, float]:
    """Return the resident memory of a process.

    Only Linux reports this for other processes; elsewhere the peak of this process is returned.

    Parameters
    ----------
    pid : int, optional
        Process id, by default of this process.

    Returns
    -------
    now, peak : float
        MiB; zero if the process has ended.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    if not status.parent.parent.joinpath("self").exists():
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        most_mib = most / (_MIB if sys.platform == "darwin" else 1024)
        return most_mib, most_mib
    try:
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    except OSError:  # it ended meanwhile
        return 0.0, 0.0
    now, peak = (float(lines.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmHWM"))
    return now / 1024, peak / 1024


def read_proportional(pid: int) -> float:
    """Return the memory of a process in MiB; what n processes share counts as 1/n for each.

    Only Linux reports this; elsewhere, and for a process that has ended, it is zero.
    """
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


class Watch:
    """Measure the time and memory of a `with` block.

    Attributes
    ----------
    seconds : float
        Wall time.
    core_seconds : float
        Time of all cores; other load of the machine hardly changes it.
    peak_mib : float
        Peak of the resident memory of the process.
    grown_mib : float
        The same, minus the resident memory before the block.
    """

    seconds = core_seconds = peak_mib = grown_mib = 0.0

    def __enter__(self) -> Watch:
        gc.collect()  # memory freed during the block would hide what the block allocates
        clear = Path("/proc/self/clear_refs")
        if clear.exists():
            clear.write_text("5")  # resets the peak
        self._before, _ = read_resident()
        self._began, self._busy = time.perf_counter(), time.process_time()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.seconds = time.perf_counter() - self._began
        self.core_seconds = time.process_time() - self._busy
        _, self.peak_mib = read_resident()
        self.grown_mib = max(0.0, self.peak_mib - self._before)

    @property
    def row(self) -> dict[str, float]:
        """Return the figures as columns of a row."""
        return {
            "seconds": self.seconds,
            "core_seconds": self.core_seconds,
            "peak_mib": round(self.peak_mib, 1),
            "grown_mib": round(self.grown_mib, 1),
        }


def measure_gemm_peak(
    dtype: str = "float32",
    threads: int | None = None,
    device: str = "cpu",
    shapes: Sequence[tuple[int, int, int]] = ((4096, 384, 1536), (4096, 1536, 384), (2048,) * 3),
    rounds: int = 12,
) -> float:
    """Return the highest speed of matrix products on this machine, in GFLOP/s.

    Parameters
    ----------
    dtype : str
        Name of a dtype of PyTorch.
    threads : int, optional
        Threads of PyTorch; unchanged by default.
    device : str
        Device of PyTorch.
    shapes : sequence of (rows, inner, columns)
        Shapes of the products; by default those of the dense layers of the default model, and a
        square one.
    rounds : int
        Products of each shape; the fastest counts.
    """
    import torch

    if threads:
        torch.set_num_threads(threads)
    best = 0.0
    for rows, inner, columns in shapes:
        left = torch.randn(rows, inner, dtype=getattr(torch, dtype), device=device)
        right = torch.randn(inner, columns, dtype=getattr(torch, dtype), device=device)
        for _ in range(2):
            left @ right
        for _ in range(rounds):
            _wait(device)
            began = time.perf_counter()
            left @ right
            _wait(device)
            seconds = time.perf_counter() - began
            best = max(best, 2 * rows * inner * columns / seconds / 1e9)
    return best


def _wait(device: str) -> None:
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
