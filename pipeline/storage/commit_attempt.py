"""One attempt to commit a piece: its files under names of their own, and then the final names."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.fileio.atomic import explain_full_disk
from pipeline.fileio.manifest import FileRef, Manifest, checked_name, manifest_to_json
from pipeline.fileio.parquet import check_written, write_table

__all__ = ["CommitAttempt", "ComputedPiece"]


@dataclass(frozen=True)
class ComputedPiece:
    """A piece whose tables are computed and not committed yet.

    Attributes
    ----------
    key, fingerprint : str
        The piece, and the hash of all that its tables depend on.
    tables : Mapping of str to Table
        Output tables by name. The bytes of a file depend on its table only.
    rows_in : int
        Number of rows read.
    seconds : float
        Wall time of the computation.
    extra : Mapping
        JSON values to store in the manifest.
    """

    key: str
    fingerprint: str
    tables: Mapping[str, pa.Table]
    rows_in: int
    seconds: float
    extra: Mapping[str, Any] = field(default_factory=dict)


class CommitAttempt:
    """The files of one attempt to commit a piece, under names of their own.

    Attributes
    ----------
    outputs : dict of str to FileRef
        The files as the manifest names them.
    data : bytes
        The manifest.
    temporary : Path
        The file of the manifest, to be linked to `path`.
    """

    def __init__(self, root: Path, stage: str, piece: ComputedPiece, path: Path) -> None:
        for name in piece.tables:
            checked_name(f"stage {stage!r}: output", name)
        self.stage, self.piece, self.path = stage, piece, path
        self._root = root
        self._name = f"{path.stem}-{uuid.uuid4().hex[:12]}"
        self.temporary = path.with_name(f".{self._name}.json.tmp")
        self.outputs: dict[str, FileRef] = {}
        self.data = b""

    @property
    def temporaries(self) -> list[Path]:
        """All files, before they are renamed."""
        return [
            *(_temporary(self._root / ref.path) for ref in self.outputs.values()),
            self.temporary,
        ]

    def write(self) -> None:
        """Write all files; they are not synced."""
        self.path.parent.mkdir(exist_ok=True)
        for name, table in sorted(self.piece.tables.items()):
            path = self.path.with_name(f"{self._name}.{name}.parquet")
            relative = path.relative_to(self._root).as_posix()
            self.outputs[name] = FileRef(relative, "", 0, table.num_rows)
            sha256, size = write_table(_temporary(path), table, sync=False)
            self.outputs[name] = FileRef(relative, sha256, size, table.num_rows)
        piece = self.piece
        manifest = Manifest(
            self.stage,
            piece.key,
            piece.fingerprint,
            self.outputs,
            piece.rows_in,
            round(piece.seconds, 6),
            piece.extra,
        )
        self.data = manifest_to_json(manifest)
        with explain_full_disk(self.temporary):
            self.temporary.write_bytes(self.data)

    def publish(self) -> None:
        """Read the synced files back, check them, and rename them."""
        for ref in self.outputs.values():
            path = self._root / ref.path
            check_written(_temporary(path), ref.sha256, ref.rows or 0)
            os.rename(_temporary(path), path)

    def clean(self, *, won: bool) -> None:
        """Delete what is left of the attempt; all of it unless it `won`."""
        for path in self.temporaries:
            path.unlink(missing_ok=True)
        for ref in () if won else self.outputs.values():
            (self._root / ref.path).unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")
