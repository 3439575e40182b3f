"""The files of a data set of ratings: plain or compressed, in a folder or in a zip archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import pyarrow as pa

from pipeline.errors import SourceError

__all__ = ["DAMAGED", "DataFile", "list_files"]

# What the readers of compressed files raise when a file is cut off or altered.
DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
_DEPTH = 3  # folders below the given one that are searched
_MOST_FILES = 2_000
_EXPANSION = 4  # bytes of text per byte of a compressed file of ratings


def _open_zstd(handle: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], pa.CompressedInputStream(pa.PythonFile(handle, "r"), "zstd"))


def _open_gzip(handle: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=handle))


class _Decompressed(io.RawIOBase):
    """Read a decompressor; the compressed file is closed with it."""

    def __init__(self, stream: IO[bytes], compressed: IO[bytes]) -> None:
        self._stream, self._compressed = stream, compressed

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into `buffer`; 0 at the end."""
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close both."""
        self._stream.close()
        self._compressed.close()
        super().close()


_COMPRESSIONS: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": _open_gzip,
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _open_zstd,
}
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class DataFile:
    """A file of the data set.

    Attributes
    ----------
    path : Path
        The file on the disk; an archive if `member` is not empty.
    member : str
        Name in the archive.
    """

    path: Path
    member: str = ""

    @property
    def name(self) -> str:
        """Name without folders and without the suffix of a compression, such as `ratings.csv`."""
        name = PurePosixPath(self.member or self.path.name).name
        for suffix in _SUFFIXES:
            if name.lower().endswith(suffix):
                return name[: -len(suffix)]
        return name

    @property
    def folder(self) -> str:
        """The folder, or the archive and the folder in it."""
        if not self.member:
            return str(self.path.parent)
        return str(self.path / PurePosixPath(self.member).parent)

    @property
    def shown(self) -> str:
        """Path for messages."""
        return str(self.path / self.member) if self.member else str(self.path)

    @property
    def text_bytes(self) -> int:
        """Size of the text in bytes; an estimate if the file is compressed."""
        if self.member:
            with zipfile.ZipFile(self.path) as archive:
                info = archive.getinfo(self.member)
                inner = self.member.lower().endswith(_SUFFIXES)
                return info.file_size * (_EXPANSION if inner else 1)
        with open(self.path, "rb") as handle:
            compressed = handle.read(6).startswith(tuple(_COMPRESSIONS))
        return self.path.stat().st_size * (_EXPANSION if compressed else 1)

    def open(self) -> IO[bytes]:
        """Open the text of the file; the compression is found by the first bytes.

        Raises
        ------
        SourceError
            If the file is missing, or the archive is damaged or encrypted.
        """
        try:
            if self.member:
                archive = zipfile.ZipFile(self.path)
                handle = archive.open(self.member)
                archive.close()  # the file stays open until its member is closed
                buffered = io.BufferedReader(cast(io.RawIOBase, handle), 2**20)
            else:
                buffered = io.BufferedReader(io.FileIO(self.path), 2**20)
            first = buffered.peek(6)[:6]
        except FileNotFoundError as error:
            raise SourceError(f"{self.shown}: there is no such file") from error
        except DAMAGED as error:
            raise SourceError(f"{self.shown}: cannot be opened: {error}; fetch it again") from error
        for magic, decompress in _COMPRESSIONS.items():
            if first.startswith(magic):
                return io.BufferedReader(_Decompressed(decompress(buffered), buffered), 2**20)
        return cast(IO[bytes], buffered)


def list_files(place: Path) -> list[DataFile]:
    """Return the files of a folder, and of the archives in it, the outermost first.

    Parameters
    ----------
    place : Path
        A folder, a zip archive, or a file.

    Raises
    ------
    SourceError
        If there is no such file or folder, or an archive is damaged.
    """
    if not place.exists():
        raise SourceError(f"{place}: there is no such file or folder")
    if place.is_file():
        return _expand(place)
    found: list[Path] = []
    level = [place]
    for _ in range(_DEPTH):
        entries = sorted(entry for folder in level for entry in folder.iterdir())
        entries = [entry for entry in entries if not entry.name.startswith((".", "__MACOSX"))]
        found += [entry for entry in entries if entry.is_file()]
        level = [entry for entry in entries if entry.is_dir()]
        if len(found) > _MOST_FILES:
            break
    return [file for path in found[:_MOST_FILES] for file in _expand(path)]


def _expand(path: Path) -> list[DataFile]:
    """Return the members of an archive, or the file itself."""
    with open(path, "rb") as handle:
        if handle.read(4) != _ZIP:
            return [DataFile(path)]
    if path.suffix.lower() in (".xlsx", ".ods"):
        return [DataFile(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [info.filename for info in archive.infolist() if not info.is_dir()]
    except zipfile.BadZipFile as error:
        raise SourceError(f"{path}: the archive is damaged: {error}; fetch it again") from error
    names = [name for name in names if not name.startswith("__MACOSX") and "/." not in f"/{name}"]
    names.sort(key=lambda name: (name.count("/"), name))
    return [DataFile(path, name) for name in names]
