"""Return memory that the allocators of a process keep for later use."""

from __future__ import annotations

import ctypes
import sys

import pyarrow as pa

__all__ = ["release_memory"]


def release_memory() -> None:
    """Return unused memory of Arrow and the C library to the system; takes some milliseconds."""
    pa.default_memory_pool().release_unused()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl does not
        if trim is not None:
            trim(0)
