"""The role of each table of a source: films, side tables that fill films, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.sources.base import TableSummary
from pipeline.sources.files.column_maps import explain_missing, guess_map
from pipeline.sources.files.column_names import normalize
from pipeline.sources.files.column_plan import KEYS, TARGETS, ColumnPlan
from pipeline.sources.files.details.other_tables import (
    is_lookup,
    is_of_other_things,
    is_of_persons,
)
from pipeline.sources.files.side_tables import is_of_other_titles, side_plan
from pipeline.sources.forms import RawTable, TableForm

__all__ = ["PlannedTable", "assign_roles", "describe_form"]

_UNITS = "its numbers are "
_SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}
_IDENTITY = ("movie_id", "title", "year", "type", *KEYS)


@dataclass(frozen=True)
class PlannedTable:
    """A table of a source, and how its rows are read.

    Attributes
    ----------
    label : str
        Value of column `source`.
    table : RawTable or None
        None for a file that is no table.
    plan : ColumnPlan or None
        None for a file that is no table.
    role : str
        "films", "fills", "not read", or "unclear" where a table looks like one of films, but title
        or overview are not found.
    notes : tuple of str
        What a user should know, such as why a table is not read.
    missing : str
        Which of title and overview are not found, and what to write; empty where that is right.
    """

    label: str
    table: RawTable | None
    plan: ColumnPlan | None
    role: str
    notes: tuple[str, ...] = ()
    missing: str = ""

    def summary(self) -> TableSummary:
        """Return what the table is, and what becomes of its columns."""
        if self.table is None or self.plan is None:
            return TableSummary(self.label, "", "not read", {}, (), self.notes)
        used = self.role in ("films", "fills")
        columns = {target: use.names for target, use in self.plan.uses.items()} if used else {}
        notes = [*self.table.form.notes, *self.notes]
        notes += [self.missing] if self.missing else []
        if used:
            notes += _of_units(self.plan)
        if self.role == "films":
            absent = [name for name in TARGETS if name not in columns and name != "movie_id"]
            notes += [f"no column for {', '.join(absent)}"] if absent else []
        return TableSummary(
            self.label,
            describe_form(self.table.form),
            "not read" if self.role == "unclear" else self.role,
            columns,
            tuple(self.plan.not_used) if used else tuple(self.table.columns),
            tuple(notes),
        )


def _of_units(plan: ColumnPlan) -> list[str]:
    """Return what the cells say of units, which a user should check."""
    unused = [
        f"{n!r} is not used: {why}" for n, why in plan.not_used.items() if why.startswith(_UNITS)
    ]
    chosen = [
        f"{use.names[0]!r} is read{why}"
        for use in plan.uses.values()
        for why in use.reason.split(";")
        if ", since " in why
    ]
    return unused + chosen


def describe_form(form: TableForm) -> str:
    """Return how a table is written, as in "CSV, gzip, utf-8, separated by semicolons".

    Examples
    --------
    >>> describe_form(TableForm("CSV", encoding="utf-8", separator=";"))
    'CSV, utf-8, separated by semicolons'
    """
    separator = _SEPARATORS.get(form.separator, form.separator)
    parts = [form.kind, form.compression, form.encoding]
    return ", ".join([*filter(None, parts), *([f"separated by {separator}"] if separator else [])])


def assign_roles(tables: Sequence[PlannedTable]) -> list[PlannedTable]:
    """Return the tables of one source with their roles.

    A table with titles and overviews has films. A table with an id and other columns fills films.
    Where no table has both, the one with titles has the films, and the ones with texts fill them.

    Parameters
    ----------
    tables : sequence of PlannedTable
        Any role; "not read" stays.
    """
    roles = _without_other_things([_role(table) for table in tables])
    films = [i for i, table in enumerate(roles) if table.role == "films"]
    if not films:
        texts = [t for t in roles if t.role == "fills" and "overview" in _uses(t)]
        titled = [i for i, t in enumerate(roles) if t.role == "fills" and "title" in _uses(t)]
        if texts and titled:
            first = max(titled, key=lambda i: (len(_uses(roles[i])), -i))
            note = "its overviews are in " + ", ".join(table.label for table in texts)
            roles[first] = replace(roles[first], role="films", notes=(*roles[first].notes, note))
            films = [first]
    if films:
        titled_films = all("title" in _uses(roles[i]) for i in films)
        roles = [_beside_films(table, titled=titled_films) for table in roles]
    own = {_id_name(roles[i]) for i in films}
    joined = any(key in _uses(roles[i]) for i in films for key in KEYS)
    return [
        _join_by_keys(table, own) if table.role == "fills" and films and joined else table
        for table in roles
    ]


def _without_other_things(tables: list[PlannedTable]) -> list[PlannedTable]:
    """Return the tables without those of persons, genres or reviews beside tables of films."""
    reasons = ["" if t.role == "not read" else _other_things(t) for t in tables]
    films = [t.role == "films" and not why for t, why in zip(tables, reasons, strict=True)]
    if not any(films):
        return tables
    return [
        replace(t, role="not read", notes=(*t.notes, f"not read: {why}"), missing="") if why else t
        for t, why in zip(tables, reasons, strict=True)
    ]


def _other_things(table: PlannedTable) -> str:
    plan = table.plan
    if plan is None:
        return ""
    if table.role == "fills":
        lookup = is_lookup(table.label, plan)
        return "its ids are those of its own rows, not of films" if lookup else ""
    return is_of_other_things(table.label, plan)


def _beside_films(table: PlannedTable, *, titled: bool) -> PlannedTable:
    """Return a table without what would be wrong with it if it were alone."""
    uses = _uses(table)
    guess = guess_map(table.plan) if table.plan is not None else {}
    if table.role == "unclear" and "title" in uses and "overview" in guess:
        return table  # films whose overviews are not found
    # Names by number are those of genres or persons as often as of films, and films have theirs.
    named = table.role == "fills" and titled and not uses - {"movie_id", "title", "type"}
    if table.role != "unclear" and not named:
        return replace(table, missing="")
    note = "not read: it has nothing that fills films"
    return replace(table, role="not read", notes=(*table.notes, note), missing="")


def _uses(table: PlannedTable) -> frozenset[str]:
    return frozenset(table.plan.uses) if table.plan is not None else frozenset()


def _id_name(table: PlannedTable) -> str:
    use = table.plan.uses.get("movie_id") if table.plan is not None else None
    return normalize(use.names[0]) if use else ""


def _role(table: PlannedTable) -> PlannedTable:
    plan, raw = table.plan, table.table
    if plan is None or raw is None or table.role == "not read":
        return replace(table, role="not read")
    if plan.has_films:
        return replace(table, role="films")
    why = _why_not_read(table.label, plan)
    if why:
        return replace(table, role="not read", notes=(*table.notes, f"not read: {why}"))
    missing = explain_missing(plan, raw.columns)
    guess = guess_map(plan)
    looks_like_films = ("title" in plan.uses and "overview" in guess) or (
        "overview" in plan.uses and "title" in guess and not plan.has_id
    )
    strong = side_plan(plan, table.label)
    useful = [target for target in strong.uses if target not in _IDENTITY]
    ids = {strong.uses[key].names[0] for key in ("movie_id", *KEYS) if key in strong.uses}
    fills = useful or "title" in strong.uses or len(ids) > 1  # two ids are links
    if not looks_like_films and strong.has_id and fills:
        return replace(table, role="fills", plan=strong, missing=missing)
    return replace(table, role="unclear", missing=missing)


def _why_not_read(label: str, plan: ColumnPlan) -> str:
    """Return why a table is not one of this catalogue; empty if it may be."""
    if plan.users:
        return f"its rows belong to users (column {plan.users!r})"
    return is_of_other_titles(label, plan) or is_of_persons(plan)


def _join_by_keys(table: PlannedTable, own: set[str]) -> PlannedTable:
    """Return a side table without its own id where an id of an authority is the safer one.

    The column `movieId` of a table of links is not the `id` of the films beside it.
    """
    plan = table.plan
    if plan is None or _id_name(table) in own or not any(key in plan.uses for key in KEYS):
        return table
    use = plan.uses.get("movie_id")
    if use is None or any(use.names[0] in plan.uses[key].names for key in KEYS if key in plan.uses):
        return table
    uses = {target: found for target, found in plan.uses.items() if target != "movie_id"}
    unused = {use.names[0]: "ids of another authority"} | dict(plan.not_used)
    return replace(table, plan=replace(plan, uses=uses, not_used=unused))
