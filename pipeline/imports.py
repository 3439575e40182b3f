"""Imports of large libraries: without the garbage collector, and once for all workers.

This module imports the standard library only.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module

__all__ = ["WORKER_IMPORTS", "arrow_without_pandas", "load", "no_collection"]

WORKER_IMPORTS = ("pipeline.worker_imports",)
"""Modules that a process imports before workers are forked from it, see `fork_server`."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Import in the block without looking for garbage, which takes a fifth of the time.

    What exists at the end of the block is never looked at again: modules remain.

    Examples
    --------
    >>> with no_collection():
    ...     import decimal
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def load(modules: Iterable[str]) -> None:
    """Import modules by name."""
    for module in modules:
        import_module(module)


def arrow_without_pandas() -> None:
    """Let Arrow convert Python values without importing pandas, which takes a quarter of a second.

    Arrow looks for pandas once, when it first converts a list. If it does not find it then, it
    imports it later only for what needs it, such as `to_pandas`. Call this before threads start.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(hidden)


class _Hidden:
    """Finds no pandas; a finder of modules, see `importlib.abc.MetaPathFinder`."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise an ImportError for pandas."""
        if name == "pandas":
            raise ImportError("pandas is hidden for a moment")
