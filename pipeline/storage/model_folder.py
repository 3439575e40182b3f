"""Folders of models and of what they learn from: whole or absent, JSON of a format, checksums."""

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
from pipeline.fileio.atomic import making_room_told, sync_folder, write_bytes
from pipeline.fileio.manifest import checked_path, file_sha256

__all__ = ["check_files", "new_folder", "read_told", "sums_of", "write_told"]

_ABANDONED_SECONDS = 24 * 3_600  # nobody fills a folder for so long without adding a file


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder beside `folder` to fill, which takes its place once the block has ended.

    Where another attempt was first, its folder stands: folders are named by what makes them. What
    killed attempts left behind goes after a day.

    Raises
    ------
    StoreError
        when the disk is full.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left)
    attempt = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:12]}")
    attempt.mkdir()
    try:
        with making_room_told(folder):
            yield attempt
        try:
            os.rename(attempt, folder)
        except OSError:
            if not folder.is_dir():
                raise
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(attempt, ignore_errors=True)


def write_told(path: Path, told: Mapping[str, Any]) -> None:
    """Replace a JSON file atomically: keys sorted, no NaN, a newline at its end."""
    text = json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(path, (text + "\n").encode())


def read_told(path: Path, known: int, absent: str, again: str = "train again") -> dict[str, Any]:
    """The JSON object of a file whose key `format` is `known`.

    Parameters
    ----------
    absent : what is said, and what to do, where there is no such file. again : what to do where
        there is another.

    Raises
    ------
    ModelError
        when there is none, or it is of another format.
    CorruptFileError
        when it is not whole.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(absent) from error
    except (OSError, ValueError) as error:
        raise CorruptFileError(f"{path} cannot be read: {error}; {again}") from error
    if not isinstance(found, dict) or found.get("format") != known:
        raise ModelError(f"{path} is not of format {known}: {again}")
    return found


def sums_of(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """SHA-256 (hex) of files below `folder`, by their POSIX paths from it."""
    return {path.relative_to(folder).as_posix(): file_sha256(path) for path in files}


def check_files(folder: Path, sums: Mapping[str, str]) -> None:
    """Compare files below `folder` with what `sums_of` told of them.

    Raises
    ------
    CorruptFileError
        naming the file that is missing or altered.
    """
    for name, sha256 in sums.items():
        path = checked_path(folder, name)
        if not path.is_file() or file_sha256(path) != sha256:
            raise CorruptFileError(f"{path}: is missing or was altered; train again")
