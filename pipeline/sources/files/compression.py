"""The bytes of a catalogue file: format, checks, decompression with a limit, hash."""

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
MAX_LINE_CHARS = 2**24  # a longer line is damage or an attack, and is not read into memory
_BUFFER_BYTES = 2**18


def file_format(path: Path) -> str | None:
    """Return the format that the name of a file ends with, or None if it is not supported.

    Examples
    --------
    >>> file_format(Path("films.csv.gz")), file_format(Path("films.pq")), file_format(Path("a.txt"))
    ('csv', 'parquet', None)
    """
    name = path.name.lower()
    stem = next((name.removesuffix(s) for s in _COMPRESSED if name.endswith(s)), name)
    kind = FORMATS.get(Path(stem).suffix)
    return None if kind == "parquet" and stem != name else kind


def inspect_path(path: Path) -> None:
    """Check that `path` is a regular file of a supported format and not empty.

    Raises
    ------
    SourceError
        If it is not; the message names the file and the cause.
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
            f"{path}: not a format that can be read; the formats are {', '.join(FORMATS)}, "
            "each but Parquet also with .gz or .zst"
        )
    if state.st_size == 0:
        raise SourceError(f"{path}: is empty")


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hex) of the bytes of a file, without decompression."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error


class _Bounded(io.RawIOBase):
    """Uncompressed bytes up to a limit: a small file can unpack to terabytes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path, self._max_bytes, self._seen = path, max_bytes, 0
        raw = pa.OSFile(str(path), "rb")
        codec = _COMPRESSED.get(path.suffix.lower())
        self._inner = pa.CompressedInputStream(raw, codec) if codec else raw

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read bytes into `buffer`; `SourceError` beyond the limit."""
        count = int(self._inner.readinto(buffer))
        self._seen += count
        if self._seen > self._max_bytes:
            raise SourceError(
                f"{self._path}: has more than {self._max_bytes} bytes uncompressed; "
                "raise source.max_file_bytes if that is right"
            )
        return count

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._inner.close()
        super().close()


@contextmanager
def open_lines(path: Path, max_bytes: int) -> Iterator[Iterator[str]]:
    """Open a file as lines of text with their line ends; bytes that are not UTF-8 are escaped.

    Parameters
    ----------
    path : Path
        A text file, possibly compressed.
    max_bytes : int
        Most bytes after decompression.

    Yields
    ------
    iterator of str
        The lines, with surrogate escapes for bytes that are not UTF-8.

    Raises
    ------
    SourceError
        On opening or while reading: too many bytes, a line without end, or UTF-16.
    OSError
        If the compressed data is damaged; the readers raise it as a `SourceError`.
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
