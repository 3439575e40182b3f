"""Imports of large libraries: without the garbage collector, and once for all workers.

This module imports the standard library only.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module

__all__ = ["WORKER_IMPORTS", "load", "no_collection"]

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
