"""Create the folders of an output folder, and delete what unfinished attempts left in them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import StoreError

__all__ = ["create_folder", "delete_older"]


def create_folder(root: Path, name: str) -> Path:
    """Create the folder `root / name`, with its parents, if it does not exist; return it.

    Raises
    ------
    StoreError
        If the operating system refuses.
    """
    folder = root / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"output folder {root} cannot be created: {error}") from error
    return folder


def delete_older(paths: Iterable[Path], before: float) -> int:
    """Delete the files and folders last modified at `before` or earlier; return how many.

    Parameters
    ----------
    paths : iterable of Path
        Files and folders; one that no longer exists is skipped.
    before : float
        Seconds since the epoch.
    """
    count = 0
    for path in paths:
        if _modified(path) > before:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        count += 1
    return count


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its attempt has just deleted it
        return float("inf")
