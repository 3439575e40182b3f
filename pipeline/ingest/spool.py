"""Rows of sources on the disk, and a few numbers of each row in memory.

Memory is about 60 bytes for each row, whatever its texts are: the id, hashes, and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from pipeline.fileio.atomic import explain_full_disk
from pipeline.ingest.evidence import repair
from pipeline.schemas.mining import MOVIES
from pipeline.sources.parsing.titles import comparable_title

__all__ = ["CatalogueFile", "Numbers", "RowSpool", "RowValues", "hash_texts"]

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

_IMDB = r"^tt[0-9]{7,12}$"
_DIGITS = r"^[0-9]{1,18}$"
_DERIVED = r"^t-[0-9a-f]{16}$"
_ROUNDED = r"^[0-9](?:[.,][0-9]+)?[eE][+][0-9]+$"  # "1.00E+05": a spreadsheet rounds, so no id
_CONTENT = ("movie_id", "title", "overview")
_PRIME = np.uint64(0x9E3779B97F4A7C15)  # odd, near 2**64 over the golden ratio
_SHORT = 200  # characters of an overview that may be a placeholder
_MARKS = " .,:;!?\"'*-_()[]<>/\\\u00bb\u00ab\u2026\u2013\u2014\u3002\uff01\n\r\t"


@dataclass(frozen=True)
class CatalogueFile:
    """A file of a source: rows of one column `source`.

    Attributes
    ----------
    position : int
        Position of the source among the sources.
    source : str
        Name of the source.
    label : str
        Column `source` of its rows.
    """

    position: int
    source: str
    label: str

    @property
    def name(self) -> str:
        """The label, with the name of its folder if it is in one."""
        return self.label if self.label == self.source else f"{self.source}/{self.label}"


@dataclass(frozen=True)
class RowValues:
    """Numbers of rows, one array entry for each row.

    Attributes
    ----------
    file : ndarray, int32
        Position in `RowSpool.files`.
    own : ndarray, uint64
        Hash of the id of the file; 0 if the file gives none, a rounded number, or one of IMDb.
    imdb, tmdb : ndarray, int64
        Id of this authority; 0 if unknown.
    year : ndarray, int32
        0 if unknown.
    overview : ndarray, uint64
        Hash of a short overview; 0 if it is longer or missing.
    content : ndarray, uint64
        Hash of id, title and overview.
    """

    file: npt.NDArray[np.int32]
    own: Hashes
    imdb: Numbers
    tmdb: Numbers
    year: npt.NDArray[np.int32]
    overview: Hashes
    content: Hashes


class RowSpool:
    """Rows of MOVIES on the disk, in the order read.

    Parameters
    ----------
    folder : Path
        Where the rows are written.
    name : str
        Beginning of the names of the files.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self.files: list[CatalogueFile] = []
        self.paths: list[Path] = []
        self.ids: list[pa.Array] = []
        self._codes: dict[CatalogueFile, int] = {}
        self._values: list[RowValues] = []
        self._starts = [0]

    def __len__(self) -> int:
        return self._starts[-1]

    def add(
        self,
        source: str,
        position: int,
        movies: pa.Table,
        keys: pa.Table,
        values: RowValues | None = None,
    ) -> None:
        """Write rows.

        Parameters
        ----------
        source : str
            Name of the source.
        position : int
            Position of the source among the sources.
        movies : pa.Table
            Table of MOVIES.
        keys : pa.Table
            Table of ROW_KEYS, without rows if nothing is known.
        values : RowValues, optional
            Ids of the rows, in place of `keys`; `file` is not used.

        Raises
        ------
        StoreError
            If the disk is full.
        """
        if not len(movies):
            return
        path = self._folder / f"{self._name}-{len(self.paths):06d}.arrow"
        with explain_full_disk(path):
            _write(path, movies)
        self.paths.append(path)
        self.ids.append(movies.column("movie_id").combine_chunks())
        labels = movies.column("source").combine_chunks().dictionary_encode()
        codes = [
            self._code(CatalogueFile(position, source, label))
            for label in labels.dictionary.to_pylist()
        ]
        file = np.asarray(codes, np.int32)[labels.indices.to_numpy()]
        self._values.append(
            _values(movies, keys, file) if values is None else replace(values, file=file)
        )
        self._starts.append(len(self) + len(movies))

    def _code(self, file: CatalogueFile) -> int:
        if file not in self._codes:
            self._codes[file] = len(self.files)
            self.files.append(file)
        return self._codes[file]

    def values(self) -> RowValues:
        """Return the numbers of all rows."""
        if len(self._values) > 1:  # one copy only
            self._values = [
                RowValues(
                    *(
                        np.concatenate([getattr(part, name) for part in self._values])
                        for name in RowValues.__dataclass_fields__
                    )
                )
            ]
        return self._values[0]

    def order(self) -> Hashes:
        """Return a hash of each row: its content and the name of its file, not where it stands."""
        values = self.values()
        names = hash_texts(pa.array([file.name for file in self.files], pa.string()))
        return _mix(names[values.file], values.imdb, values.tmdb, values.year, values.content)

    def take_ids(self, rows: Numbers) -> list[str]:
        """Return the ids of some rows as read."""
        chunked = pa.chunked_array(self.ids, pa.string())
        return list(chunked.take(pa.array(rows)).to_pylist())

    def parts(self, rows: Numbers, columns: Sequence[str]) -> Iterator[tuple[Numbers, pa.Table]]:
        """Yield columns of some rows, file by file.

        Parameters
        ----------
        rows : ndarray, int64
            Numbers of rows, sorted.
        columns : sequence of str
            Columns of MOVIES.

        Yields
        ------
        ndarray, pa.Table
            Numbers of rows, and their columns.
        """
        bounds = np.searchsorted(rows, self._starts)
        for n, path in enumerate(self.paths):
            here = rows[bounds[n] : bounds[n + 1]]
            if len(here):
                table = _read(path, columns)
                yield here, table.take(pa.array(here - self._starts[n]))

    def titles(self, rows: Numbers) -> Hashes:
        """Return hashes of comparable titles of some rows; 0 where there is none."""
        found: list[Hashes] = [np.zeros(0, np.uint64)]
        for _, table in self.parts(rows, ["title"]):
            titles = [
                comparable_title(repair(title)) if title else ""
                for title in table.column(0).to_pylist()
            ]
            found.append(hash_texts(pa.array(titles, pa.string())))
        return np.concatenate(found)

    def chunks(self) -> Iterator[tuple[int, pa.Table]]:
        """Yield the number of the first row of each chunk, and its table of MOVIES."""
        for start, path in zip(self._starts, self.paths, strict=False):
            yield start, _read(path)


def _write(path: Path, table: pa.Table) -> None:
    """Write a file of Arrow: it is read again once or twice, so Parquet is not worth its time."""
    options = ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with ipc.new_file(path, table.schema, options=options) as writer:
        writer.write_table(table)


def _read(path: Path, columns: Sequence[str] = tuple(MOVIES.names)) -> pa.Table:
    fields = sorted(map(MOVIES.get_field_index, columns))
    options = ipc.IpcReadOptions(included_fields=fields, use_threads=False)
    with ipc.open_file(path, options=options) as reader:
        return reader.read_all().select(list(columns))


def hash_texts(texts: pa.Array | pa.ChunkedArray) -> Hashes:
    """Return 64-bit hashes of texts; 0 for an empty text or null, and only for them."""
    from pandas.util import hash_array  # slow to import

    filled = pc.fill_null(texts, "")
    hashed = hash_array(np.asarray(filled.to_numpy(zero_copy_only=False), object), categorize=False)
    hashed = np.where(hashed == 0, np.uint64(1), hashed)
    known = np.asarray(pc.not_equal(filled, "").to_numpy(zero_copy_only=False), bool)
    return np.where(known, hashed, np.uint64(0))


def _mix(*columns: npt.NDArray[np.generic]) -> Hashes:
    """One hash of several columns of numbers."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed ^ column.astype(np.uint64)) * _PRIME  # overflow is intended
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _values(movies: pa.Table, keys: pa.Table, file: npt.NDArray[np.int32]) -> RowValues:
    ids = movies.column("movie_id")
    by_imdb = pc.match_substring_regex(ids, _IMDB)
    derived = pc.match_substring_regex(ids, _DERIVED)
    if len(keys):
        derived = pc.and_(derived, pc.invert(pc.fill_null(keys.column("has_id"), False)))
        derived = pc.or_(derived, pc.equal(pc.fill_null(keys.column("has_id"), True), False))
    derived = pc.or_(derived, pc.match_substring_regex(ids, _ROUNDED))
    digits = pc.match_substring_regex(ids, _DIGITS)
    # "007" and "7" are one id where it is compared with that of an authority
    trimmed = pc.utf8_ltrim(ids, characters="0")
    trimmed = pc.if_else(pc.equal(trimmed, ""), "0", trimmed)
    plain = pc.if_else(digits, trimmed, ids)
    own = pc.if_else(pc.or_(by_imdb, derived), pa.scalar(None, pa.string()), plain)
    imdb = _imdb_numbers(pc.if_else(by_imdb, ids, pa.scalar(None, pa.string())))
    tmdb = np.zeros(len(movies), np.int64)
    if len(keys):
        from_column = _imdb_numbers(keys.column("imdb_id"))
        imdb = np.where(imdb > 0, imdb, from_column)
        tmdb = _numbers(keys.column("tmdb_id"))
    return RowValues(
        file=file,
        own=hash_texts(own),
        imdb=imdb,
        tmdb=tmdb,
        year=pc.fill_null(movies.column("year"), 0).to_numpy().astype(np.int32),
        overview=_short_overviews(movies.column("overview")),
        content=_mix(*(hash_texts(movies.column(name)) for name in _CONTENT)),
    )


def _imdb_numbers(ids: pa.ChunkedArray) -> Numbers:
    valid = pc.match_substring_regex(ids, _IMDB)
    ids = pc.if_else(valid, ids, pa.scalar(None, pa.string()))
    return _numbers(pc.utf8_slice_codeunits(ids, 2))


def _numbers(texts: pa.ChunkedArray) -> Numbers:
    valid = pc.match_substring_regex(texts, _DIGITS)
    texts = pc.if_else(valid, texts, pa.scalar(None, pa.string()))
    return np.asarray(pc.fill_null(pc.cast(texts, pa.int64()), 0).to_numpy(), np.int64)


def _short_overviews(overviews: pa.ChunkedArray) -> Hashes:
    short = pc.less_equal(pc.utf8_length(overviews), _SHORT)
    hashed = np.zeros(len(overviews), np.uint64)
    at = np.flatnonzero(pc.fill_null(short, False).to_numpy(zero_copy_only=False))
    if len(at):
        texts = pc.utf8_trim(pc.utf8_lower(overviews.take(pa.array(at))), characters=_MARKS)
        hashed[at] = hash_texts(texts)
    return hashed
