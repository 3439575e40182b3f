"""Folders of models and of their training data: complete or absent, with JSON and checksums."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptFileError, ModelError
from pipeline.fileio.atomic import explain_full_disk, sync_folder, write_bytes
from pipeline.fileio.manifest import checked_path, file_sha256

__all__ = ["check_files", "file_checksums", "new_folder", "read_json", "write_json"]

_ABANDONED_SECONDS = 24 * 3_600  # a running attempt adds files more often than that


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder to fill; rename it to `folder` when the block ends.

    If `folder` exists by then, another attempt was first and its folder stays: the name of a
    folder identifies its content. Attempts that were killed are deleted after a day.

    Raises
    ------
    StoreError
        If the disk is full.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for abandoned in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - abandoned.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(abandoned)
    attempt = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:12]}")
    attempt.mkdir()
    try:
        with explain_full_disk(folder):
            yield attempt
        try:
            os.rename(attempt, folder)
        except OSError:
            if not folder.is_dir():
                raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(attempt, ignore_errors=True)


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Replace a JSON file atomically: sorted keys, no NaN, a final newline."""
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(path, (text + "\n").encode())


def read_json(path: Path, known: int, absent: str, again: str = "train again") -> dict[str, Any]:
    """Read a JSON object and check its key `format`.

    Parameters
    ----------
    path : Path
        The file.
    known : int
        The `format` that this code reads.
    absent : str
        Error message if the file does not exist: what is missing and what to do.
    again : str
        What to do if the file is damaged or of another format; ends the error message.

    Raises
    ------
    ModelError
        If the file does not exist or is of another format.
    CorruptFileError
        If the file cannot be read or is not JSON.
    """
    try:
        record = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(absent) from error
    except (OSError, ValueError) as error:
        raise CorruptFileError(f"{path} cannot be read: {error}; {again}") from error
    if not isinstance(record, dict) or record.get("format") != known:
        raise ModelError(f"{path} is not of format {known}: {again}")
    return record


def file_checksums(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 (hex) of files below `folder`, by POSIX path relative to it."""
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}


def check_files(folder: Path, checksums: Mapping[str, str]) -> None:
    """Compare files below `folder` with the result of `file_checksums`.

    Raises
    ------
    CorruptFileError
        If a file is missing or altered; the message names it.
    """
    for name, sha256 in checksums.items():
        path = checked_path(folder, name)
        if not path.is_file() or file_sha256(path) != sha256:
            raise CorruptFileError(f"{path} is missing or was altered; train again")
