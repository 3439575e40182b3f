"""Time commits, look-ups, checksums and verification, in this process and in Dask workers.

It is a separate module so that workers import it: Dask sends definitions of `__main__` by value.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from distributed import WorkerPlugin

__all__ = ["TimingPlugin", "patch_functions", "seconds_by_kind"]

# Module, function or CLASS.METHOD, kind under which its time is counted.
TIMED = (
    ("pipeline.storage.work_store", "WorkStore.commit", "commit"),
    ("pipeline.storage.work_store", "WorkStore.lookup", "look-up"),
    ("pipeline.storage.release_store", "ReleaseStore.commit", "commit of the release"),
    ("pipeline.fileio.parquet", "hashlib.sha256", "checksum of an input"),
    ("pipeline.fileio.parquet", "check_file", "checksum of an input"),
    ("flows.mining.publish", "write_table", "writing of the release"),
    ("flows.mining.publish", "write_bytes", "writing of the release"),
    ("flows.mining.publish", "write_parts", "writing of the release"),
    ("flows.mining.publish", "verify_release", "verification"),
)
_seconds: Counter[str] = Counter()
_inside = threading.local()


class TimingPlugin(WorkerPlugin):
    """Time the functions of a worker."""

    def setup(self, worker: object) -> None:
        """Patch the functions that workers call."""
        patch_functions(TIMED[:5])


def patch_functions(functions: Sequence[tuple[str, str, str]] = TIMED) -> None:
    """Replace functions in this process by ones that add up their time.

    Parameters
    ----------
    functions : sequence of (module, name, kind)
        As in TIMED.
    """
    for module, name, kind in functions:
        owner: Any = import_module(module)
        *path, last = name.split(".")
        if path == ["hashlib"]:  # patched for this module only
            owner.hashlib = SimpleNamespace(
                sha256=add_timing(hashlib.sha256, kind), file_digest=hashlib.file_digest
            )
            continue
        for part in path:
            owner = getattr(owner, part)
        setattr(owner, last, add_timing(getattr(owner, last), kind))


def add_timing(real: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """Wrap a function: add its time to `kind`, unless another timed function called it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if getattr(_inside, "timed_call", False):
            return real(*args, **kwargs)
        _inside.timed_call = True
        began = time.perf_counter()
        try:
            return real(*args, **kwargs)
        finally:
            _seconds[kind] += time.perf_counter() - began
            _inside.timed_call = False

    return call


def seconds_by_kind() -> dict[str, float]:
    """Return the seconds of each kind in this process."""
    return dict(_seconds)
