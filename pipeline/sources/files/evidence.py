"""What the cells of a column say about it: texts, numbers, addresses, certificates, types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from statistics import median

from pipeline.sources.files.column_names import normalize
from pipeline.sources.files.film_types import fold_type, known_kinds
from pipeline.sources.parsing import cells as parse
from pipeline.sources.parsing import dates
from pipeline.sources.parsing.literals import CellError, is_null

__all__ = ["Evidence", "numbers", "objection", "same_years"]

Parser = Callable[[object], object]

_ADDRESS = re.compile(r"\s*(?:https?:)?//\S+|\s*www\.\S+", re.IGNORECASE)
_PERSON_ID = re.compile(
    r"\s*\[?['\"]?(?:nm|co|ch|Q)?\d+['\"]?(?:\s*[,|;]\s*['\"]?(?:nm|co|ch|Q)?\d+['\"]?)*\]?\s*"
)
_IMDB_ID = re.compile(r".*\btt\d{5,9}\b.*|\s*\d{5,9}(?:\.0)?\s*", re.DOTALL)
_TT = re.compile(r"tt\d{6,9}")
_YES_NO = frozenset({"true", "false", "yes", "no"})
_ENTITY = re.compile(r"&#?\w{1,8};")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_AGES = frozenset({0, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21})
_FIRST_YEAR, _LAST_YEAR = 1870, 2100
_TITLE_CHARS = 250  # mean of a column of titles; longer texts are descriptions
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
_OVERVIEW_WORDS = 8  # mean of a column of texts that is not named like an overview
_MOST = 0.5
_FEW = 10  # with fewer cells, repeated values say nothing
_TENS = 10
_PIVOT = 30  # century of two-digit years; here it decides nothing


class Evidence:
    """The first cells of a column.

    Parameters
    ----------
    cells : sequence of object
        Cells in the order of the file, with None where a row lacks it.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    """

    def __init__(self, cells: Sequence[object], *, decimal_comma: bool = False) -> None:
        self.cells, self.decimal_comma = cells, decimal_comma
        self.present = [cell for cell in cells if not is_null(cell)]
        self.fill = len(self.present) / len(cells) if cells else 0.0

    def share(self, test: Callable[[object], bool]) -> float:
        """Return the share of the present cells that pass a test; 0 if there are none."""
        return sum(map(test, self.present)) / len(self.present) if self.present else 0.0

    def readable(self, parser: Parser) -> float:
        """Return the share of the present cells from which `parser` gets a value."""

        def reads(cell: object) -> bool:
            try:
                return parser(cell) is not None
            except CellError:
                only = _only_text(cell)
                return only is not cell and reads(only)

        return self.share(reads)

    @cached_property
    def texts(self) -> list[str]:
        """The cells that are texts, or lists of one text."""
        return [cell for cell in map(_only_text, self.present) if isinstance(cell, str)]

    @cached_property
    def chars(self) -> float:
        """Median number of characters of the texts; one huge text does not change it."""
        return float(median(map(len, self.texts))) if self.texts else 0.0

    @cached_property
    def words(self) -> float:
        """Median number of words of the texts; two characters of Chinese count as one."""
        if not self.texts:
            return 0.0
        return float(median(max(len(t.split()), len(_CJK.findall(t)) / 2) for t in self.texts))

    @cached_property
    def distinct(self) -> float:
        """Share of the present cells that are different."""
        return len({str(cell) for cell in self.present}) / len(self.present) if self.present else 1

    @property
    def has_imdb_ids(self) -> bool:
        """Whether most cells are ids of IMDb such as tt0133093."""
        return self.share(lambda c: isinstance(c, str) and bool(_TT.fullmatch(c.strip()))) >= _MOST

    @property
    def repeats(self) -> bool:
        """Whether most values occur more than once, so that they identify no film."""
        return len(self.present) >= _FEW and self.distinct < _MOST

    @cached_property
    def separator(self) -> str:
        """The only separator of the lists in this column, `|` or `;`; empty if not decided."""
        texts = [t for t in self.texts if not t.lstrip().startswith(("[{", "{", "['", '["'))]
        if any("|" in text for text in texts):
            return "|"
        cut = [text for text in texts if ";" in _ENTITY.sub("", text)]
        return ";" if len(cut) * _TENS >= len(texts) and len(cut) > 1 else ""


def _only_text(cell: object) -> object:
    return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell


def objection(target: str, name: str, seen: Evidence, *, weak: bool) -> str:
    """Return why the cells of a column cannot be those of `target`; empty if they can.

    Parameters
    ----------
    target : str
        Column of MOVIES, `imdb_id`, `tmdb_id` or `type`.
    name : str
        Column of the file.
    seen : Evidence
        Its first cells.
    weak : bool
        Whether the name means something else in many files; then most cells must fit, else one.
    """
    own_name = target in ("title", "overview") and normalize(name) == target
    if not seen.present or (own_name and seen.share(_is_structure) < _MOST):
        return "its first cells are empty" if weak else ""
    if target in _NUMERIC or target in _DATES:
        return _not_numeric(target, seen, weak=weak)
    if target in ("movie_id", "imdb_id", "tmdb_id"):
        return _not_an_id(target, seen, weak=weak)
    if target == "type":
        known = seen.share(lambda cell: isinstance(cell, str) and fold_type(cell) in known_kinds())
        return "" if known >= _MOST else "its cells are no types such as movie or TV show"
    if target in ("genres", "keywords", "directors", "cast", "countries"):
        return _not_names(target, name, seen, weak=weak)
    return _not_text(target, seen, weak=weak)


def _not_text(target: str, seen: Evidence, *, weak: bool) -> str:
    if seen.share(_is_address) >= _MOST:
        return "its cells are addresses"
    if target in ("title", "overview", "tagline") and seen.share(_is_structure) >= _MOST:
        return "its cells are lists or objects"
    if target in ("title", "overview") and seen.share(_is_code) >= _MOST:
        return "its cells are ids"
    if target == "title":
        return _no_title(seen, weak=weak)
    return _no_overview(seen, weak=weak) if target == "overview" else ""


def _no_title(seen: Evidence, *, weak: bool) -> str:
    if seen.chars > _TITLE_CHARS:
        return f"its texts are too long for titles ({seen.chars:.0f} characters)"
    return "its values repeat" if weak and seen.repeats else ""


def _no_overview(seen: Evidence, *, weak: bool) -> str:
    if seen.readable(parse.number) >= _MOST:
        return "its cells are numbers"
    if weak and seen.words < _OVERVIEW_WORDS:
        return f"its texts are too short for overviews ({seen.words:.0f} words)"
    return ""


def _is_address(cell: object) -> bool:
    return isinstance(cell, str) and bool(_ADDRESS.fullmatch(cell))


def _is_structure(cell: object) -> bool:
    return isinstance(_only_text(cell), list | Mapping)


def _is_code(cell: object) -> bool:
    return isinstance(cell, str) and bool(
        re.fullmatch(r"(?:tt|Q|nm)\d{2,}|/[mg]/\w+", cell.strip())
    )


def _not_an_id(target: str, seen: Evidence, *, weak: bool) -> str:
    if seen.share(lambda cell: isinstance(cell, list | Mapping | bool)) >= _MOST:
        return "its cells are lists or objects"
    if target == "imdb_id":
        fits = seen.share(_may_be_imdb_id)
        return "" if fits >= _MOST else "its cells are no ids of IMDb"
    if target == "tmdb_id":
        fits = seen.readable(parse.tmdb_id)
        return "" if fits >= _MOST else "its cells are no ids of TMDB"
    if seen.words > 3 or (weak and seen.words > 1):
        return "its texts are no ids"
    if weak and (seen.distinct < 1 or seen.share(_looks_like_id) < _MOST):
        return "its cells are no ids"
    return ""


def _may_be_imdb_id(cell: object) -> bool:
    return isinstance(cell, int) or bool(_IMDB_ID.fullmatch(str(cell)))


def _looks_like_id(cell: object) -> bool:
    text = str(cell).strip()
    return bool(re.fullmatch(r"(?:https?://\S+/)?[A-Za-z]{0,3}[-_]?\d+(?:\.0)?/?|/[mg]/\w+", text))


def _not_names(target: str, name: str, seen: Evidence, *, weak: bool) -> str:
    if target != "genres" and seen.share(_is_number_or_id) >= _MOST:
        return "its cells are ids or numbers, not names"
    if seen.share(_is_address) >= _MOST:
        return "its cells are addresses"
    if seen.share(_is_yes_or_no) >= _MOST:
        return "its cells are yes or no, not names"
    if normalize(name) in ("crew", "credits", "people") and not seen.readable(_structured):
        return "its cells are no lists of persons with their jobs"
    if weak and (seen.chars > _TITLE_CHARS / 2 or not seen.texts):
        return "its cells are no lists of names"
    return ""


def _is_yes_or_no(cell: object) -> bool:
    return isinstance(cell, bool) or (isinstance(cell, str) and cell.strip().lower() in _YES_NO)


def _is_number_or_id(cell: object) -> bool:
    if isinstance(cell, str):
        return bool(_PERSON_ID.fullmatch(cell) or _DECIMAL.fullmatch(cell.strip()))
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _structured(cell: object) -> object:
    """Return the cell if it is a list or object, also as text."""
    if isinstance(cell, str) and cell.lstrip()[:1] not in "[{":
        return None
    return cell


def _is_year(cell: object) -> object:
    found = dates.year(cell)
    return found if found is not None and _FIRST_YEAR <= found <= _LAST_YEAR else None


def _is_date(cell: object) -> object:
    return dates.date(cell, pivot=_PIVOT)[1]


_DATES: Mapping[str, tuple[Parser, str]] = {
    "year": (_is_year, "years"),
    "release_date": (_is_date, "dates"),
}
_NUMERIC: Mapping[str, tuple[Callable[..., float | None], str]] = {
    "runtime_minutes": (parse.minutes, "durations"),
    "vote_average": (parse.vote, "votes"),
    "vote_count": (parse.count, "counts"),
    "popularity": (parse.number, "numbers"),
    "budget_usd": (parse.money, "amounts in US dollars"),
    "revenue_usd": (parse.money, "amounts in US dollars"),
}


def _not_numeric(target: str, seen: Evidence, *, weak: bool) -> str:
    if target in _DATES:
        parser, kind = _DATES[target]
    else:
        numeric, kind = _NUMERIC[target]
        parser = partial(numeric, decimal_comma=seen.decimal_comma)
    if target == "vote_average" and weak:
        if seen.share(parse.is_certificate) > 1 / _TENS:
            return "its cells are certificates of age, not votes"
        values = numbers(seen)
        if values and max(values) > _TENS and set(values) <= _AGES:
            return "its cells are certificates of age, not votes"
    # A 0 stands for "unknown" and is no reason against a column.
    share = seen.readable(lambda cell: 0 if str(cell) in ("0", "0.0") else parser(cell))
    return "" if share >= (_MOST if weak else 1e-9) else f"its cells are no {kind}"


def same_years(pairs: Sequence[tuple[object, object]]) -> bool:
    """Return whether most dates lie in the year beside them, or none can be compared.

    Parameters
    ----------
    pairs : sequence of (object, object)
        Cell of a year, cell of a date.
    """
    compared = agreeing = 0
    for year_cell, date_cell in pairs:
        try:
            year, found = dates.year(year_cell), dates.date(date_cell, pivot=_PIVOT)[1]
        except CellError:
            continue
        if year is not None and found is not None:
            compared += 1
            agreeing += year == found
    return agreeing >= _MOST * compared


def numbers(seen: Evidence) -> list[float]:
    """Return the numbers of the cells that can be read as numbers."""
    out = []
    for cell in seen.present:
        try:
            found = parse.number(cell, decimal_comma=seen.decimal_comma)
        except CellError:
            continue
        if found is not None:
            out.append(found)
    return out
