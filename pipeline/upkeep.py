"""Removing committed work, and what attempts that never finished left behind; `store` calls it."""

from __future__ import annotations

import logging
import shutil
import time
from pathlib import Path

from pipeline.errors import CorruptFileError
from pipeline.manifest import FileRef, manifest_from_json

__all__ = ["forget_folder", "forget_manifest", "sweep_folder"]

logger = logging.getLogger(__name__)


def forget_manifest(path: Path) -> tuple[FileRef, ...]:
    """Remove a manifest and return the files that it named: none when it is torn or missing."""
    refs = _named(path)
    path.unlink(missing_ok=True)
    return refs


def forget_folder(folder: Path) -> None:
    """Remove a stage's folder, manifests first: none may name a file that is gone already."""
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)
    if folder.is_dir():
        shutil.rmtree(folder)


def sweep_folder(folder: Path, older_than: float) -> int:
    """Delete files of a stage that no manifest names, `older_than` seconds old or more."""
    before = time.time() - older_than
    # Files are listed first: a manifest that appears after this can only name younger ones.
    files = [entry for entry in folder.iterdir() if entry.suffix in (".parquet", ".tmp")]
    named = {Path(ref.path).name for path in folder.glob("*.json") for ref in _named(path)}
    left = [file for file in files if file.name not in named and file.stat().st_mtime <= before]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def _named(path: Path) -> tuple[FileRef, ...]:
    try:
        return tuple(manifest_from_json(path.read_bytes(), name=str(path)).outputs.values())
    except FileNotFoundError:
        return ()
    except CorruptFileError as error:
        logger.warning("a manifest that names nothing: %s", error)
        return ()
