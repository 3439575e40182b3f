"""What the cells of a column say of the unit of its numbers, and of the order of its dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from pipeline.sources.files.column_names import find_names, normalize
from pipeline.sources.files.evidence import Evidence, numbers
from pipeline.sources.files.units import Unit
from pipeline.sources.parsing import cells as parse
from pipeline.sources.parsing.literals import CellError

__all__ = ["MEASURED", "plain_numbers", "runtime_unit", "unit_of", "vote_unit"]

# Columns of MOVIES whose numbers have units.
MEASURED = ("runtime_minutes", "vote_average", "vote_count", "budget_usd", "revenue_usd")
_PLAIN = re.compile(r"\s*\d{1,15}(?:[.,]\d{1,6})?\s*", re.ASCII)
_LENGTH = re.compile(r"length|lange|laenge|longueur|longitud|lunghezza|lengte|metr", re.ASCII)
_OF_FIVE = re.compile(r"letterboxd|(?:^|_)lb(?:_|$)|allocine|spectateurs|movielens|netflix|amazon")
_OF_TEN = re.compile(r"imdb|tmdb|douban|kinopoisk|filmaffinity|trakt")
_MOST = 0.5
_MINUTES = 1_000  # a median above it is not one of minutes
_SECONDS, _MILLISECONDS = (_MINUTES, 36_000), (600_000, 36_000_000)
_TICKS = (5e9, 3e11)
_HOURS = (1.0, 3.5)
_FEW, _MANY = 5, 100  # numbers below which cells say nothing of hours, and of votes of 5
_FIVE, _TEN, _HUNDRED = 5, 10, 100
_NEARLY_FIVE = 4.2  # of many films, the best reaches it where votes are of 5


def plain_numbers(seen: Evidence) -> list[float]:
    """Return the numbers above 0 of the cells that are nothing but numbers; empty if few are."""
    found: list[float] = []
    for cell in seen.present:
        if isinstance(cell, bool) or (isinstance(cell, str) and not _PLAIN.fullmatch(cell)):
            continue
        try:
            value = parse.number(cell, decimal_comma=seen.decimal_comma)
        except CellError:
            continue
        found.append(value or 0.0)
    return [v for v in found if v > 0] if len(found) > _MOST * len(seen.present) else []


def runtime_unit(name: str, seen: Evidence, named: str) -> Unit | None:
    """Return the unit of a column of runtimes by its cells; None if they are minutes.

    Parameters
    ----------
    name : str
        Column of the file.
    seen : Evidence
        Its cells.
    named : str
        Unit that its name says, such as "in seconds"; empty if none.

    Examples
    --------
    >>> runtime_unit("runtime", Evidence([5760, 6060]), "").says
    'in seconds, since half of its numbers are above 5,910'
    >>> runtime_unit("Length (m)", Evidence([2650]), "").factor
    0.0
    """
    if named not in ("", "in minutes"):
        return None
    numbers = plain_numbers(seen)
    middle = median(numbers) if numbers else 0.0
    if middle > _MINUTES:
        why = f"half of its numbers are above {middle:,.0f}"
        for unit, factor, (low, high) in (
            ("seconds", 1 / 60, _SECONDS),
            ("milliseconds", 1 / 60_000, _MILLISECONDS),
            ("ticks", 1 / 600_000_000, _TICKS),
        ):
            if low < middle <= high and not named and not _LENGTH.search(normalize(name)):
                return Unit(factor, f"in {unit}, since {why}")
        return Unit(0.0, f"not in minutes, since {why}")
    fractions = [v % 1 for v in numbers if not v.is_integer()]
    low, high = _HOURS
    inside = sum(low <= v <= high for v in numbers)
    if not named and len(numbers) >= _FEW and inside == len(numbers) < 2 * len(fractions):
        if max(fractions) >= 0.6:
            return Unit(60.0, f"in hours, since all are between {low:g} and {high:g}")
        return Unit(0.0, "in hours, or in hours and minutes, which the cells do not show")
    return None


def vote_unit(name: str, seen: Evidence, named: str, columns: Sequence[str]) -> Unit | None:
    """Return the scale of a column of votes by its cells; None if they are of 0 to 10.

    Parameters
    ----------
    name : str
        Column of the file.
    seen : Evidence
        Its cells.
    named : str
        Scale that its name says, such as "of 5"; empty if none.
    columns : sequence of str
        All columns of the table; one of Letterboxd says that votes are of 5.
    """
    values = [v for v in numbers(seen) if v > 0]
    if named or not values:
        return None
    most = max(values)
    high = sum(_TEN < v <= _HUNDRED for v in values)
    if high > _MOST * len(values) and most <= _HUNDRED:
        return Unit(1 / _TEN, "votes of 0 to 100")
    own = normalize(name)
    if most > _FIVE or _OF_TEN.search(own):
        return None
    by_name = _OF_FIVE.search(own) or any("letterboxd" in normalize(c) for c in columns)
    if by_name:
        return Unit(2.0, "votes of 0 to 5, as its service has them")
    if len(values) >= _MANY and most > _NEARLY_FIVE:
        return Unit(2.0, f"votes of 0 to 5, since none of the first {len(values)} is higher")
    return None


def unit_of(target: str, name: str, seen: Evidence, columns: Sequence[str]) -> Unit:
    """Return the unit of a column: what its name says, else what its cells say.

    Returns
    -------
    Unit
        Factor 1 and no words where neither says anything.
    """
    like = next((found for found in find_names(name) if found.target == target), None)
    named = like.unit if like is not None else ""
    own = Unit(like.scale, named) if like is not None else Unit(1.0, "")
    if target == "runtime_minutes":
        return runtime_unit(name, seen, named) or own
    if target == "vote_average":
        return vote_unit(name, seen, named, columns) or own
    return own
