"""What is kept of work beside its tables: where a piece's manifest lies, which pieces failed and
why; and the removal of committed work and of what attempts that never finished left behind.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from pathlib import Path

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.atomic import write_bytes
from pipeline.fileio.manifest import FileRef, checked_name, checked_path, manifest_from_json
from pipeline.observability.redaction import redact
from pipeline.storage.release_store import Releases

__all__ = ["Upkeep"]

logger = logging.getLogger(__name__)

_BLAMED = ".quarantined"


class Upkeep(Releases):
    """The half of an output folder that is work: a folder per stage, a manifest per piece."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        (self.root / "work").mkdir(exist_ok=True)

    def blame(self, stage: str, key: str, fingerprint: str, reason: str) -> None:
        """Write down that a piece failed and why, for whoever looks; logs when it cannot.

        A reason may quote whatever a library raised, so it is redacted as logs are.
        """
        path = self._manifest_path(stage, key, fingerprint).with_suffix(_BLAMED)
        record = {"stage": stage, "piece": key, "fingerprint": fingerprint}
        record["reason"] = redact(reason)
        try:
            path.parent.mkdir(exist_ok=True)
            write_bytes(path, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        except (OSError, StoreError) as error:  # a full disk may be the very reason
            logger.warning("%s is not written: %s", path.name, error)

    def forgive(self, stage: str, key: str, fingerprint: str) -> None:
        """Strike out what `blame` wrote of a piece: it is done now."""
        path = self._manifest_path(stage, key, fingerprint)
        path.with_suffix(_BLAMED).unlink(missing_ok=True)

    def blamed(self) -> list[dict[str, str]]:
        """Pieces that failed and were not done since: stage, piece, fingerprint, reason."""
        found = []
        for path in sorted((self.root / "work").glob(f"*/*{_BLAMED}")):
            try:
                record = json.loads(path.read_bytes())
                found.append({str(name): str(value) for name, value in record.items()})
            except FileNotFoundError:
                continue  # done a moment ago
            except (OSError, ValueError, AttributeError) as error:
                logger.warning("%s cannot be read: %s", path, error)
        return found

    def drop(self, stage: str, key: str, fingerprint: str) -> None:
        """Remove one committed piece: its manifest first, then the files that it named."""
        path = self._manifest_path(stage, key, fingerprint)
        refs = _named(path)
        path.unlink(missing_ok=True)
        for ref in refs:
            checked_path(self.root, ref.path).unlink(missing_ok=True)

    def forget(self, stage: str | None = None) -> None:
        """Remove all committed work of one stage, or of all; releases stay."""
        work = self.root / "work"
        for folder in [work / checked_name("stage", stage)] if stage else sorted(work.iterdir()):
            _forget_folder(folder)

    def sweep(self, older_than: float = 3600.0) -> int:
        """Delete what attempts abandoned, `older_than` seconds old or more; return how many.

        Files of work that no manifest names, catalogues half read, releases half put together. A
        younger one may belong to an attempt that still goes on. While `lock()` is held only a
        worker of a dead run may still write: losing its files costs that attempt, nothing else.
        """
        before = time.time() - older_than
        count = 0
        for folder in (self.root / "work").iterdir():
            if folder.is_dir() and not folder.name.startswith("."):
                count += _sweep_folder(folder, before)
        hidden = [*(self.root / "work").glob(".*"), *(self.root / "releases").glob(".*")]
        for path in [*hidden, *self.root.glob(".latest.*.tmp")]:
            if path.name.startswith(".damaged-") or path.stat().st_mtime > before:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            count += 1
        return count

    def _manifest_path(self, stage: str, key: str, fingerprint: str) -> Path:
        folder = self.root / "work" / checked_name("stage", stage)
        name = checked_name(f"stage {stage!r}: piece", key)
        return folder / f"{name}-{checked_name('fingerprint', fingerprint)[:16]}.json"


def _forget_folder(folder: Path) -> None:
    """Remove a stage's folder, manifests first: none may name a file that is gone already."""
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)
    if folder.is_dir():
        shutil.rmtree(folder)


def _sweep_folder(folder: Path, before: float) -> int:
    # Files are listed first: a manifest that appears after this can only name younger ones.
    files = [entry for entry in folder.iterdir() if entry.suffix in (".parquet", ".tmp")]
    named = {Path(ref.path).name for path in folder.glob("*.json") for ref in _named(path)}
    left = [file for file in files if file.name not in named and _modified(file) <= before]
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # its attempt tidied up meanwhile
        return float("inf")


def _named(path: Path) -> tuple[FileRef, ...]:
    try:
        return tuple(manifest_from_json(path.read_bytes(), name=str(path)).outputs.values())
    except FileNotFoundError:
        return ()
    except CorruptFileError as error:
        logger.warning("a manifest that names nothing: %s", error)
        return ()
