"""Files and folders of a catalogue: checks, hash, and the files of a folder or pattern."""

from __future__ import annotations

import glob
import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from pipeline.errors import SourceError

__all__ = [
    "FoundFile",
    "file_hash",
    "find_files",
    "folder_cells",
    "inspect_path",
    "may_hold_table",
    "skips_folder",
]

_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
# Files beside catalogues that hold no table. Others are recognized by their content.
_NO_TABLES = re.compile(
    r"\.(md|rst|pdf|docx?|rtf|html?|css|js|py|ipynb|r|rmd|sh|bat|sql|log|toml|ya?ml|ini|cfg|lock|crc"
    r"|md5|sha1|sha256|sha512|asc|sig|png|jpe?g|gif|webp|svg|mp4|avi|mkv|srt|exe|dll|so|pyc|pkl"
    r"|pickle|joblib|npy|npz|h5|faiss|pt|bin|safetensors|bak|tmp|part|crdownload|url|lnk)$"
)
_NO_TABLE_STEMS = re.compile(r"(readme|licen[cs]e|copying|notice|changelog|manifest)([._-]|$)")
_SKIPPED_FOLDERS = frozenset({"__macosx", "__pycache__", "node_modules"})


@dataclass(frozen=True)
class FoundFile:
    """A file of a catalogue.

    Attributes
    ----------
    path : Path
        Where it is.
    label : str
        Its path below the folder or pattern, with "/"; the name of a single file.
    partition : Mapping of str to str or None
        Column -> value, from folders such as `year=1999`; None where it is null.
    """

    path: Path
    label: str
    partition: Mapping[str, str | None] = field(default_factory=dict)


def inspect_path(path: Path) -> None:
    """Check that `path` is a regular file and not empty.

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
    if state.st_size == 0:
        raise SourceError(f"{path}: is empty")


def file_hash(path: Path) -> str:
    """Return the SHA-256 (hex) of the bytes of a file, without decompression."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error


def find_files(path: Path) -> list[FoundFile]:
    """Return the files of a file, folder or pattern, sorted by their labels.

    Folders are searched to any depth. Hidden files, files that start with "_" (`_SUCCESS`) and
    files that hold no table by their names (README, pictures, code) are skipped, except where a
    path or pattern names them.

    Parameters
    ----------
    path : Path
        A file, a folder, or a pattern such as `data/*.csv` or `data/**/*.parquet`.

    Raises
    ------
    SourceError
        If the folder cannot be read, or there is no file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as name:
    ...     file = Path(name) / "year=1999" / "part-0.csv"
    ...     file.parent.mkdir()
    ...     _ = file.write_text("id,title")
    ...     [(found.label, dict(found.partition)) for found in find_files(Path(name))]
    [('year=1999/part-0.csv', {'year': '1999'})]
    """
    if path.is_dir():
        found = [_found(file, path) for file in _walk(path)]
        if not found:
            raise SourceError(f"{path}: the folder has no catalogue, not one file of a table")
        return sorted(found, key=lambda file: file.label)
    if os.path.lexists(path) or not glob.has_magic(str(path)):
        return [FoundFile(path, path.name)]
    return _matches(path)


def _matches(pattern: Path) -> list[FoundFile]:
    fixed = [part for part in pattern.parts]
    while any(map(glob.has_magic, fixed)):
        fixed.pop()
    root = Path(*fixed)
    found: dict[str, FoundFile] = {}
    for match in sorted(glob.glob(str(pattern), recursive=True)):
        inside = Path(match)
        for file in _walk(inside) if inside.is_dir() else [inside]:
            entry = _found(file, root)
            found.setdefault(entry.label, entry)
    if not found:
        raise SourceError(f"{pattern}: no file matches this pattern")
    return [found[label] for label in sorted(found)]


def _found(file: Path, root: Path) -> FoundFile:
    label = PurePosixPath(file.relative_to(root).as_posix())
    return FoundFile(file, str(label), folder_cells(label))


def folder_cells(label: PurePosixPath) -> dict[str, str | None]:
    """Return the cells that the folders of a path give.

    Examples
    --------
    >>> folder_cells(PurePosixPath("year=1999/language=de/part-0.parquet"))
    {'year': '1999', 'language': 'de'}
    """
    cells: dict[str, str | None] = {}
    for part in label.parts[:-1]:
        name, equals, value = part.partition("=")
        if name and equals:
            cells[unquote(name)] = None if value == _NULL_PARTITION else unquote(value)
    return cells


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder that may hold a table; links to folders are not followed."""

    def stop(error: OSError) -> None:
        raise SourceError(f"{folder}: the folder cannot be read: {error}") from error

    for where, folders, files in os.walk(folder, onerror=stop):
        folders[:] = sorted(
            name for name in folders if name[0] not in "._" and name.lower() not in _SKIPPED_FOLDERS
        )
        yield from (Path(where) / name for name in sorted(files) if may_hold_table(name))


def may_hold_table(name: str) -> bool:
    """Return whether the name of a file in a folder or archive does not speak against a table.

    Examples
    --------
    >>> [may_hold_table(name) for name in ("part-0000", "a.csv", ".x.csv", "_SUCCESS", "README")]
    [True, True, False, False, False]
    """
    lower = name.lower()
    return not (lower[0] in "._~" or _NO_TABLES.search(lower) or _NO_TABLE_STEMS.match(lower))


def skips_folder(name: str) -> bool:
    """Return whether a folder holds no catalogue: hidden ones and those of tools."""
    return name[:1] in (".", "_") or name.lower() in _SKIPPED_FOLDERS
