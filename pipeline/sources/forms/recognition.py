"""The form of a file, recognized from its content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.forms.archives import tar_members, unpacked_size, zip_kind, zip_members
from pipeline.sources.forms.base import RawTable
from pipeline.sources.forms.columnar import open_arrow, open_orc, open_parquet
from pipeline.sources.forms.contents import Content, file_content, unpacked
from pipeline.sources.forms.damage import DAMAGE
from pipeline.sources.forms.databases import open_database
from pipeline.sources.forms.other_files import describe_bytes
from pipeline.sources.forms.partitions import PartitionTable
from pipeline.sources.forms.paths import folder_cells, inspect_path
from pipeline.sources.forms.texts import open_text
from pipeline.sources.forms.workbooks import open_workbook

__all__ = ["open_tables"]

_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARROW_STREAM = re.compile(rb"\xff\xff\xff\xff..[\x00-\x7f]\x00", re.DOTALL)


def open_tables(
    path: Path, settings: SourceSettings, partition: Mapping[str, str | None] | None = None
) -> list[RawTable]:
    """Return the tables of a file, at least one.

    Parameters
    ----------
    path : Path
        A file in any form that is read; its name decides nothing.
    settings : SourceSettings
        `encoding`, `max_file_bytes`, and whether `column_map` has numbers of columns.
    partition : Mapping of str to str or None, optional
        Columns that the folders of the file give; see `FoundFile.partition`. A column of the same
        name in the file prevails.

    Raises
    ------
    SourceError
        If it cannot be read; `NotATable` if it is no table. The message names file and cause.
    """
    inspect_path(path)
    with _damage_named(str(path)):
        tables = _tables(unpacked(file_content(path, settings.max_file_bytes)), settings)
    return [PartitionTable(table, partition) for table in tables] if partition else tables


class _damage_named:  # noqa: N801  # a context manager that is called as a function
    """Turn damage into a `SourceError` that names the file."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, DAMAGE):
            raise SourceError(
                f"{self._name}: cannot be read: {error}; "
                "the file is damaged or incomplete, fetch it again"
            ) from error


def _tables(content: Content, settings: SourceSettings) -> list[RawTable]:
    head = content.head(_HEAD_BYTES)
    if not head:
        raise SourceError(f"{content.name}: is empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip_tables(content, settings)
    if head[257:262] == b"ustar":
        return _member_tables(content, tar_members(content), settings)
    if head.startswith(_OLE):
        return list(open_workbook(content, "XLS"))
    if head.startswith(b"SQLite format 3\x00"):
        return list(open_database(content))
    return [_columnar(content, head)] if _is_columnar(head) else _other(content, head, settings)


def _is_columnar(head: bytes) -> bool:
    magic = (b"PAR1", b"ARROW1", b"ORC")
    return head.startswith(magic) or _ARROW_STREAM.match(head) is not None


def _columnar(content: Content, head: bytes) -> RawTable:
    if head.startswith(b"PAR1"):
        return open_parquet(content)
    if head.startswith(b"ORC"):
        return open_orc(content)
    return open_arrow(content, stream=not head.startswith(b"ARROW1"))


def _other(content: Content, head: bytes, settings: SourceSettings) -> list[RawTable]:
    if described := describe_bytes(head):
        raise NotATable(f"{content.name}: {described}")
    return open_text(content, settings)


def _zip_tables(content: Content, settings: SourceSettings) -> list[RawTable]:
    with content.local() as path:
        kind = zip_kind(path)
        if kind and (size := unpacked_size(path)) > content.max_bytes:
            raise SourceError(
                f"{content.name}: has {size} bytes uncompressed, more than {content.max_bytes}; "
                "raise source.max_file_bytes if that is right"
            )
    if kind:
        return list(open_workbook(content, kind))
    return _member_tables(content, zip_members(content), settings)


def _member_tables(
    content: Content, members: Iterator[tuple[str, Content]], settings: SourceSettings
) -> list[RawTable]:
    """Return the tables of an archive; members that hold none are skipped."""
    found: list[RawTable] = []
    reasons = []
    for name, member in members:
        partition = folder_cells(PurePosixPath(name))
        try:
            with _damage_named(member.name):
                tables = _tables(unpacked(member), settings)
        except NotATable as error:
            reasons.append(str(error))
            continue
        found += [PartitionTable(t, partition) for t in tables] if partition else tables
    if not found:
        why = reasons[0] if len(reasons) == 1 else "the archive holds no table"
        raise NotATable(why if why.startswith(content.name) else f"{content.name}: {why}")
    return found
