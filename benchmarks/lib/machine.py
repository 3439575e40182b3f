"""Facts of the machine that measures, and the time and memory that a block of code takes."""

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

__all__ = ["Watch", "absent", "facts", "gemm_peak", "resident"]

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
    "onnxruntime",
    "openvino",
)


def facts() -> dict[str, Any]:
    """Processor, memory and versions; no name of the machine and no path on it."""
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        # of the last quarter of an hour: with more than there are cores, wall seconds are too long
        "load": round(os.getloadavg()[2], 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "libraries": found,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def absent(*modules: str) -> str | None:
    """Why a contender that needs these modules cannot run, or None when all are there."""
    gone = [module for module in modules if find_spec(module) is None]
    return f"not installed: {', '.join(gone)}" if gone else None


def resident(pid: int | None = None) -> tuple[float, float]:
    """(resident now, most ever resident) of a process, in MiB; zeros when it is gone.

    Linux tells of any process; elsewhere only this one's most is known.
    """
    status = Path(f"/proc/{pid or 'self'}/status")
    if not status.parent.parent.joinpath("self").exists():
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        most_mib = most / (_MIB if sys.platform == "darwin" else 1024)
        return most_mib, most_mib
    try:
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    except OSError:  # it ended between the two looks
        return 0.0, 0.0
    now, most = (float(lines.get(name, "0 kB").split()[0]) for name in ("VmRSS", "VmHWM"))
    return now / 1024, most / 1024


class Watch:
    """Wall seconds, seconds of all cores, the most memory resident, and the block's own (MiB).

    Seconds of cores hardly change when the machine does something else meanwhile.
    """

    seconds = core_seconds = peak_mib = grown_mib = 0.0

    def __enter__(self) -> Watch:
        gc.collect()  # what the collector freed within the block would hide what the block takes
        clear = Path("/proc/self/clear_refs")
        if clear.exists():
            clear.write_text("5")  # the most ever resident counts from here
        self._before, _ = resident()
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
        _, self.peak_mib = resident()
        self.grown_mib = max(0.0, self.peak_mib - self._before)

    @property
    def row(self) -> dict[str, float]:
        """The figures as columns of a row."""
        return {
            "seconds": self.seconds,
            "core_seconds": self.core_seconds,
            "peak_mib": round(self.peak_mib, 1),
            "grown_mib": round(self.grown_mib, 1),
        }


def gemm_peak(
    dtype: str = "float32",
    threads: int | None = None,
    device: str = "cpu",
    shapes: Sequence[tuple[int, int, int]] = ((4096, 384, 1536), (4096, 1536, 384), (2048,) * 3),
    rounds: int = 12,
) -> float:
    """The most floating-point operations a second of this machine's own matrix products, in G.

    The best of several shapes, among them those of the default model's dense layers.
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
