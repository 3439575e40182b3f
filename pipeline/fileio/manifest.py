"""Records of committed work: file references, manifests, fingerprints and checksums.

Names and paths that come from data are checked here before they reach the disk. The commits
themselves are in `pipeline.storage`.
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
    """One committed file.

    Attributes
    ----------
    path : str
        POSIX path relative to the output folder.
    sha256 : str
        SHA-256 of the file, hex.
    bytes : int
        Size of the file.
    rows : int or None
        Number of rows if the file is a table.
    """

    path: str
    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class Manifest:
    """The committed result of one piece of a stage.

    Attributes
    ----------
    stage, key : str
        The stage, and its piece.
    fingerprint : str
        Hash of all that the outputs depend on: inputs, stage version, model revision, settings.
    outputs : Mapping of str to FileRef
        The output files by name.
    rows_in : int
        Number of rows read.
    seconds : float
        Wall time, for information only.
    extra : Mapping
        Further JSON values.
    """

    stage: str
    key: str
    fingerprint: str
    outputs: Mapping[str, FileRef]
    rows_in: int
    seconds: float
    extra: Mapping[str, Any] = field(default_factory=dict)


def fingerprint(*parts: Any) -> str:
    """Return the SHA-256 (hex) of the canonical JSON of `parts`: sorted keys, no spaces, no NaN.

    Raises
    ------
    StoreError
        If a part is not JSON, such as a set, a NumPy number, NaN or an object.

    Examples
    --------
    >>> fingerprint("embed", {"b": 1, "a": 2}) == fingerprint("embed", {"a": 2, "b": 1})
    True
    >>> fingerprint("embed", 1)[:12]
    '65de88b76288'
    """
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"a fingerprint takes plain JSON values only: {error}; convert them first"
        ) from error
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def checked_name(kind: str, name: str) -> str:
    """Return `name` if it can be part of a file name on every system.

    Parameters
    ----------
    kind : str
        What the name is of, for the error message.
    name : str
        The name, which may come from data.

    Raises
    ------
    StoreError
        If it is not 1 to 80 letters, digits, ".", "_" or "-", starting with a letter or digit.

    Examples
    --------
    >>> checked_name("stage", "embed")
    'embed'
    """
    if not _NAME.fullmatch(name):
        raise StoreError(
            f"{kind} {name!r}: use 1 to 80 letters, digits, '.', '_' or '-', "
            "starting with a letter or digit"
        )
    return name


def checked_path(root: Path, path: str) -> Path:
    """Return `root / path` for a relative POSIX path that stays inside `root`.

    Raises
    ------
    CorruptFileError
        If the path is absolute or empty, or has a drive, a backslash or `..`.

    Examples
    --------
    >>> checked_path(Path("out"), "embed/p0.parquet").as_posix()
    'out/embed/p0.parquet'
    >>> checked_path(Path("out"), "../secret")
    Traceback (most recent call last):
    pipeline.errors.CorruptFileError: out: a manifest names the path '../secret', which leaves it
    """
    parts = PurePosixPath(path).parts
    outside = not parts or path.startswith("/") or ".." in parts
    if outside or "\\" in path or "\0" in path or PureWindowsPath(path).drive:
        raise CorruptFileError(f"{root}: a manifest names the path {path!r}, which leaves it")
    return root.joinpath(*parts)


def manifest_to_json(manifest: Manifest) -> bytes:
    """Return a manifest as JSON with sorted keys and a final newline.

    Raises
    ------
    StoreError
        If `extra` has a value that is not JSON.
    """
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
            f"stage {manifest.stage!r}, piece {manifest.key!r}: `extra` has a value "
            f"that is not JSON: {error}"
        ) from error


def manifest_from_json(data: bytes, *, name: str) -> Manifest:
    """Return the manifest in the bytes of a file.

    Parameters
    ----------
    data : bytes
        The JSON of `manifest_to_json`.
    name : str
        The file, for the error message.

    Raises
    ------
    CorruptFileError
        If the bytes are not a complete manifest of this format.
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
        raise CorruptFileError(f"{name} is not a complete manifest: {error!r}") from error
