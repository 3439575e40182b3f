"""Committed pieces of stages: `DIR/work`, with a folder per stage and a manifest per piece.

A commit writes each file under a unique name, syncs it, reads it back, checks its SHA-256, renames
it, and creates the manifest last. The files of several small pieces are synced together. Readers
follow manifests only: a file that no manifest names does not exist for them.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import CorruptFileError, StoreError
from pipeline.fileio.atomic import check_file, sync_files, sync_folder, write_bytes
from pipeline.fileio.manifest import (
    FileRef,
    Manifest,
    checked_name,
    checked_path,
    manifest_from_json,
)
from pipeline.fileio.parquet import read_groups, read_table
from pipeline.observability.redaction import redact
from pipeline.storage.commit_attempt import CommitAttempt, ComputedPiece
from pipeline.storage.folders import create_folder, delete_older

__all__ = ["ComputedPiece", "StoredParts", "WorkStore"]

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
        """Commit one piece; see `commit_all`.

        Parameters
        ----------
        stage : str
            The stage.
        key, fingerprint, tables, rows_in, seconds, extra
            See `ComputedPiece`.

        Returns
        -------
        Manifest
            The manifest in the store: that of another attempt if it was first.
        """
        piece = ComputedPiece(key, fingerprint, tables, rows_in, seconds, extra or {})
        return self.commit_all(stage, [piece])[0]

    def commit_all(self, stage: str, pieces: Sequence[ComputedPiece]) -> list[Manifest]:
        """Write the tables of pieces, then the manifests that make them visible.

        The first attempt at a piece wins. The files of all pieces are synced at the same time,
        which takes little longer than syncing one.

        Parameters
        ----------
        stage : str
            The stage.
        pieces : sequence of ComputedPiece
            Some of its pieces.

        Returns
        -------
        list of Manifest
            The manifests in the store, in the order of `pieces`.

        Raises
        ------
        StoreError
            If a name cannot be part of a file name, the disk is full, or the disk does not return
            what was written. Pieces may then be committed or not.
        OSError
            Any other error of the operating system.

        Notes
        -----
        Manifests are created after all files are synced and renamed. The folder is synced last:
        after a power failure, a manifest whose files are missing is found by `lookup`, and the
        piece is computed again.
        """
        attempts: list[CommitAttempt] = []
        winners: list[Manifest] = []
        try:
            for piece in pieces:
                attempts.append(CommitAttempt(self.root, stage, piece, self._path_of(stage, piece)))
                attempts[-1].write()
            sync_files([path for attempt in attempts for path in attempt.temporaries])
            for attempt in attempts:
                attempt.publish()
            for attempt in attempts:
                winners.append(self._claim(attempt))
            for folder in sorted({attempt.path.parent for attempt in attempts}):
                sync_folder(folder)
        finally:
            for number, attempt in enumerate(attempts):
                won = number < len(winners) and winners[number].outputs == attempt.outputs
                attempt.clean(won=won)
        for attempt, winner in zip(attempts, winners, strict=True):
            ours, theirs = ({r.sha256 for r in m.outputs.values()} for m in (attempt, winner))
            if ours != theirs:
                key = attempt.piece.key
                logger.warning("stage %s, piece %s: two attempts gave different bytes", stage, key)
        return winners

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

    def _path_of(self, stage: str, piece: ComputedPiece) -> Path:
        return self._manifest_path(stage, piece.key, piece.fingerprint)

    def _claim(self, attempt: CommitAttempt) -> Manifest:
        """Create the manifest if there is none; otherwise return the existing one."""
        stage, piece, path = attempt.stage, attempt.piece, attempt.path
        try:
            for _ in range(3):  # repeats only if the existing manifest is damaged
                try:
                    os.link(attempt.temporary, path)
                except FileExistsError:
                    winner = self.lookup(stage, piece.key, piece.fingerprint)
                    if winner is not None:
                        return winner
                else:
                    return manifest_from_json(attempt.data, name=str(path))
        except OSError as error:
            if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
                why = "its file system has no hard links, which commits need; choose another"
                raise StoreError(f"{self.root}: {why}") from error
            raise
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
