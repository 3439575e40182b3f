"""Write files atomically: complete and synced to the disk, or not at all.

`pipeline.storage` builds its commits from these functions.
"""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.manifest import file_sha256

__all__ = [
    "check_file",
    "explain_full_disk",
    "replacing",
    "sync_file",
    "sync_files",
    "sync_folder",
    "write_bytes",
    "write_new",
    "write_parts",
]

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_SYNCS = 16  # files that are synced at the same time


@contextmanager
def explain_full_disk(path: Path) -> Iterator[None]:
    """Turn the operating system's error for a full disk into one that says what to do.

    Raises
    ------
    StoreError
        If the disk is full or read-only, or the quota or largest file size is reached.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FULL:
            raise
        raise StoreError(
            f"{path}: {os.strerror(error.errno)}; make space there and run the same command "
            "again: it continues from what is committed"
        ) from error


def write_new(path: Path, data: bytes) -> None:
    """Create a new file with `data` and sync it.

    Raises
    ------
    FileExistsError
        If `path` exists.
    StoreError
        If the disk is full.
    """
    _create(path, (data,))


def _create(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    with explain_full_disk(path), open(path, "xb") as handle:
        for part in parts:
            handle.write(part)
        handle.flush()
        os.fsync(handle.fileno())


@contextmanager
def replacing(path: Path, *, alone: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` when the block ends.

    The block writes and syncs the temporary file. If it raises, `path` is unchanged.

    Parameters
    ----------
    path : Path
        The file to replace.
    alone : bool
        No other process writes `path` now: delete temporary files of killed attempts first.

    Raises
    ------
    StoreError
        If the disk is full.
    """
    for abandoned in path.parent.glob(f".{path.name}.*.tmp") if alone else ():
        abandoned.unlink()
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        with explain_full_disk(path):
            yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_bytes(path: Path, data: bytes) -> None:
    """Replace a file by `data` atomically: a reader sees the old bytes or the new, never a mix.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     write_bytes(Path(folder, "latest"), b"a")
    ...     write_bytes(Path(folder, "latest"), b"b")
    ...     Path(folder, "latest").read_bytes()
    b'b'
    """
    write_parts(path, (data,))


def write_parts(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Replace a file by the concatenated `parts` atomically; see `write_bytes`."""
    with replacing(path) as temporary:
        _create(temporary, parts)


def sync_file(path: Path) -> None:
    """Flush a file's bytes to the disk."""
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())


def sync_files(paths: Sequence[Path]) -> None:
    """Flush the bytes of files to the disk, at the same time.

    A file system with a journal then writes its journal once for all of them. One after the other
    took 5 to 30 times as long on ext4.

    Raises
    ------
    StoreError
        If the disk is full.
    """
    if len(paths) < 2:
        for path in paths:
            with explain_full_disk(path):
                sync_file(path)
        return
    with ThreadPoolExecutor(min(_SYNCS, len(paths)), "sync") as pool:
        synced = [pool.submit(sync_file, path) for path in paths]
    for path, one in zip(paths, synced, strict=True):
        with explain_full_disk(path):
            one.result()


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk; otherwise a rename may be lost in a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_file(path: Path, size: int, sha256: str) -> None:
    """Check the size in bytes and the SHA-256 (hex) of a file.

    Raises
    ------
    CorruptFileError
        If the file is missing or differs.
    """
    try:
        sound = path.stat().st_size == size and file_sha256(path) == sha256
    except OSError as error:
        raise CorruptFileError(f"{path}: {error.strerror}") from error
    if not sound:
        raise CorruptFileError(f"{path}: the bytes differ from what was committed")
