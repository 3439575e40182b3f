"""Print the figures of a report, each with a line on how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.text import Text

from microgenres.cli.console import text
from microgenres.cli.output.tables import headed, number, plain_table

__all__ = ["print_report"]

# Shown in the HTML page only.
_DRAWN = ("data_quality.missing_patterns", "data_quality.overview_words", "data_quality.years")
_HEAD = ("title", "release_id", "licence", "attribution")
_LONGEST_LIST = 10
# The order on the terminal; report.json is in alphabetical order.
_SECTIONS = (
    "counts",
    "name_truth",
    "names",
    "clusters",
    "k",
    "comparison",
    "neighbours",
    "embedding",
)
_FIRST_COLUMNS = ("", "method", "k", "clusters")


def print_report(console: Console, report: Mapping[str, Any]) -> None:
    """Print every figure by section; long tables are left to report.html.

    Parameters
    ----------
    report : report.json; a section that is missing is left out, an unknown one is shown.
    """
    for name in _HEAD:
        if report.get(name):
            console.print(text(f"{name.replace('_', ' ').capitalize()}: {report[name]}"))
    explanations = report.get("explanations", {})
    for section in dict.fromkeys([*(name for name in _SECTIONS if name in report), *report]):
        content = report[section]
        if section in ("explanations", *_HEAD) or not isinstance(content, Mapping | list):
            continue
        console.print()
        for shown in _tables(section, content, explanations):
            console.print(shown)


def _tables(path: str, content: Any, explanations: Mapping[str, str]) -> list[Group]:
    if path in _DRAWN:
        return []
    if isinstance(content, list):
        return [_records(path, content, explanations)] if content else []
    if content and all(isinstance(value, Mapping) for value in content.values()):
        records = [{"": key, **value} for key, value in content.items()]
        return [_records(path, records, explanations)]
    nested = {key: value for key, value in content.items() if _is_nested(value)}
    plain = {key: value for key, value in content.items() if key not in nested}
    tables = [_figures(path, plain, explanations)] if plain else []
    for key, value in nested.items():
        tables += _tables(f"{path}.{key}", value, explanations)
    return tables


def _is_nested(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _figures(path: str, figures: Mapping[str, Any], explanations: Mapping[str, str]) -> Group:
    table = plain_table()
    table.add_column("Figure")
    table.add_column("Value")
    explained = {key: explanations.get(f"{path}.{key}", "") for key in figures}
    if any(explained.values()):
        table.add_column("How to read it", style="dim")
    for key, value in figures.items():
        cells = [text(key.replace("_", " ")), text(_value(value))]
        table.add_row(*cells, *([text(explained[key])] if any(explained.values()) else []))
    return headed(_heading(path), *_explanation(path, explanations), table)


def _records(
    path: str, records: Sequence[Mapping[str, Any]], explanations: Mapping[str, str]
) -> Group:
    table = plain_table()
    found = dict.fromkeys(name for record in records for name in record)
    names = [
        *(n for n in _FIRST_COLUMNS if n in found),
        *(n for n in found if n not in _FIRST_COLUMNS),
    ]
    for name in names:
        table.add_column(name.replace("_", " ") or "of")
    for record in records:
        table.add_row(*(text(_value(record.get(name))) for name in names))
    return headed(_heading(path), *_explanation(path, explanations), table)


def _explanation(path: str, explanations: Mapping[str, str]) -> list[Text]:
    return [text(explanations[path], "dim")] if path in explanations else []


def _value(value: Any) -> str:
    if isinstance(value, list):
        more = f" and {len(value) - _LONGEST_LIST} more" if len(value) > _LONGEST_LIST else ""
        return (number(value[:_LONGEST_LIST]) + more) if value else "none"
    return number(value)


def _heading(path: str) -> str:
    return path.replace("_", " ").replace(".", ": ").capitalize()
