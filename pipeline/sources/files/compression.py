"""The bytes of a catalogue file: found, opened, uncompressed, bounded and hashed."""

from __future__ import annotations

import hashlib
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["FORMATS", "file_format", "file_hash", "inspect_path", "open_lines"]

_COMPRESSED = {".gz": "gzip", ".zst": "zstd"}
FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
MAX_LINE_CHARS = 2**24  # no line of a catalogue is longer, so a longer one is not read into memory
_BUFFER_BYTES = 2**18


def file_format(path: Path) -> str | None:
    """`csv`, `tsv`, `jsonl` or `parquet` by the file's name; None when it is none of them."""
    name = path.name.lower()
    stem = next((name.removesuffix(s) for s in _COMPRESSED if name.endswith(s)), name)
    found = FORMATS.get(Path(stem).suffix)
    return None if found == "parquet" and stem != name else found


def inspect_path(path: Path) -> None:
    """Make sure that `path` is a regular file, not empty, of a format we read.

    Raises
    ------
    SourceError
        naming the file and what is the matter with it.
    """
    try:
        state = path.stat()
    except (OSError, ValueError) as error:
        cause = "there is no such file" if isinstance(error, FileNotFoundError) else str(error)
        raise SourceError(f"{path}: {cause}") from error
    if not stat.S_ISREG(state.st_mode):
        raise SourceError(f"{path}: is not a regular file (a pipe, socket or device?)")
    if file_format(path) is None:
        raise SourceError(
            f"{path}: not a format this reads; there are {', '.join(FORMATS)}, "
            "all but Parquet also with .gz or .zst"
        )
    if state.st_size == 0:
        raise SourceError(f"{path}: is empty")


def file_hash(path: Path) -> str:
    """SHA-256 of the file's bytes as they lie on disk, hex."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error


class _Bounded(io.RawIOBase):
    """Uncompressed bytes, no more than allowed: a small file may unpack to terabytes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path, self._max_bytes, self._seen = path, max_bytes, 0
        raw = pa.OSFile(str(path), "rb")
        codec = _COMPRESSED.get(path.suffix.lower())
        self._inner = pa.CompressedInputStream(raw, codec) if codec else raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = int(self._inner.readinto(buffer))
        self._seen += count
        if self._seen > self._max_bytes:
            raise SourceError(
                f"{self._path}: holds more than {self._max_bytes} bytes uncompressed; "
                "raise source.max_file_bytes if that is right"
            )
        return count

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


@contextmanager
def open_lines(path: Path, max_bytes: int) -> Iterator[Iterator[str]]:
    """Lines of text with their ends, uncompressed; bytes that are not UTF-8 as surrogate escapes.

    Raises
    ------
    SourceError
        on opening or on the way, when there are too many bytes, a line has no end, or the text is
        UTF-16. Damaged compression raises OSError, which the readers turn into a SourceError.
    """
    with io.TextIOWrapper(
        io.BufferedReader(_Bounded(path, max_bytes), _BUFFER_BYTES),
        encoding="utf-8-sig",
        errors="surrogateescape",
        newline="",
    ) as stream:
        yield _lines(stream, path)


def _lines(stream: io.TextIOWrapper, path: Path) -> Iterator[str]:
    number = 0
    while line := stream.readline(MAX_LINE_CHARS):
        number += 1
        if number == 1 and line[:2] in ("\udcff\udcfe", "\udcfe\udcff"):
            raise SourceError(f"{path}: is UTF-16; save it as UTF-8")
        if len(line) >= MAX_LINE_CHARS and not line.endswith(("\n", "\r")):
            raise SourceError(
                f"{path}: line {number} is longer than {MAX_LINE_CHARS} characters; is it one row?"
            )
        yield line
