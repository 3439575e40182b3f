"""Times commits, look-ups, checksums and verification, in this process and in Dask's workers.

A module of its own, so that workers import it: what a command defines itself is sent by value.
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

__all__ = ["Timed", "spent", "time_all"]

# Module, attribute (of a class, where there is a dot), what its time counts as.
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


class Timed(WorkerPlugin):
    """Times what `TIMED` names, in every worker."""

    def setup(self, worker: object) -> None:
        """Begin with a worker."""
        time_all(TIMED[:5])


def time_all(what: Sequence[tuple[str, str, str]] = TIMED) -> None:
    """Replace the functions of `what` in this process by ones that add up their time."""
    for module, name, kind in what:
        home: Any = import_module(module)
        *path, last = name.split(".")
        if path == ["hashlib"]:  # that of this one module only
            home.hashlib = SimpleNamespace(
                sha256=timed(hashlib.sha256, kind), file_digest=hashlib.file_digest
            )
            continue
        for part in path:
            home = getattr(home, part)
        setattr(home, last, timed(getattr(home, last), kind))


def timed(real: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """`real`, whose time is added to `kind` unless another timed function called it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if getattr(_inside, "any", False):
            return real(*args, **kwargs)
        _inside.any = True
        began = time.perf_counter()
        try:
            return real(*args, **kwargs)
        finally:
            _seconds[kind] += time.perf_counter() - began
            _inside.any = False

    return call


def spent() -> dict[str, float]:
    """Seconds by kind in this process."""
    return dict(_seconds)
