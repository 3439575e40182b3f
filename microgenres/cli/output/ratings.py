"""Print recommenders, batches of ratings, checks and decisions: tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from microgenres.cli.console import print_line, standard_output, text
from microgenres.cli.output.tables import headed, number, plain_table

__all__ = [
    "show_batches",
    "show_checks",
    "show_compared",
    "show_recommended",
    "show_record",
    "show_retrained",
    "show_trained",
]

Row = Mapping[str, Any]

# The figures of a recommender in the order of a table; JSON has all of them.
_FIGURES = ("rmse", "mae", "ndcg", "recall", "coverage", "novelty")
_COLUMNS: Mapping[str, Sequence[str]] = {
    "versions": ("version", "model", "status", "created_at"),
    "ingestions": ("week", "file", "rows_in", "kept", "late"),
    "metrics": ("week", "version", "batches", "created_at"),
    "alerts": ("kind", "version", "value", "threshold"),
    "decisions": ("kind", "version", "why", "created_at"),
}
_RECORD_ROWS = 20


def show_trained(found: Row) -> None:
    """Print a version that was trained, and its figures on later ratings."""
    console = standard_output()
    print_line(console, "Version  ", f"{found['version']} ({found['model']}), {found['status']}")
    print_line(console, "Films    ", f"{number(found['films_linked'])} linked to the release")
    for warning in found["warnings"]:
        print_line(console, "warning: ", warning)
    figures = {name: value for name, value in found["figures"].items() if _is_figure(value)}
    console.print(headed("On later ratings", _table(("figure", "value"), figures.items())))


def show_compared(found: Row) -> None:
    """Print the figures of compared recommenders, and by how much the first one is ahead."""
    models: Mapping[str, Row] = found["models"]
    shared = [name for row in models.values() for name, value in row.items() if _is_figure(value)]
    names = [*(n for n in _FIGURES if n in shared), *dict.fromkeys(shared)]
    names = list(dict.fromkeys(names))
    rows = [(model, *(row.get(name) for name in names)) for model, row in models.items()]
    console = standard_output()
    console.print(headed("On later ratings", _table(("model", *names), rows)))
    for key, leads in found.items():
        if key.endswith("_ahead"):
            first = key.removesuffix("_ahead")
            ahead = [(m, lead["ndcg"], _interval(lead["interval"])) for m, lead in leads.items()]
            head = ("of", "NDCG", "95 % interval")
            console.print(headed(f"{first} is ahead", _table(head, ahead)))
    for warning in found["warnings"]:
        print_line(console, "warning: ", warning)


def show_batches(found: Sequence[Row]) -> None:
    """Print the weeks that were ingested."""
    if not found:
        standard_output().print("No week of ratings was found")
        return
    rows = [(one["week"], one["kept"], one["new"], one["late"]) for one in found]
    table = _table(("week", "ratings", "new", "late"), rows)
    standard_output().print(headed("Weeks of ratings", table))


def show_checks(found: Sequence[Row]) -> None:
    """Print the checks of batches, with their alerts."""
    if not found:
        standard_output().print("No batch to check: all are checked, or have too few ratings")
        return
    rows = [
        (
            ", ".join(one["weeks"]),
            one["rows"],
            *(f"{one[name]:.3f}" for name in ("ks", "mean_change", "rmse", "ndcg")),
            ", ".join(one["alerts"]) or "none",
        )
        for one in found
    ]
    head = ("weeks", "ratings", "KS", "change of mean", "RMSE", "NDCG", "alerts")
    standard_output().print(headed("Checks of batches", _table(head, rows)))


def show_retrained(found: Row) -> None:
    """Print whether training was due, and what came of it."""
    console = standard_output()
    print_line(console, "Training was due: " if found["due"] else "Not due: ", found["why"])
    if "version" in found:
        served = "is served now" if found.get("promoted") else "is not served: it is not better"
        print_line(console, "Version ", f"{found['version']} {served}")


def show_record(record: Mapping[str, Sequence[Row]]) -> None:
    """Print the last rows of each table of the record."""
    console = standard_output()
    for name, rows in record.items():
        columns = _COLUMNS.get(name, tuple(rows[0]) if rows else ())
        count = len(rows)
        if not rows:
            print_line(console, f"{name.capitalize()}: ", "none")
            continue
        cells = [tuple(_moment(row.get(column)) for column in columns) for row in rows]
        last = f", the last {_RECORD_ROWS} of {count:,}" if count > _RECORD_ROWS else ""
        table = _table([column.replace("_", " ") for column in columns], cells[-_RECORD_ROWS:])
        console.print(headed(f"{name.capitalize()}{last}", table))


def show_recommended(films: Sequence[Row]) -> None:
    """Print recommended films, each with its reason."""
    for film in films:
        year = f" ({film['year']})" if film["year"] else ""
        print_line(standard_output(), "", f"{film['title']}{year}: {film['reason']['text']}")


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _interval(bounds: Sequence[float]) -> str:
    low, high = bounds
    return f"{low:.4f} to {high:.4f}"


def _moment(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return value if isoformat is None else str(isoformat(sep=" ", timespec="seconds"))


def _table(head: Sequence[str], rows: Any) -> Any:
    """Return a table; columns of figures are at the right."""
    rows = [tuple(row) for row in rows]
    table = plain_table()
    for place, name in enumerate(head):
        figures = any(_is_figure(row[place]) for row in rows)
        table.add_column(name, justify="right" if figures else "left")
    for row in rows:
        table.add_row(*(text(number(cell)) for cell in row))
    return table
