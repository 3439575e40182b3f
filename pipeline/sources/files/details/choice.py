"""How the cells of the chosen columns are read: separators, units and the order of dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.sources.files.column_plan import ColumnUse
from pipeline.sources.files.details.cells import MEASURED, unit_of
from pipeline.sources.files.evidence import Evidence
from pipeline.sources.parsing.dates import date_order

__all__ = ["LISTS", "detailed", "ordered"]

_FEW, _NEARLY_ALL = 3, 0.9
# A family name of one word, a comma, and one or two given names.
_TURNED = re.compile(r"\s*[^\W\d]+(?:['\u2019-][^\W\d]+)*,\s*[^\W\d]+\.?(?:[ -][^\W\d]+\.?)?\s*")

LISTS = ("genres", "keywords", "directors", "cast", "countries")


def detailed(target: str, use: ColumnUse, seen: Mapping[str, Evidence]) -> ColumnUse:
    """Return a use with what names and cells say of separators, units and dates, and the reason.

    Parameters
    ----------
    target : str
        Column of MOVIES.
    use : ColumnUse
        The columns of the file.
    seen : Mapping of str to Evidence
        Cells of the columns of the table.
    """
    found = {name: seen[name] for name in use.names if name in seen}
    if target in LISTS:
        cut = {name: _separator(target, cells) for name, cells in found.items()}
        return replace(use, separators={name: mark for name, mark in cut.items() if mark})
    if target in MEASURED:
        units = {name: unit_of(target, name, f, list(seen)) for name, f in found.items()}
        scales = {name: u.factor for name, u in units.items() if u.factor not in (0.0, 1.0)}
        says = _says({name: unit.says for name, unit in units.items()}, use)
        return replace(use, scales={**use.scales, **scales}, reason=use.reason + says)
    if target in ("release_date", "year"):
        for name, cells in found.items():
            use = ordered(use, name, cells.present)
    return use


def _separator(target: str, cells: Evidence) -> str:
    """Return the only separator of the lists in a column; empty if it is not decided.

    Where nearly every director is "Quill, Ada", the comma is part of the name.
    """
    found = cells.separator
    if found == "|" or target != "directors" or len(cells.texts) < _FEW:
        return found
    people = [person for text in cells.texts for person in text.split(";")]
    turned = sum(_TURNED.fullmatch(person) is not None for person in people)
    return ";" if turned >= _NEARLY_ALL * len(people) else found


def _says(words: Mapping[str, str], use: ColumnUse) -> str:
    known = {name: said for name, said in words.items() if said}
    if len(use.names) == 1:
        return "".join(f"; {said}" for said in known.values())
    return "".join(f"; {name!r} {said}" for name, said in known.items())


def ordered(use: ColumnUse, name: str, cells: Iterable[object]) -> ColumnUse:
    """Return the use of a column of dates with the order that its cells show."""
    order = date_order(cells)
    unclear = use.unclear_order - {name}
    if order == "unclear":
        return replace(use, unclear_order=unclear | {name})
    if not order:
        return replace(use, unclear_order=unclear)
    day_first = use.day_first | {name} if order == "day" else use.day_first
    reason = f"{use.reason}; the {order} comes first in dates such as 3/4/1994"
    return replace(use, day_first=day_first, unclear_order=unclear, reason=reason)
