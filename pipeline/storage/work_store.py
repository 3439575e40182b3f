"""The only room that commits to disk: attempt, sync, read back, checksum, rename, manifest.

`DIR/work` holds what pieces of stages made, `DIR/releases` what is published (see `releases`).
Readers follow manifests only: what no manifest names does not exist.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import BusyError, CorruptFileError, StoreError
from pipeline.fileio.atomic import check_file, sync_folder, write_bytes, write_new
from pipeline.fileio.manifest import (
    FileRef,
    Manifest,
    checked_name,
    checked_path,
    file_sha256,
    fingerprint,
    manifest_from_json,
    manifest_to_json,
)
from pipeline.fileio.parquet import read_groups, read_table, write_table
from pipeline.storage.verify import verify_release
from pipeline.storage.work_folder import Upkeep

__all__ = [
    "FileRef",
    "Manifest",
    "Store",
    "StoredParts",
    "file_sha256",
    "fingerprint",
    "verify_release",
    "write_bytes",
    "write_table",
]

logger = logging.getLogger(__name__)


class Store(Upkeep):
    """An output folder `DIR`, safe for many processes; `lock()` keeps two whole runs apart."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one run; `BusyError` at once when another run holds it."""
        with open(self.root / ".lock", "ab") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"another run is writing to {self.root}: wait for it, or choose another folder"
                ) from error
            yield

    def lookup(self, stage: str, key: str, fingerprint: str) -> Manifest | None:
        """The manifest of that very work, every output file's SHA-256 checked, or None.

        A manifest that is torn, or whose files are missing or altered, is removed with a warning,
        so that this piece alone is made again.
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
            logger.warning("stage %s, piece %s is made again: %s", stage, key, error)
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # when it was last used, for `prune`
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
        """Write `tables` and the manifest that makes them exist; the first of attempts wins.

        Parameters
        ----------
        stage, key, fingerprint : what the work is: its stage, its piece, the hash of its inputs.
        tables : output tables by name; the bytes of their files depend on nothing else.
        rows_in : rows that came in. seconds : wall time spent. extra : JSON, kept as it is.

        Returns
        -------
        Manifest
            The winner's, which is not this attempt's when another was first.

        Raises
        ------
        StoreError
            for a name that cannot be a file's, or a disk that does not keep what is written.
        OSError
            as the disk reports it, such as when it is full.
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
            logger.warning("stage %s, piece %s: two attempts gave other bytes", stage, key)
        return winner

    def read(
        self,
        refs: FileRef | Sequence[FileRef],
        columns: Sequence[str] | None = None,
        *,
        verify: bool = False,
    ) -> pa.Table:
        """Read committed tables, one below the other in the order given.

        Parameters
        ----------
        refs : one reference or several of the same schema.
        columns : the columns to read, in that order; None for all.
        verify : check SHA-256 too; the size is always checked.

        Raises
        ------
        CorruptFileError
            naming the file that is missing, unreadable or altered.
        StoreError
            for no references at all, an unknown column, or schemas that differ.
        """
        chosen = [refs] if isinstance(refs, FileRef) else list(refs)
        if not chosen:
            raise StoreError("no files to read: a table without files has no columns either")
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
        """Committed tables, one below the other, to go through in parts; SHA-256 is checked."""
        return StoredParts(self, (refs,) if isinstance(refs, FileRef) else tuple(refs))

    def _write(self, path: Path, table: pa.Table) -> FileRef:
        temporary = path.with_name(f".{path.name}.tmp")
        try:
            sha256, size = write_table(temporary, table)
            os.rename(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        return FileRef(path.relative_to(self.root).as_posix(), sha256, size, table.num_rows)

    def _claim(self, manifest: Manifest, path: Path, attempt: str) -> Manifest:
        """Create the manifest where there is none; else return the one that is there."""
        temporary = path.with_name(f".{attempt}.json.tmp")
        data = manifest_to_json(manifest)
        try:
            write_new(temporary, data)
            for _ in range(3):  # more than once only when the manifest there is damaged
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
    """`vectors.Parts` of committed files: a part is a row group of one of them."""

    store: Store
    refs: tuple[FileRef, ...]

    @property
    def num_rows(self) -> int:
        """Rows of all files together."""
        return sum(ref.rows or 0 for ref in self.refs)

    def __iter__(self) -> Iterator[pa.Table]:
        for ref in self.refs:
            path = checked_path(self.store.root, ref.path)
            yield from read_groups(path, size=ref.bytes, sha256=ref.sha256)
