"""Members of ZIP and TAR archives, each with its bytes."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from pipeline.errors import SourceError
from pipeline.sources.forms.contents import Content, Layered
from pipeline.sources.forms.paths import may_hold_table, skips_folder

__all__ = ["tar_members", "zip_kind", "zip_members"]

_MOST_MEMBERS = 10_000
_WITHIN = "zip, zip"  # an archive in an archive
_WORKBOOKS = {
    "xl/workbook.xml": "XLSX",
    "xl/workbook.bin": "XLSB",
}


def zip_kind(path: Path) -> str:
    """Return the name of the workbook that a ZIP file is, such as "XLSX", or "" if it is none."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        for name, kind in _WORKBOOKS.items():
            if name in names:
                return kind
        if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
            kind = archive.read("mimetype").decode("ascii", "replace")
            if "opendocument.spreadsheet" in kind:
                return "ODS"
    return ""


def unpacked_size(path: Path) -> int:
    """Return the number of bytes that a ZIP file says it unpacks to."""
    with zipfile.ZipFile(path) as archive:
        return sum(info.file_size for info in archive.infolist())


def zip_members(content: Content) -> Iterator[tuple[str, Content]]:
    """Yield name and bytes of each member of a ZIP file that may hold a table, sorted by name.

    Raises
    ------
    SourceError
        If the archive is too deep in others, has too many members, or is encrypted.
    """
    with _archive(content) as archive:
        # A damaged name may be empty, which `is_dir` does not expect.
        infos = [i for i in archive.infolist() if i.filename and not i.is_dir()]
    _check_number(content, len(infos))
    for info in sorted(infos, key=lambda info: info.filename):
        if not _is_read(info.filename) or not info.file_size:
            continue
        if info.flag_bits & 1:
            raise SourceError(f"{content.name}: is encrypted; unpack it with its password")
        yield (
            info.filename,
            replace(
                content,
                name=f"{content.name}: {info.filename}",
                opener=_ZipOpener(content, info),
                compression="zip" if content.path else _WITHIN,
                path=None,
            ),
        )


class _ZipOpener:
    """Opens a member of a ZIP file; may be called more than once."""

    def __init__(self, content: Content, info: zipfile.ZipInfo) -> None:
        self._content, self._info = content, info

    def __call__(self) -> BinaryIO:
        path = self._content.path
        if path is not None:
            # The member holds the file open until it is closed itself.
            with zipfile.ZipFile(path) as archive:
                return cast(BinaryIO, archive.open(self._info))
        stream = self._content.opener()
        try:
            with zipfile.ZipFile(stream) as archive:
                return cast(BinaryIO, Layered(cast(BinaryIO, archive.open(self._info)), stream))
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
            stream.close()
            raise


def tar_members(content: Content) -> Iterator[tuple[str, Content]]:
    """Yield name and bytes of each member of a TAR file that may hold a table.

    Raises
    ------
    SourceError
        If it has too many members.
    """
    found = []
    with content.open() as stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        for position, info in enumerate(archive):
            _check_number(content, position)
            if info.isfile() and info.size and _is_read(info.name):
                found.append((info.name, position))
    names = f"tar, {content.compression}" if content.compression else "tar"
    for name, position in sorted(found):
        yield (
            name,
            replace(
                content,
                name=f"{content.name}: {name}",
                opener=_TarOpener(content, position),
                compression=names,
                path=None,
            ),
        )


class _TarOpener:
    """Opens a member of a TAR file by reading the archive up to it."""

    def __init__(self, content: Content, position: int) -> None:
        self._content, self._position = content, position

    def __call__(self) -> BinaryIO:
        stream = self._content.opener()
        try:
            # The caller closes the member and the stream; the archive has nothing else to close.
            archive = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115
            for position, info in enumerate(archive):
                if position == self._position and (member := archive.extractfile(info)):
                    return cast(BinaryIO, Layered(cast(BinaryIO, member), stream))
        except (OSError, EOFError, tarfile.TarError):
            stream.close()
            raise
        stream.close()
        raise OSError("a member of the archive is missing")


@contextmanager
def _archive(content: Content) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file: one on the disk, or a member of one on the disk."""
    if content.path is not None:
        with zipfile.ZipFile(content.path) as archive:
            yield archive
    elif content.compression == "zip":
        with closing(content.opener()) as stream, zipfile.ZipFile(stream) as archive:
            yield archive
    else:
        raise SourceError(f"{content.name}: is an archive in other archives; unpack it")


def _check_number(content: Content, number: int) -> None:
    if number > _MOST_MEMBERS:
        raise SourceError(f"{content.name}: has more than {_MOST_MEMBERS} members; unpack it")


def _is_read(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and may_hold_table(parts[-1]) and not any(map(skips_folder, parts[:-1]))
