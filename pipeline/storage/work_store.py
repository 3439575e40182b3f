"""Committed pieces of stages: `DIR/work`, with a folder per stage and a manifest per piece.

A commit writes each file under a unique name, syncs it, reads it back, checks its SHA-256, renames
it, and creates the manifest last. Readers follow manifests only: a file that no manifest names does
not exist for them.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.atomic import check_file, sync_folder, write_bytes, write_new
from pipeline.fileio.manifest import (
    FileRef,
    Manifest,
    checked_name,
    checked_path,
    manifest_from_json,
    manifest_to_json,
)
from pipeline.fileio.parquet import read_groups, read_table, write_table
from pipeline.observability.redaction import redact
from pipeline.storage.folders import create_folder, delete_older

__all__ = ["StoredParts", "WorkStore"]

logger = logging.getLogger(__name__)

_FAILURE = ".quarantined"  # suffix of the file that says why a piece failed


class WorkStore:
    """The committed work in an output folder, safe for many processes at once.

    Parameters
    ----------
    root : Path
        The output folder `DIR`; created if it does not exist. Paths in file references start here.

    Raises
    ------
    StoreError
        If the folder cannot be created.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        self._folder = create_folder(self.root, "work")

    def lookup(self, stage: str, key: str, fingerprint: str) -> Manifest | None:
        """Return the manifest of a committed piece with this fingerprint, or None.

        The SHA-256 of every output file is checked. A manifest that is damaged, or whose files are
        missing or altered, is removed with a warning, so that only this piece is computed again.
        """
        path = self._manifest_path(stage, key, fingerprint)
        try:
            manifest = manifest_from_json(path.read_bytes(), name=str(path))
            if (manifest.stage, manifest.key, manifest.fingerprint) != (stage, key, fingerprint):
                raise CorruptFileError(f"{path} is the manifest of other work")
            for ref in manifest.outputs.values():
                check_file(checked_path(self.root, ref.path), ref.bytes, ref.sha256)
        except FileNotFoundError:
            return None
        except CorruptFileError as error:
            logger.warning("stage %s, piece %s is computed again: %s", stage, key, error)
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # records the last use, for `prune`
            os.utime(path)
        return manifest

    def commit(
        self,
        stage: str,
        key: str,
        fingerprint: str,
        tables: Mapping[str, pa.Table],
        *,
        rows_in: int,
        seconds: float,
        extra: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Write `tables`, then the manifest that makes them visible. The first attempt wins.

        Parameters
        ----------
        stage, key, fingerprint : str
            The stage, its piece, and the hash of all that the outputs depend on.
        tables : Mapping of str to Table
            Output tables by name. The bytes of a file depend on its table only.
        rows_in : int
            Number of rows read.
        seconds : float
            Wall time of the computation.
        extra : Mapping, optional
            JSON values to store in the manifest.

        Returns
        -------
        Manifest
            The manifest in the store: that of another attempt if it was first.

        Raises
        ------
        StoreError
            If a name cannot be part of a file name, the disk is full, or the disk does not return
            what was written.
        OSError
            Any other error of the operating system.
        """
        path = self._manifest_path(stage, key, fingerprint)
        for name in tables:
            checked_name(f"stage {stage!r}: output", name)
        path.parent.mkdir(exist_ok=True)
        attempt = f"{path.stem}-{uuid.uuid4().hex[:12]}"
        outputs: dict[str, FileRef] = {}
        won = False
        try:
            for name, table in sorted(tables.items()):
                outputs[name] = self._write(path.with_name(f"{attempt}.{name}.parquet"), table)
            sync_folder(path.parent)
            manifest = Manifest(
                stage, key, fingerprint, outputs, rows_in, round(seconds, 6), extra or {}
            )
            winner = self._claim(manifest, path, attempt)
            won = winner.outputs == outputs
        finally:
            if not won:
                for ref in outputs.values():
                    (self.root / ref.path).unlink(missing_ok=True)
        ours, theirs = ({r.sha256 for r in m.values()} for m in (outputs, winner.outputs))
        if ours != theirs:
            logger.warning("stage %s, piece %s: two attempts gave different bytes", stage, key)
        return winner

    def read(
        self,
        refs: FileRef | Sequence[FileRef],
        columns: Sequence[str] | None = None,
        *,
        verify: bool = False,
    ) -> pa.Table:
        """Read committed tables, concatenated in the order of `refs`.

        Parameters
        ----------
        refs : FileRef or sequence of FileRef
            Files with the same schema.
        columns : sequence of str, optional
            The columns to read, in that order; by default all.
        verify : bool
            Check the SHA-256 as well. The size is always checked.

        Raises
        ------
        CorruptFileError
            If a file is missing, unreadable or altered; the message names it.
        StoreError
            If `refs` is empty, a column is unknown, or the schemas differ.
        """
        chosen = [refs] if isinstance(refs, FileRef) else list(refs)
        if not chosen:
            raise StoreError("no files to read: the schema of no files is unknown")
        tables = [
            read_table(
                checked_path(self.root, ref.path),
                columns,
                size=ref.bytes,
                sha256=ref.sha256 if verify else None,
            )
            for ref in chosen
        ]
        for ref, table in zip(chosen, tables, strict=True):
            if table.schema != tables[0].schema:
                raise StoreError(f"{ref.path} has another schema than {chosen[0].path}")
        return pa.concat_tables(tables)

    def parts(self, refs: FileRef | Sequence[FileRef]) -> StoredParts:
        """Return committed tables as parts to iterate over; the SHA-256 is checked."""
        return StoredParts(self, (refs,) if isinstance(refs, FileRef) else tuple(refs))

    def drop(self, stage: str, key: str, fingerprint: str) -> None:
        """Delete one committed piece: first its manifest, then the files that it names."""
        path = self._manifest_path(stage, key, fingerprint)
        refs = _named_files(path)
        path.unlink(missing_ok=True)
        for ref in refs:
            checked_path(self.root, ref.path).unlink(missing_ok=True)

    def record_failure(self, stage: str, key: str, fingerprint: str, reason: str) -> None:
        """Record that a piece failed and why. An error of the disk is logged, not raised.

        The reason may quote the message of any library, so secrets are redacted as in logs.
        """
        path = self._manifest_path(stage, key, fingerprint).with_suffix(_FAILURE)
        record = {"stage": stage, "piece": key, "fingerprint": fingerprint}
        record["reason"] = redact(reason)
        try:
            path.parent.mkdir(exist_ok=True)
            write_bytes(path, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
        except (OSError, StoreError) as error:  # a full disk may be why the piece failed
            logger.warning("%s cannot be written: %s", path.name, error)

    def clear_failure(self, stage: str, key: str, fingerprint: str) -> None:
        """Delete the record of a failure, since the piece is now done."""
        path = self._manifest_path(stage, key, fingerprint)
        path.with_suffix(_FAILURE).unlink(missing_ok=True)

    def failures(self) -> list[dict[str, str]]:
        """Return the pieces that failed and have not been done since.

        Returns
        -------
        list of dict
            Keys `stage`, `piece`, `fingerprint` and `reason`.
        """
        found = []
        for path in sorted(self._folder.glob(f"*/*{_FAILURE}")):
            try:
                record = json.loads(path.read_bytes())
                found.append({str(name): str(value) for name, value in record.items()})
            except FileNotFoundError:
                continue  # the piece has just been done
            except (OSError, ValueError, AttributeError) as error:
                logger.warning("%s cannot be read: %s", path, error)
        return found

    def sweep(self, older_than: float) -> int:
        """Delete files of work that no manifest names, and partly read catalogues.

        Parameters
        ----------
        older_than : float
            Age in seconds; younger files stay.

        Returns
        -------
        int
            How many files and folders were deleted.
        """
        before = time.time() - older_than
        count = 0
        for folder in self._folder.iterdir():
            if folder.is_dir() and not folder.name.startswith("."):
                count += _sweep_stage(folder, before)
        return count + delete_older(self._folder.glob(".*"), before)

    def _manifest_path(self, stage: str, key: str, fingerprint: str) -> Path:
        folder = self._folder / checked_name("stage", stage)
        name = checked_name(f"stage {stage!r}: piece", key)
        return folder / f"{name}-{checked_name('fingerprint', fingerprint)[:16]}.json"

    def _write(self, path: Path, table: pa.Table) -> FileRef:
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            sha256, size = write_table(temporary, table)
            os.rename(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return FileRef(path.relative_to(self.root).as_posix(), sha256, size, table.num_rows)

    def _claim(self, manifest: Manifest, path: Path, attempt: str) -> Manifest:
        """Create the manifest if there is none; otherwise return the existing one."""
        temporary = path.with_name(f".{attempt}.json.tmp")
        data = manifest_to_json(manifest)
        try:
            write_new(temporary, data)
            for _ in range(3):  # repeats only if the existing manifest is damaged
                try:
                    os.link(temporary, path)
                except FileExistsError:
                    winner = self.lookup(manifest.stage, manifest.key, manifest.fingerprint)
                    if winner is not None:
                        return winner
                else:
                    sync_folder(path.parent)
                    return manifest_from_json(data, name=str(path))
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
                why = "its file system has no hard links, which commits need; choose another"
                raise StoreError(f"{self.root}: {why}") from error
            raise
        finally:
            temporary.unlink(missing_ok=True)
        raise StoreError(f"{path} is damaged again and again: check the disk")


@dataclass(frozen=True)
class StoredParts:
    """Committed files as `schemas.vectors.Parts`: each part is a row group of one file."""

    store: WorkStore
    refs: tuple[FileRef, ...]

    @property
    def num_rows(self) -> int:
        """Number of rows in all files."""
        return sum(ref.rows or 0 for ref in self.refs)

    def __iter__(self) -> Iterator[pa.Table]:
        for ref in self.refs:
            path = checked_path(self.store.root, ref.path)
            yield from read_groups(path, size=ref.bytes, sha256=ref.sha256)


def _sweep_stage(folder: Path, before: float) -> int:
    # List the files first: a manifest that appears later can only name younger files.
    files = [entry for entry in folder.iterdir() if entry.suffix in (".parquet", ".tmp")]
    named = {Path(ref.path).name for path in folder.glob("*.json") for ref in _named_files(path)}
    abandoned = [file for file in files if file.name not in named]
    return delete_older(abandoned, before)


def _named_files(path: Path) -> tuple[FileRef, ...]:
    try:
        return tuple(manifest_from_json(path.read_bytes(), name=str(path)).outputs.values())
    except FileNotFoundError:
        return ()
    except CorruptFileError as error:
        logger.warning("a manifest is damaged, its files are swept: %s", error)
        return ()
