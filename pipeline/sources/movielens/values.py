"""Ids, stars and seconds from text cells; each distinct cell is parsed once in a chunk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.sources.parsing import dates
from pipeline.sources.parsing.literals import CellError

__all__ = ["id_of", "parse_ids", "parse_score", "parse_scores", "parse_times", "seconds_of"]

_DIGITS = re.compile(r"[+-]?[0-9]{1,18}(\.0*)?")
_SCORE = re.compile(r"([0-9]{1,6}(?:[.,][0-9]{1,12})?)\s*(%|/\s*(?:5|10|100)|stars?|out of 5)?")
_EXPONENT = re.compile(r"[0-9](?:\.[0-9]+)?[eE][+]?[0-9]{1,2}")
_GLYPHS = re.compile("(\u2605*)(\u00bd?)\u2606*")
_TEXT_ID = 1 << 62  # ids of text are above all numbers of up to 18 digits
_TIME = re.compile(r"[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?\s*(?:[AaPp][Mm])?)\s*Z?$")
_LONG_DATE = "%a %b %d %H:%M:%S %Y"
_PIVOT = 30


def id_of(cell: str) -> int | None:
    """Return the number of a user or film; the same text always has the same number.

    Parameters
    ----------
    cell : str
        A number of up to 18 digits, or any other text.

    Returns
    -------
    int or None
        The number itself; for other text a hash from 2**62 to 2**63 - 1; None if it is empty.

    Examples
    --------
    >>> id_of("42"), id_of("42.0"), id_of(" "), id_of("anna") == id_of(" anna ")
    (42, 42, None, True)
    """
    cell = cell.strip()
    if not cell:
        return None
    if _DIGITS.fullmatch(cell):
        return int(cell.partition(".")[0])
    digest = hashlib.blake2b(cell.encode(), digest_size=8).digest()
    return _TEXT_ID | int.from_bytes(digest, "big") >> 2


def _by_distinct(
    cells: pa.ChunkedArray, parse: Callable[[str], int | float | None], dtype: pa.DataType
) -> pa.Array:
    """Return the parsed cells, null where `parse` returns None."""
    encoded = pc.dictionary_encode(cells).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # no rows
        return pa.array([], dtype)
    parsed = pa.array([parse(cell or "") for cell in encoded.dictionary.to_pylist()], dtype)
    return parsed.take(encoded.indices)


def parse_ids(cells: pa.ChunkedArray, *, text: bool) -> pa.Array:
    """Return ids as int64; null where a cell is empty, or no number and `text` is False."""
    try:
        return pc.cast(pc.utf8_trim_whitespace(cells), pa.int64()).combine_chunks()
    except pa.ArrowInvalid:
        pass
    if text:
        return _by_distinct(cells, id_of, pa.int64())
    return _by_distinct(
        cells, lambda c: id_of(c) if _DIGITS.fullmatch(c.strip()) else None, pa.int64()
    )


def parse_score(cell: str) -> tuple[float | None, int | None]:
    """Return the number of a rating, and the highest rating where the cell names it.

    Examples
    --------
    >>> parse_score("4.5"), parse_score("4,5"), parse_score("80 %"), parse_score("8/10")
    ((4.5, None), (4.5, None), (80.0, 100), (8.0, 10))
    >>> parse_score("\u2605\u2605\u2605\u00bd"), parse_score("good")
    ((3.5, 5), (None, None))
    """
    cell = cell.strip()
    if match := _SCORE.fullmatch(cell):
        value = float(match[1].replace(",", "."))
        unit = (match[2] or "").replace(" ", "")
        scales = {"%": 100, "/5": 5, "/10": 10, "/100": 100, "star": 5, "stars": 5, "outof5": 5}
        return value, scales.get(unit)
    if cell and (match := _GLYPHS.fullmatch(cell)):
        return len(match[1]) + (0.5 if match[2] else 0.0), 5
    if _EXPONENT.fullmatch(cell):
        return float(cell), None
    return None, None


def parse_scores(cells: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    """Return the numbers of ratings (float64, null if none), and each cell's own highest rating.

    Parameters
    ----------
    cells : pa.ChunkedArray of string
        Cells as the file has them.

    Returns
    -------
    values : pa.Array of float64
        Null where there is no number.
    highest : pa.Array of int64
        5, 10 or 100 where the cell names it, otherwise null.
    """
    try:
        values = pc.cast(pc.utf8_trim_whitespace(cells), pa.float64()).combine_chunks()
        return values, pa.nulls(len(cells), pa.int64())
    except pa.ArrowInvalid:
        values = _by_distinct(cells, lambda cell: parse_score(cell)[0], pa.float64())
        return values, _by_distinct(cells, lambda cell: parse_score(cell)[1], pa.int64())


def parse_times(cells: pa.ChunkedArray) -> tuple[pa.Array, bool]:
    """Return moments as numbers, and whether they are seconds already because they were text.

    Parameters
    ----------
    cells : pa.ChunkedArray of string
        Numbers of any unit, or dates with or without a time of day.

    Returns
    -------
    values : pa.Array of int64
        Null where a cell is neither.
    text : bool
        True: seconds since 1970, from dates. False: numbers in the unit of the file.
    """
    trimmed = pc.utf8_trim_whitespace(cells)
    for dtype in (pa.int64(), pa.float64()):
        try:
            return pc.cast(pc.cast(trimmed, dtype), pa.int64(), safe=False).combine_chunks(), False
        except pa.ArrowInvalid:
            pass
    try:
        moments = pc.cast(trimmed, pa.timestamp("ns"))
        return pc.cast(
            pc.floor_temporal(moments, unit="second"), pa.timestamp("s"), safe=False
        ).cast(pa.int64()).combine_chunks(), True
    except pa.ArrowInvalid:
        pass
    numeric = pc.match_substring_regex(trimmed, r"^-?[0-9]+(\.[0-9]*)?$")
    written = pc.sum(pc.not_equal(trimmed, "")).as_py() or 0
    if (pc.sum(numeric).as_py() or 0) * 2 > written:
        return _by_distinct(trimmed, _number_of, pa.int64()), False
    return _by_distinct(trimmed, seconds_of, pa.int64()), True


def _number_of(cell: str) -> int | None:
    return int(float(cell)) if re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]*)?", cell) else None


def seconds_of(cell: str) -> int | None:
    """Return the second since 1970, UTC, of a date with or without a time of day.

    Examples
    --------
    >>> seconds_of("2005-04-02 23:53:47"), seconds_of("2005-04-02T23:53:47Z")
    (1112486027, 1112486027)
    >>> seconds_of("04/02/2005 11:53 PM"), seconds_of("2 April"), seconds_of("")
    (1112485980, None, None)
    """
    cell = cell.strip().removesuffix(" UTC").removesuffix(" GMT")
    if not cell or (cell.isdecimal() and len(cell) != len("20050402")):
        return None  # a number among dates has no unit
    for parse in (datetime.fromisoformat, lambda text: datetime.strptime(text, _LONG_DATE)):
        try:
            moment = parse(cell)
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except ValueError:
            continue
    match = _TIME.search(cell)
    try:
        day, _ = dates.date(cell[: match.start()] if match else cell, pivot=_PIVOT)
    except CellError:
        return None
    if day is None:
        return None
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) + (
        _second_of_day(match[1]) if match else 0
    )


def _second_of_day(clock: str) -> int:
    half = clock.lower().rstrip("apm ").strip()
    hour, minute, *rest = half.split(":")
    hours = int(hour) % 12 if clock.lower().rstrip().endswith("m") else int(hour)
    hours += 12 if clock.lower().rstrip().endswith("pm") else 0
    return hours * 3_600 + int(minute) * 60 + int(float(rest[0]) if rest else 0)
