"""Columns that the first rows do not show: keys of later objects, cells that start late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.sources.files.column_names import NamedLike, find_names
from pipeline.sources.files.column_plan import ColumnPlan, ColumnUse
from pipeline.sources.files.details.cells import MEASURED, unit_of
from pipeline.sources.files.details.choice import detailed
from pipeline.sources.files.evidence import Evidence, objection

__all__ = ["late_columns", "unfilled"]

_DERIVED = 1_000  # see `column_names`
_MOST_UNUSED = 1_000  # names of columns that give nothing; documents may have a key for each user
_IN_LATER_ROWS = "in later rows"
# Columns that have no fallback: a number of another authority has another scale.
_SINGLE = ("movie_id", "tagline", "type", "popularity", *MEASURED)


@lru_cache(4_096)
def _targets(name: str) -> tuple[NamedLike, ...]:
    return tuple(like for like in find_names(name) if like.weak or like.rank < _DERIVED)


def unfilled(seen: Mapping[str, Evidence], not_used: Mapping[str, str]) -> frozenset[str]:
    """Return the columns without cells in the first rows that are named like one of MOVIES."""
    return frozenset(name for name in not_used if not seen[name].present and _targets(name))


def late_columns(
    plan: ColumnPlan, cells: Mapping[str, Sequence[object]], *, decimal_comma: bool = False
) -> ColumnPlan:
    """Return the plan with the columns that have their first cells in these rows.

    They are used after the columns that were found before, in order of their names, where their
    cells fit.

    Parameters
    ----------
    plan : ColumnPlan
        The plan so far.
    cells : Mapping of str to sequence of object
        Column -> cells of consecutive rows.
    decimal_comma : bool
        Whether numbers have a decimal comma.

    Returns
    -------
    ColumnPlan
        The same object where nothing is new.
    """
    known = {*plan.not_used, *plan.wanted, *(n for use in plan.uses.values() for n in use.names)}
    new = [name for name in cells if name not in known]
    filled = [n for n in plan.pending if n in cells and _has_cells(cells[n])]
    if not new and not filled:
        return plan
    uses, not_used = dict(plan.uses), dict(plan.not_used)
    if len(not_used) < _MOST_UNUSED:
        not_used |= dict.fromkeys((name for name in new if not _targets(name)), "")
    named = [name for name in (*new, *filled) if _targets(name)]
    found = {n: Evidence(cells[n], decimal_comma=decimal_comma) for n in named}
    found = {name: own for name, own in found.items() if own.present}
    if not found and len(not_used) == len(plan.not_used):
        return plan
    seen = {**plan.evidence, **found}
    for name in sorted(found, key=lambda n: _targets(n)[0].rank):
        used = [target for target, use in uses.items() if name in use.names]
        for target in used:
            uses[target] = _with_units(target, uses[target], name, seen)
        if not used:
            not_used[name] = _add(uses, name, seen)
    used_names = {name for use in uses.values() for name in use.names}
    return replace(
        plan,
        uses=uses,
        not_used={name: why for name, why in not_used.items() if name not in used_names},
        pending=plan.pending - set(found),
        evidence=seen,
        examples={**plan.examples, **{name: own.present[0] for name, own in found.items()}},
    )


def _has_cells(cells: Sequence[object]) -> bool:
    return len(cells) > cells.count(None) + cells.count("")


def _add(uses: dict[str, ColumnUse], name: str, seen: Mapping[str, Evidence]) -> str:
    """Add a column to the first use that it may have; return why it is not used, empty if it is."""
    why = ""
    for like in _targets(name):
        target = like.target
        own = uses.get(target)
        if own is not None and (target in _SINGLE or own.gather or like.weak):
            why = why or f"another column gives {target}"
            continue
        against = objection(target, name, seen[name], weak=like.weak)
        if not against and target in MEASURED:
            unit = unit_of(target, name, seen[name], list(seen))
            against = "" if unit.factor else f"its numbers are {unit.says}"
        if against:
            why = why or against
            continue
        if own is None:
            own = ColumnUse((), f"named like {target}, {_IN_LATER_ROWS}", weak=like.weak)
        names = (*own.names, name)
        uses[target] = _with_units(target, replace(own, names=names), name, seen)
        return ""
    return why


def _with_units(target: str, use: ColumnUse, name: str, seen: Mapping[str, Evidence]) -> ColumnUse:
    """Return the use with the details of one of its columns."""
    alone = detailed(target, replace(use, names=(name,), reason=""), {name: seen[name]})
    reason = use.reason + (alone.reason if alone.reason not in use.reason else "")
    return replace(
        use,
        scales={**use.scales, **alone.scales},
        separators={**use.separators, **alone.separators},
        day_first=use.day_first | alone.day_first,
        reason=reason,
    )
