"""The bytes of a file or of a member of an archive: compression layers, a limit, a local copy."""

from __future__ import annotations

import bz2
import io
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import pyarrow as pa

from pipeline.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Content", "Layered", "file_content", "unpacked"]

_BUFFER_BYTES = 2**18
_MOST_LAYERS = 4  # compression within compression; more is an attack
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # a method of compression that this Python lacks
    RuntimeError,  # an encrypted member
    pa.ArrowException,
)


@dataclass(frozen=True)
class Content:
    """Bytes that can be read more than once.

    Attributes
    ----------
    name : str
        The file, and the member of an archive, as messages name them.
    opener : callable
        Opens the bytes at their start.
    max_bytes : int
        Most bytes that may be read: a small file can unpack to terabytes.
    compression : str
        Names of the layers that are removed, such as "gzip"; empty if none.
    path : Path or None
        The file whose bytes these are, if they are neither compressed nor in an archive.
    """

    name: str
    opener: Callable[[], BinaryIO]
    max_bytes: int
    compression: str = ""
    path: Path | None = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the bytes; reading damaged ones raises OSError, too many a `SourceError`."""
        try:
            raw = self.opener()
        except _DAMAGE as error:
            raise OSError(str(error)) from error
        with io.BufferedReader(_Bounded(raw, self.name, self.max_bytes), _BUFFER_BYTES) as stream:
            yield stream

    def head(self, size: int) -> bytes:
        """Return the first `size` bytes, or all if there are fewer."""
        with self.open() as stream:
            return stream.read(size)

    @contextmanager
    def local(self) -> Iterator[Path]:
        """Yield a path with these bytes: the file itself, or a temporary copy."""
        if self.path is not None:
            yield self.path
            return
        with tempfile.NamedTemporaryFile(prefix="microgenres-") as copy:
            with self.open() as stream:
                while block := stream.read(_BUFFER_BYTES):
                    copy.write(block)
            copy.flush()
            yield Path(copy.name)


class Layered(io.RawIOBase):
    """Bytes that are unpacked from others; closing them closes both.

    Parameters
    ----------
    inner : object with read and close
        The unpacked bytes.
    outer : BinaryIO
        The packed bytes.
    """

    def __init__(self, inner: BinaryIO, outer: BinaryIO) -> None:
        self._inner, self._outer = inner, outer

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        return self._inner.read(size)

    def close(self) -> None:
        """Close both."""
        if not self.closed:
            self._inner.close()
            self._outer.close()
        super().close()


class _Bounded(io.RawIOBase):
    """Bytes up to a limit; every kind of damage is an OSError."""

    def __init__(self, inner: BinaryIO, name: str, max_bytes: int) -> None:
        self._inner, self._name, self._max_bytes, self._seen = inner, name, max_bytes, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read bytes into `buffer`; `SourceError` beyond the limit."""
        view = memoryview(buffer).cast("B")
        try:
            data = self._inner.read(len(view))
        except _DAMAGE as error:
            raise OSError(str(error) or type(error).__name__) from error
        self._seen += len(data)
        if self._seen > self._max_bytes:
            raise SourceError(
                f"{self._name}: has more than {self._max_bytes} bytes uncompressed; "
                "raise source.max_file_bytes if that is right"
            )
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._inner.close()
        super().close()


def file_content(path: Path, max_bytes: int) -> Content:
    """Return the bytes of a file as they are on the disk."""
    return Content(str(path), lambda: path.open("rb"), max_bytes, path=path)


def unpacked(content: Content) -> Content:
    """Return a content without its layers of gzip, bzip2, xz or zstd, recognized by their bytes."""
    for _ in range(_MOST_LAYERS):
        head = content.head(6)
        codec = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
        if codec is None:
            return content
        content = _layer(content, codec)
    raise SourceError(f"{content.name}: is compressed more than {_MOST_LAYERS} times; unpack it")


def _layer(content: Content, codec: str) -> Content:
    outer = content.opener

    def opener() -> BinaryIO:
        stream = outer()
        try:
            return cast(BinaryIO, Layered(_decompressed(stream, codec), stream))
        except _DAMAGE:
            stream.close()
            raise

    names = f"{codec}, {content.compression}" if content.compression else codec
    return replace(content, opener=opener, compression=names, path=None)


def _decompressed(stream: BinaryIO, codec: str) -> BinaryIO:
    if codec == "bzip2":
        return cast(BinaryIO, bz2.open(stream))
    if codec == "xz":
        return cast(BinaryIO, lzma.open(stream))
    # pyarrow reads several members or frames one after the other.
    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), codec))
