"""How bytes reach the disk and come back: whole, synced, and the same for the same table.

The hand tools of `store` and `releases`; nothing else writes below an output folder.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.manifest import file_sha256

__all__ = [
    "check_file",
    "making_room_told",
    "replacing",
    "sync_file",
    "sync_folder",
    "write_bytes",
    "write_new",
    "write_parts",
]

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


@contextmanager
def making_room_told(path: Path) -> Iterator[None]:
    """A disk that is full, or takes no more, as a `StoreError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise StoreError(
            f"{path}: {os.strerror(error.errno)}; make space there and give the same command "
            "again: what is committed is kept"
        ) from error


def write_new(path: Path, data: bytes) -> None:
    """Create `path` with `data` and sync it; `FileExistsError` when it is there already."""
    _create(path, (data,))


def _create(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    with making_room_told(path), open(path, "xb") as handle:
        for part in parts:
            handle.write(part)
        handle.flush()
        os.fsync(handle.fileno())


@contextmanager
def replacing(path: Path, *, alone: bool = False) -> Iterator[Path]:
    """A name beside `path` to write and sync under, which takes its place once the block has ended.

    Where the block fails, what was at `path` stands; `StoreError` for a full disk. `alone`: nobody
    else writes it now, and what killed attempts left is removed first.
    """
    for left in path.parent.glob(f".{path.name}.*.tmp") if alone else ():
        left.unlink()
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        with making_room_told(path):
            yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` atomically: a reader sees the old bytes or the new, never a mix."""
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """`write_bytes` of what comes in parts."""
    with replacing(path) as temporary:
        _create(temporary, parts)


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries to the disk; without it a rename may not survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_file(path: Path, size: int, sha256: str) -> None:
    """Raise `CorruptFileError` unless `path` is there with that size and SHA-256 (hex)."""
    try:
        sound = path.stat().st_size == size and file_sha256(path) == sha256
    except OSError as error:
        raise CorruptFileError(f"{path}: {error.strerror}") from error
    if not sound:
        raise CorruptFileError(f"{path}: its bytes are not those committed")
