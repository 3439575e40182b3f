"""How a file of ratings or films is written: encoding, separator, quotes, header, columns."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pyarrow.parquet as pq

from pipeline.errors import SourceError
from pipeline.sources.movielens.columns import GENRES_100K, find_columns, role_of
from pipeline.sources.movielens.data_files import DAMAGED, DataFile

__all__ = ["Layout", "find_encoding", "find_layout"]

_SAMPLE = 2**16  # bytes that the layout is found by
_BINARY = 0.01  # share of zeros that text does not have
_LINES = 40
_SEPARATORS = ("::", "\t", "|", ";", ",", " ")
_NUMBER = re.compile(r"^\s*-?\d+(\.\d*)?([eE][+-]?\d+)?\s*$")
_UNDEFINED_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_MOST_BROKEN = 0.1  # share of the characters beyond ASCII that may be broken in a UTF-8 file
# Columns of the files without a header line, by their number; u.item and the rest of 100K and 1M.
_NO_HEADER = {
    "ratings": ("user_id", "film_id", "rating", "timestamp"),
    "films": ("film_id", "title", "genres"),
    "tags": ("user_id", "film_id", "tag", "timestamp"),
    "u.item": ("film_id", "title", "released", "video release", "url"),
}


@dataclass(frozen=True)
class Layout:
    """How a file is written.

    Attributes
    ----------
    kind : str
        "text" or "parquet".
    separator : str
        Between cells, such as "::" or a tab.
    quoted : bool
        Whether cells may be in double quotes.
    encoding : str
        Encoding of the text.
    columns : tuple of str
        Names of the columns, in order; names of fields if there is no header line.
    skip : int
        Number of lines before the first row, with the header line.
    """

    kind: str
    separator: str
    quoted: bool
    encoding: str
    columns: tuple[str, ...]
    skip: int

    @property
    def fields(self) -> dict[str, int]:
        """Field -> number of its column, from `find_columns`."""
        return find_columns(self.columns)

    @property
    def role(self) -> str | None:
        """What the file is by its columns: ratings, films, links, tags, genome, or None."""
        return role_of(self.fields)


def find_encoding(file: DataFile) -> str:
    """Return the encoding of a file, from all its bytes.

    Parameters
    ----------
    file : DataFile
        A text file.

    Returns
    -------
    str
        UTF-16 by its mark. "utf-8" if the bytes are valid, "utf-8-replace" if few of them are not;
        otherwise "cp1252" or "latin-1".
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    beyond, broken = 0, 0
    high: set[int] = set()
    try:
        with file.open() as handle:
            first = handle.read(2**20)
            if utf16 := _utf16(first):
                return utf16
            block = first
            while block:
                if not block.isascii() or decoder.getstate()[0]:
                    text = decoder.decode(block)
                    broken += text.count("\ufffd") - block.count(b"\xef\xbf\xbd")
                    beyond += sum(map(len, re.findall(r"[^\x00-\x7f]+", text)))
                    high.update(b"".join(re.findall(rb"[\x80-\x9f]+", block)))
                block = handle.read(2**20)
            broken += len(decoder.decode(b"", final=True))
    except DAMAGED as error:
        raise SourceError(f"{file.shown}: cannot be read: {error}; fetch it again") from error
    if not broken:
        return "utf-8"
    if broken <= _MOST_BROKEN * beyond:
        return "utf-8-replace"
    return "latin-1" if not high or high & _UNDEFINED_1252 else "cp1252"


def find_layout(file: DataFile, role: str | None = None) -> Layout:
    """Find how a file is written, by its first lines.

    Parameters
    ----------
    file : DataFile
        The file.
    role : str or None
        What the name of the file says that it is; it decides over files without a header line.

    Returns
    -------
    Layout
        Its encoding is that of the first lines; `find_encoding` reads the whole file.

    Raises
    ------
    SourceError
        If the file is damaged or empty; the message names it.
    """
    try:
        with file.open() as handle:
            sample = handle.read(_SAMPLE)
        if sample.startswith(b"PAR1"):
            return Layout("parquet", "", False, "", tuple(_parquet_names(file)), 0)
    except DAMAGED as error:
        raise SourceError(f"{file.shown}: cannot be read: {error}; fetch it again") from error
    if sample[257:262] == b"ustar":
        raise SourceError(f"{file.shown}: is a tar archive: unpack it, and give the folder")
    if not _utf16(sample) and sample.count(0) > _BINARY * len(sample):
        raise SourceError(f"{file.shown}: is no text; give ratings as CSV, .dat or Parquet")
    encoding, text = _decode(sample)
    lines = re.split(r"\r\n|\n|\r", text)
    if len(sample) == _SAMPLE:
        lines = lines[:-1]  # it may be cut
    preamble = 0
    while preamble < len(lines) and (
        not lines[preamble].strip() or re.match(r"[#%]|sep=", lines[preamble], re.IGNORECASE)
    ):
        preamble += 1
    rows = [line for line in lines[preamble:] if line.strip()][:_LINES]
    if not rows:
        raise SourceError(f"{file.shown}: is empty; fetch it again")
    separator = _find_separator(rows)
    quoted = separator not in ("::", "|", " ") and _has_quotes(rows, separator)
    layout = Layout("text", separator, quoted, encoding, (), preamble)
    return _with_columns(layout, [_split(row, separator, quoted) for row in rows], role)


def _parquet_names(file: DataFile) -> list[str]:
    with file.open() as handle:
        return list(pq.ParquetFile(handle).schema_arrow.names)


def _decode(sample: bytes) -> tuple[str, str]:
    if utf16 := _utf16(sample):
        return utf16, sample[: len(sample) // 2 * 2].decode(utf16, "replace")
    return "utf-8", sample.decode("utf-8-sig", "replace")


def _utf16(sample: bytes) -> str:
    """Return the UTF-16 that bytes are in, by its mark or by zeros in turn; "" if they are not."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    half = len(sample) // 2
    for name, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        if sample[zeros::2].count(0) > half / 2 and not sample[letters::2].count(0):
            return name
    return ""


def _split(line: str, separator: str, quoted: bool) -> list[str]:
    if not quoted:
        return line.split(separator)
    return next(csv.reader([line], delimiter=separator, skipinitialspace=False), [])


def _has_quotes(rows: Sequence[str], separator: str) -> bool:
    """Return whether cells begin and end with a quote, or commas separate them."""
    edge = re.escape(separator)
    return separator == "," or any(re.search(f'(^|{edge})"[^"]*"({edge}|$)', row) for row in rows)


def _find_separator(rows: Sequence[str]) -> str:
    """Return the separator that gives known columns, or else the most rows of one length."""
    best, chosen = (-1, -1.0, -1), ","
    for separator in _SEPARATORS:
        if separator not in rows[0]:
            continue
        quoted = separator in ",;\t"
        cells = [_split(row, separator, quoted) for row in rows]
        if separator == " " and not all(_NUMBER.match(c) for row in cells for c in row):
            continue
        lengths = Counter(map(len, cells))
        length, count = lengths.most_common(1)[0]
        known = len(find_columns(cells[0]))
        rank = (known if known > 1 else 0, count / len(rows) if length > 1 else 0.0, length)
        # a later separator must be clearly better: "a|b" inside a cell is a list
        if rank[0] > best[0] or (rank[0] == best[0] and rank[1] > best[1] + 1e-9):
            best, chosen = rank, separator
    return chosen


def _with_columns(layout: Layout, rows: list[list[str]], role: str | None) -> Layout:
    first = [cell.strip().strip('"').strip() for cell in rows[0]]
    width = _width(rows[1:] or rows)
    # a row of the file has a number in one of its first two cells, a header line has none
    if len(find_columns(first)) < 2 and any(_NUMBER.match(cell) for cell in first[:2]):
        return replace(layout, columns=_names_without_header(rows, _width(rows), role))
    if width == len(first) + 1:
        trailing = all(not row[-1].strip() for row in rows[1:] if len(row) == width)
        first = [*first, ""] if trailing else ["", *first]  # a comma at the end, or row names
    elif width == len(first) - 1 and not first[-1]:
        first = first[:-1]
    return replace(layout, columns=tuple(first), skip=layout.skip + 1)


def _width(rows: list[list[str]]) -> int:
    """Return the number of cells that most rows have."""
    counts = Counter(map(len, rows))
    return max(counts, key=lambda width: (counts[width], width))


def _names_without_header(rows: list[list[str]], width: int, role: str | None) -> tuple[str, ...]:
    numbers = [
        sum(bool(_NUMBER.match(row[at])) for row in rows if len(row) == width) >= len(rows) / 2
        for at in range(width)
    ]
    rest = tuple(f"column {at + 1}" for at in range(width))
    if width >= len(_NO_HEADER["u.item"]) + len(GENRES_100K) - 1 and role in (None, "films"):
        flags = range(width - len(_NO_HEADER["u.item"]))
        genres = (GENRES_100K[at] if at < len(GENRES_100K) else f"genre {at}" for at in flags)
        return (*_NO_HEADER["u.item"], *genres)
    if role is None:
        if width in (3, 4) and all(numbers[:3]):
            role = "ratings"
        elif width == 4 and numbers[0] and numbers[1] and numbers[3]:
            role = "tags"
        elif width in (2, 3) and not numbers[1]:
            role = "films"
    names = _NO_HEADER.get(role or "", ())[:width]
    return (*names, *rest[len(names) :])
