"""What is written down of committed work: file references, manifests, fingerprints, checksums.

Nothing here commits; `store` does. A name that reaches the disk is checked here first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from pipeline.errors import CorruptFileError, StoreError

__all__ = [
    "FileRef",
    "Manifest",
    "checked_name",
    "checked_path",
    "file_sha256",
    "fingerprint",
    "manifest_from_json",
    "manifest_to_json",
]

FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class FileRef:
    """One committed file: its path from the store's root, SHA-256 (hex), size, rows if a table."""

    path: str
    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class Manifest:
    """What one piece of a stage made; `seconds` is wall time, for information only."""

    stage: str
    key: str
    fingerprint: str
    outputs: Mapping[str, FileRef]
    rows_in: int
    seconds: float
    extra: Mapping[str, Any] = field(default_factory=dict)


def fingerprint(*parts: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of `parts`: sorted keys, no spaces, no NaN.

    Raises
    ------
    StoreError
        when a part is not JSON (a set, a NumPy number, NaN, an object).
    """
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"a fingerprint is made of plain JSON values only: {error}; convert them first"
        ) from error
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes; an `OSError` of the file is the caller's to name."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def checked_name(kind: str, name: str) -> str:
    """Return `name` when it can be part of a file name everywhere, else raise `StoreError`."""
    if not _NAME.fullmatch(name):
        raise StoreError(
            f"{kind} {name!r}: use 1 to 80 letters, digits, '.', '_' or '-', "
            "the first a letter or digit"
        )
    return name


def checked_path(root: Path, path: str) -> Path:
    """Return `root / path` for a relative POSIX path that stays inside `root`.

    Raises
    ------
    CorruptFileError
        for an absolute path, a drive, a backslash, `..` or an empty path.
    """
    parts = PurePosixPath(path).parts
    outside = not parts or path.startswith("/") or ".." in parts
    if outside or "\\" in path or "\0" in path or PureWindowsPath(path).drive:
        raise CorruptFileError(f"{root}: a manifest names the path {path!r}, which leaves it")
    return root.joinpath(*parts)


def manifest_to_json(manifest: Manifest) -> bytes:
    """The bytes of a manifest's file: JSON with sorted keys and a final newline."""
    record = {
        "format": FORMAT,
        "stage": manifest.stage,
        "key": manifest.key,
        "fingerprint": manifest.fingerprint,
        "outputs": {name: vars(ref) for name, ref in manifest.outputs.items()},
        "rows_in": manifest.rows_in,
        "seconds": manifest.seconds,
        "extra": dict(manifest.extra),
    }
    try:
        return (json.dumps(record, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"stage {manifest.stage!r}, piece {manifest.key!r}: `extra` holds a value "
            f"that is not JSON: {error}"
        ) from error


def manifest_from_json(data: bytes, *, name: str) -> Manifest:
    """Read the bytes of a manifest's file; `name` is the file that a complaint names.

    Raises
    ------
    CorruptFileError
        when the bytes are not a whole manifest of this format.
    """
    try:
        record = json.loads(data)
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']!r}, expected {FORMAT}")
        return Manifest(
            stage=str(record["stage"]),
            key=str(record["key"]),
            fingerprint=str(record["fingerprint"]),
            outputs={
                table: FileRef(
                    path=str(ref["path"]),
                    sha256=str(ref["sha256"]),
                    bytes=int(ref["bytes"]),
                    rows=None if ref["rows"] is None else int(ref["rows"]),
                )
                for table, ref in record["outputs"].items()
            },
            rows_in=int(record["rows_in"]),
            seconds=float(record["seconds"]),
            extra=dict(record["extra"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptFileError(f"{name} is not a whole manifest: {error!r}") from error
