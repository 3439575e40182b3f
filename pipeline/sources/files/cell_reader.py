"""Parse the cells of a column, each distinct cell once; cells that cannot be read are counted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from pipeline.schemas.reading import UNKNOWN, LossTally
from pipeline.sources.files.column_names import find_names
from pipeline.sources.files.column_plan import ColumnUse
from pipeline.sources.parsing import cells as parse
from pipeline.sources.parsing import dates
from pipeline.sources.parsing.literals import CellError, is_null, text

__all__ = ["CellReader"]

Parser = Callable[[object], object]

_CACHED = 100_000  # distinct cells of a column in memory
_NULL_CHARS = 40  # a longer text is never a word for "unknown"
_ID_CHARS = 1_000  # some ids are addresses; a longer one is damage
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FURTHER = re.compile(r"(?<=\w)\s*[,;|/].*$", re.DOTALL)  # languages behind the first
_NO_UNIT = re.compile(r"[\s\d.,'+$\u00a0\u202f-]*", re.ASCII)
# More in a column of other units is a value without them: no film has cost or earned as much.
_MOST: Mapping[str, float] = {"vote_average": 10.0, "budget_usd": 1e10, "revenue_usd": 1e11}
_IMDB_ID = re.compile(r"tt[1-9]\d{6,8}|tt0\d{6}", re.ASCII)
_LISTS: Mapping[str, Parser] = {
    "genres": parse.genres,
    "keywords": parse.keywords,
    "directors": parse.directors,
    "cast": parse.cast,
    "countries": parse.countries,
}
_NUMBERS: Mapping[str, Callable[..., float | None]] = {
    "runtime_minutes": parse.minutes,
    "vote_average": parse.vote,
    "vote_count": parse.count,
    "popularity": parse.number,
    "budget_usd": parse.money,
    "revenue_usd": parse.money,
}
# Columns of numbers -> whether 0 means "unknown", as TMDB writes it.
_ZERO_IS_MISSING: Mapping[str, bool] = {
    "runtime_minutes": True,
    "vote_average": False,
    "vote_count": False,
    "popularity": False,
    "budget_usd": True,
    "revenue_usd": True,
}
_TYPED = frozenset({int, float, type(None)})
_EXACT = 2**53  # a float holds every whole number below
# Cells that repeat too seldom for a cache.
_UNCACHED = frozenset({"title", "overview", "tagline", "movie_id", "imdb_id", "tmdb_id"})


def _text(cell: object) -> str | None:
    """Return what `text` returns, without its slow checks where they find nothing."""
    if isinstance(cell, str) and cell.isascii():
        stripped = cell.strip(" \t\r\n")
        return None if stripped in ("", "\\N") else stripped
    return text(cell)


def _title(cell: object) -> str | None:
    """Return a title without the mark that MARC 21 writes before the statement of persons."""
    found = _text(cell)
    return found[:-2].rstrip() if found is not None and found.endswith(" /") else found


def _overview(cell: object) -> str | None:
    """Return an overview without the link that IMDb puts behind it."""
    if not isinstance(cell, str) or len(cell) < _NULL_CHARS:
        return None if is_null(cell) else parse.imdb_overview(cell)
    return parse.imdb_overview(cell) if "See full " in cell else _text(cell)


def _identifier(cell: object) -> str | None:
    if isinstance(cell, str) and cell.isascii() and cell.isdecimal():
        return cell
    if cell.__class__ is int and 0 <= cell < _EXACT:
        return str(cell)
    found = parse.identifier(cell)
    if found is not None and len(found) > _ID_CHARS:
        raise CellError(f"is too long for an id ({len(found)} characters)")
    if found is not None and not found.isprintable() and _CONTROL.search(found):
        raise CellError("is an id with control characters")
    return found


def _imdb_id(cell: object) -> str | None:
    if isinstance(cell, str) and _IMDB_ID.fullmatch(cell):
        return cell
    return parse.imdb_id(cell)


def _cut(parser: Parser, separator: str, cell: object) -> object:
    """Return the list of a cell whose column has one separator only."""
    if isinstance(cell, str) and separator in cell and not is_null(cell):
        return parser(cell.split(separator))
    # The column says what separates, so that a comma is part of a name.
    if isinstance(cell, str) and cell.lstrip()[:1] not in ("[", "{") and not is_null(cell):
        return parser([cell])
    return parser(cell)


def _scaled(
    target: str, parser: Callable[..., float | None], factor: float, cell: object
) -> float | None:
    """Return a number in the units of MOVIES; a text with a unit of its own is in that unit."""
    if isinstance(cell, str) and not _NO_UNIT.fullmatch(cell):
        return parser(cell)  # "96 min", "4/5" or "$1.2M" in a column of other units
    if target == "vote_count":
        parser = parse.number  # "12.5" in thousands is whole
    found = parser(cell)
    if found is None:
        return None
    # Exact: 73 / 10 is 7.3, and 1.1 million 1,100,000.
    scaled = float(Decimal(found) * Decimal(factor)) if factor > 1 else found / round(1 / factor)
    if scaled > _MOST.get(target, math.inf):
        raise CellError("is too much for the unit of its column")
    return round(scaled) if target == "vote_count" else scaled


def _language(cell: object) -> str | None:
    """Return a language; of a list or object, its first name."""
    if isinstance(cell, str) and cell.lstrip()[:1] not in ("[", "{"):
        return parse.language(_FURTHER.sub("", cell))
    listed = parse.names(cell)
    return parse.language(listed[0]) if listed else None


_TEXTS: Mapping[str, Parser] = {
    "title": _title,
    "overview": _overview,
    "tagline": _text,
    "language": _language,
    "poster_path": parse.known_text,
    "type": parse.known_text,
    "year": dates.year,
    "imdb_id": _imdb_id,
    "tmdb_id": parse.tmdb_id,
}


def _parser(target: str, name: str, use: ColumnUse, *, decimal_comma: bool) -> Parser:
    if target in _LISTS:
        separator = use.separators.get(name, "")
        return partial(_cut, _LISTS[target], separator) if separator else _LISTS[target]
    if target in _NUMBERS:
        factor = use.scales.get(name, 1.0)
        numeric = partial(_NUMBERS[target], decimal_comma=decimal_comma)
        return numeric if factor == 1.0 else partial(_scaled, target, numeric, factor)
    if target == "movie_id":
        like = {found.target for found in find_names(name)}
        return next((_TEXTS[key] for key in ("imdb_id", "tmdb_id") if key in like), _identifier)
    return _TEXTS[target]


class _Unreadable:
    """A cell that cannot be read, and why."""

    __slots__ = ("detail",)

    def __init__(self, detail: str) -> None:
        self.detail = detail


class CellReader:
    """Parses one column of a file for one column of MOVIES, chunk by chunk.

    Parameters
    ----------
    target : str
        Column of MOVIES, `imdb_id`, `tmdb_id` or `type`; not the date of release.
    name : str
        Column of the file.
    use : ColumnUse
        Its separators and scales.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    """

    def __init__(self, target: str, name: str, use: ColumnUse, *, decimal_comma: bool) -> None:
        self.target, self.name = target, name
        self._parser = _parser(target, name, use, decimal_comma=decimal_comma)
        self._cache: dict[object, object] | None = None if target in _UNCACHED else {}
        scaled = use.scales.get(name, 1.0) != 1.0
        self._zero = None if scaled else _ZERO_IS_MISSING.get(target)

    def read(
        self, cells: Sequence[object], first_row: int, tally: LossTally, source: str
    ) -> list[object]:
        """Return the values of consecutive rows, None where a cell is missing or unreadable.

        Parameters
        ----------
        cells : sequence of object
            One for each row.
        first_row : int
            Number of the first row, from 1.
        tally : LossTally
            Counts the cells that cannot be read.
        source : str
            Column `source` of the rows.
        """
        plain = self._plain_numbers(cells)
        if plain is not None:
            return plain
        values = self._cached(cells) if self._cache is not None else [*map(self._parse, cells)]
        lost = [i for i, value in enumerate(values) if value.__class__ is _Unreadable]
        for i in lost:
            bad = values[i]
            assert isinstance(bad, _Unreadable)
            tally.add(source, self.target, self.name, UNKNOWN, first_row + i, cells[i], bad.detail)
            values[i] = None
        return values

    def _plain_numbers(self, cells: Sequence[object]) -> list[object] | None:
        """Return numbers of typed files as their parsers do, or None if a cell must be parsed.

        A file of JSON or Parquet has up to six columns of numbers: calls for each of their cells
        took a fifth of the time from the file to its rows.
        """
        if self._zero is None or not set(map(type, cells)) <= _TYPED:
            return None
        try:
            numbers = np.array(cells, float)
        except OverflowError:  # a whole number of more than 308 digits
            return None
        known = ~np.isnan(numbers)
        if not (np.abs(numbers[known]) < _EXACT).all():
            return None
        if self.target == "vote_count" and (numbers[known] % 1).any():
            return None
        if self._zero:
            known &= numbers != 0
        kind = np.int64 if self.target == "vote_count" else np.float64
        values = np.where(known, numbers, 0).astype(kind).astype(object)
        values[~known] = None
        return list(values)

    def _cached(self, cells: Sequence[object]) -> list[object]:
        cache = self._cache
        assert cache is not None
        # Of equal keys such as 1, 1.0 and True only one would be parsed, so only texts are cached.
        texts = {cell for cell in cells if cell.__class__ is str}
        if len(cache) + len(texts) > _CACHED:
            cache.clear()
        cache[None] = None
        parse = self._parse
        for cell in texts - cache.keys():
            cache[cell] = parse(cell)
        if len(texts) == len(cells) or set(map(type, cells)) <= {str, type(None)}:
            return [*map(cache.__getitem__, cells)]
        return [
            cache[cell] if cell is None or cell.__class__ is str else self._parse(cell)
            for cell in cells
        ]

    def _parse(self, cell: object) -> object:
        if cell is None:
            return None
        if isinstance(cell, list) and len(cell) == 1 and self.target not in _LISTS:
            cell = cell[0]  # JSON of archives has a list for each value
        if isinstance(cell, bool) and self.target == "title":
            cell = str(cell)  # converters of CSV write the title "True" as true
        try:
            return self._parser(cell)
        except CellError as error:
            return _Unreadable(str(error))
