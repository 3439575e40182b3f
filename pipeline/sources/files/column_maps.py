"""Column maps: those of the settings that apply to a table, and those to paste for unclear ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath

from pipeline.errors import SettingsError, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.files.column_names import find_names, nearest_names, normalize
from pipeline.sources.files.column_plan import KEYS, TARGETS, ColumnPlan
from pipeline.sources.files.evidence import Evidence, objection

__all__ = [
    "check_mapped",
    "check_maps",
    "explain_missing",
    "fitting_map",
    "guess_map",
    "looks_headless",
    "map_of",
    "resolve_map",
    "to_toml",
]

_CELL = re.compile(r"[-+]?[\d.,:/-]*\d|[{\[].*[}\]]|/\w+/\w+|https?://.*", re.DOTALL)
_SHOWN_COLUMNS = 20
_OVERVIEW_WORDS, _TITLE_WORDS = 8, 9
_MOST_REPEATED = 0.5  # share of distinct cells up to which a column is rather one of types
_HEADER_CHARS = 60  # a longer name of a column is rather a cell of a file without header


def check_maps(settings: SourceSettings) -> None:
    """Raise `SettingsError` if a map names a column that MOVIES does not have."""
    allowed = [*TARGETS, *KEYS, "type"]
    maps = {"source.column_map": settings.column_map} | {
        f"source.table_maps.{name!r}": found for name, found in settings.table_maps.items()
    }
    for where, found in maps.items():
        unknown = sorted(set(found) - set(allowed))
        if unknown:
            near = nearest_names(unknown[0], allowed)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise SettingsError(f"setting {where}: {unknown} unknown{hint}; there are {allowed}")


def map_of(label: str, settings: SourceSettings) -> dict[str, str]:
    """Return the column map of a file: that of `source.table_maps` for its name, else the general.

    Examples
    --------
    >>> maps = {"plot*": {"overview": "2"}}
    >>> map_of("cmu/plot_summaries.txt", SourceSettings(table_maps=maps))
    {'overview': '2'}
    """
    for pattern, own in settings.table_maps.items():
        if fnmatch(label, pattern) or fnmatch(PurePosixPath(label).name, pattern):
            return dict(own)
    return dict(settings.column_map)


def resolve_map(wanted: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return the part of a map whose columns the table has, in the spelling of the table."""
    by_key = {normalize(name): name for name in reversed(columns)}
    found = {}
    for target, name in wanted.items():
        own = name if name in columns else by_key.get(normalize(name) or "\0")
        if own is not None:
            found[target] = own
    return found


def fitting_map(
    mapped: Mapping[str, str], sample: Mapping[str, Sequence[object]]
) -> dict[str, str]:
    """Return a map without columns that are named by number and whose cells do not fit."""
    return {
        target: name
        for target, name in mapped.items()
        if not name.isdigit()
        or not objection(target, name, Evidence(sample.get(name, ())), weak=False)
    }


def guess_map(plan: ColumnPlan) -> dict[str, str]:
    """Return the columns that are probably title and overview, by their cells alone."""
    guess = {target: use.names[0] for target, use in plan.uses.items() if target in TARGETS}
    texts = {
        name: seen
        for name, seen in plan.evidence.items()
        if name in plan.not_used and seen.texts and 2 * len(seen.texts) >= len(seen.present)
    }
    if "overview" not in guess:
        long = [name for name in texts if texts[name].words >= _OVERVIEW_WORDS]
        if long:
            guess["overview"] = max(long, key=lambda n: texts[n].words * texts[n].fill)
    if "title" not in guess:
        short = [
            name
            for name, seen in texts.items()
            if 0 < seen.words <= _TITLE_WORDS
            and not seen.repeats
            and (seen.distinct > _MOST_REPEATED or len(seen.present) == 1)
            and not plan.not_used[name]
            and sum(map(str.isalpha, "".join(seen.texts))) > sum(map(len, seen.texts)) / 2
        ]
        if short:
            guess["title"] = short[0]
    return {target: guess[target] for target in TARGETS if target in guess}


def to_toml(columns: Mapping[str, str]) -> str:
    """Return a column map as it is pasted into the settings.

    Examples
    --------
    >>> to_toml({"title": "Name"})
    'column_map = { title = "Name" }'
    """
    quoted = {
        target: name.replace("\\", "\\\\").replace('"', '\\"') for target, name in columns.items()
    }
    inner = ", ".join(f'{target} = "{name}"' for target, name in quoted.items())
    return f"column_map = {{ {inner} }}"


def explain_missing(plan: ColumnPlan, columns: Sequence[str]) -> str:
    """Return which columns are not found, what the table has, and what to write; one line."""
    missing = [target for target in ("title", "overview") if target not in plan.uses]
    shown = ", ".join(repr(name[:_HEADER_CHARS]) for name in columns[:_SHOWN_COLUMNS])
    more = len(columns) - _SHOWN_COLUMNS
    guess = guess_map(plan)
    found = [f"{guess[target]!r} is probably the {target}" for target in missing if target in guess]
    example = {"title": "Name", "overview": "Plot"} | {
        target: guess[target] for target in ("title", "overview") if target in guess
    }
    headless = looks_headless(columns)
    if headless:
        example = {"title": "2", "overview": "3"} | {
            target: str(columns.index(name) + 1)
            for target, name in guess.items()
            if target in missing and name in columns
        }
    for_example = "for example " if len(found) < len(missing) else ""
    pasted = {target: example[target] for target in missing}
    return (
        f"no column for {' and '.join(missing)}; the file has {shown or 'no columns'}"
        + (f" and {more} more" if more > 0 else "")
        + "".join(f"; {entry}" for entry in found)
        + f". Write in the settings, {for_example}[source] {to_toml(pasted)}"
        + ("; the file seems to have no header, so its columns are numbers" if headless else "")
    )


def looks_headless(columns: Sequence[str]) -> bool:
    """Return whether the names of columns are rather the cells of a first row.

    Examples
    --------
    >>> looks_headless(["975900", "/m/03vyhn", "Ghosts"]), looks_headless(["id", "Name", "x"])
    (True, False)
    """
    if not columns or any(find_names(name) for name in columns):
        return False
    return any(len(name) > _HEADER_CHARS or _CELL.fullmatch(name) for name in columns)


def check_mapped(
    maps: Mapping[str, str], tables: Sequence[Sequence[str]], file: str, *, strict: bool
) -> None:
    """Raise `SourceError` if no table of a source has a column that the column map names.

    Parameters
    ----------
    maps : Mapping of str to str
        The settings `source.column_map`.
    tables : sequence of sequence of str
        Columns of each table to which the map applies, none of them sparse.
    file : str
        Name of the source in the message.
    strict : bool
        Whether it is an error too if the tables have none of the columns: else the map is one for
        other sources.
    """
    found = {target for columns in tables for target in resolve_map(maps, columns)}
    absent = sorted(name for target, name in maps.items() if target not in found)
    if not absent or not tables or (not found and not strict):
        return
    columns = list(dict.fromkeys(name for own in tables for name in own))
    near = [name for wanted in absent for name in nearest_names(wanted, columns)]
    raise SourceError(
        f"{file}: source.column_map names {absent}, which the file lacks; it has "
        f"{columns[:_SHOWN_COLUMNS]}" + (f"; did you mean {near[0]!r}?" if near else "")
    )
