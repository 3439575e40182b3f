"""The report of a release as one HTML page that works without network, server or other files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from pipeline.report import explanations
from pipeline.report.charts import completeness, k_curve, lengths, sizes, years
from pipeline.report.charts_map import FAMILY_COLOURS, FILM_MAP, Rows, films_of, order
from pipeline.report.charts_map import film_map as draw_map
from pipeline.report.charts_treemap import shade_legend, treemap
from pipeline.report.composition import Composition
from pipeline.report.explanations import Measures, with_unlisted
from pipeline.report.formatting import (
    UNMEASURED,
    Writer,
    decimal,
    duration,
    finite,
    lookup,
    plain,
    script_json,
    share,
    whole,
)
from pipeline.report.reading import shortened
from pipeline.schemas import mining as tables

__all__ = ["FILM_MAP", "render_page"]

_STAGES = 12  # the longest stages; the others are summed in one row
_LANGUAGES = 12  # the languages with most films; the others are combined in one row
_TABLES = 40  # tables of a catalogue; a folder may have thousands
_NAMES = 24  # columns of a table
_ENGLISH = "en"


def render_page(
    report: Mapping[str, Any],
    micro_genres: pa.Table,
    families: pa.Table,
    film_map: pa.Table,
    composition: Composition | None = None,
) -> str:
    """Return the report as one HTML document; the same input gives the same text.

    Parameters
    ----------
    report : Mapping
        Content of `report.json`. The page prints "not measured" for a missing value.
    micro_genres : pyarrow.Table of schema `tables.MICRO_GENRES`
        One row per micro-genre.
    families : pyarrow.Table of schema `tables.FAMILIES`
        One row per family.
    film_map : pyarrow.Table of schema `FILM_MAP`
        One row per film on the map; `x` and `y` in any unit. Above about 20,000 rows browsers
        become slow.
    composition : Composition or None
        What made the release and what its micro-genres are made of; None leaves these parts out.

    Returns
    -------
    str
        The document, with its styles, scripts and data inside.

    Raises
    ------
    TableError
        If a table does not have its schema.
    """
    genres = tables.validate(micro_genres, tables.MICRO_GENRES, name="micro_genres").to_pylist()
    groups = tables.validate(families, tables.FAMILIES, name="families").to_pylist()
    points = tables.validate(film_map, FILM_MAP, name="film_map")
    charts = {
        "treemap": treemap(genres, groups),
        "map": draw_map(points, genres),
        "sizes": sizes(genres),
        "k": k_curve(report),
        "completeness": completeness(report),
        "lengths": lengths(report),
        "years": years(report),
    }
    drawn = {name: chart for name, chart in charts.items() if chart is not None}
    pages = _environment()
    return pages.get_template("report.html.j2").render(
        value=partial(lookup, report),
        explanations=explanations,
        measured=partial(_measured, report),
        with_unlisted=partial(with_unlisted, report),
        genres=sorted(genres, key=lambda row: (-films_of(row), row["cluster"] or 0)),
        families=[name for name, _ in order(genres)],
        family_colours=FAMILY_COLOURS,
        shades=shade_legend(genres),
        mapped=points.num_rows,
        composition=composition or Composition(),
        rejects=_bars(_rejects(report), whole),
        **_reading(report),
        missing_fields=_bars(_missing_fields(report), whole),
        **_languages(report),
        comparison=_comparison(report),
        seconds=_bars(_seconds(report), duration),
        drawn=drawn,
        charts=script_json(drawn),
        css=_file(pages, "report.css"),
        script=_file(pages, "report.js"),
        plotly=get_plotlyjs(),
    )


def _environment() -> Environment:
    """The Jinja2 environment: it escapes every value, and prints missing ones "not measured"."""
    pages = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.globals["UNMEASURED"] = UNMEASURED
    pages.filters |= {"whole": whole, "decimal": decimal, "share": share}
    return pages


def _printable(value: Any) -> Any:
    """A value as text; a lone surrogate of a damaged catalogue cannot be encoded as UTF-8."""
    if hasattr(value, "__html__"):  # HTML from a macro or the filter `safe`
        return value
    return plain(value).encode("utf-8", "replace").decode("utf-8")


def _file(pages: Environment, name: str) -> str:
    assert pages.loader is not None
    return pages.loader.get_source(pages, name)[0]


def _measured(report: Mapping[str, Any], measures: Measures) -> list[tuple[str, str, str | None]]:
    """Label, formatted value and explanation of each measure."""
    explained = lookup(report, "explanations")
    explained = explained if isinstance(explained, Mapping) else {}
    return [
        (label, write(lookup(report, path)), explained.get(path)) for path, label, write in measures
    ]


def _bars(rows: Iterable[tuple[str, Any]], write: Writer) -> list[tuple[str, str, str]]:
    """Name, formatted value and length of the bar, in percent of the largest value."""
    numbers = [(name, value, finite(value) or 0.0) for name, value in rows]
    largest = max((number for _, _, number in numbers), default=0.0)
    return [
        (name, write(value), f"{max(number / largest * 100, 0.0) if largest > 0 else 0.0:.1f}")
        for name, value, number in numbers
    ]


def _rejects(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rejects = lookup(report, "data_quality.rejects") or {}
    return [(reason.replace("_", " "), rows) for reason, rows in rejects.items()]


def _reading(report: Mapping[str, Any]) -> dict[str, Any]:
    """The tables that were read, rejected rows with an example, and cells that lost something."""

    def listed(name: str) -> list[Mapping[str, Any]]:
        return [row for row in lookup(report, f"reading.{name}") or [] if isinstance(row, Mapping)]

    tables = [
        (
            plain(row.get("name")),
            plain(row.get("form")),
            plain(row.get("role")),
            shortened(list(row.get("columns") or {}), _NAMES) or "none",
            shortened(row.get("not_used") or [], _NAMES) or "none",
        )
        for row in listed("tables")
    ]
    rejects = [
        (
            plain(row.get("reason")).replace("_", " "),
            whole(row.get("rows")),
            plain(row.get("example")),
        )
        for row in listed("rejected")
    ]
    cells = [
        (
            plain(row.get("column")).replace("_", " "),
            plain(row.get("loss")),
            whole(row.get("cells")),
            plain(row.get("example")),
        )
        for row in listed("cells")
    ]
    notes = [plain(note) for note in lookup(report, "reading.notes") or []]
    notes += [
        f"{plain(row.get('name'))}: {plain(note)}"
        for row in listed("tables")
        for note in row.get("notes") or []
    ]
    return {
        "read_tables": tables[:_TABLES],
        "more_tables": max(0, len(tables) - _TABLES),
        "rejected_rows": rejects,
        "lost_cells": cells,
        "reading_notes": notes[:_TABLES],
    }


def _missing_fields(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rows = []
    for pattern in lookup(report, "data_quality.missing_patterns") or []:
        missing = pattern.get("missing")
        name = f"without {plain(missing)}".replace("_", " ") if missing else "nothing missing"
        rows.append((name, pattern.get("films")))
    others = finite(lookup(report, "data_quality.other_patterns"))
    return [*rows, ("all other combinations", others)] if others else rows


def _seconds(report: Mapping[str, Any]) -> list[tuple[str, Any]]:
    seconds = sorted(
        (lookup(report, "seconds") or {}).items(), key=lambda item: -(finite(item[1]) or 0.0)
    )
    shorter = [finite(value) or 0.0 for _, value in seconds[_STAGES:]]
    rest = [(f"{len(shorter)} shorter stages", sum(shorter))] if shorter else []
    return [*seconds[:_STAGES], *rest]


def _comparison(report: Mapping[str, Any]) -> list[Sequence[str]]:
    """The clustering of this release and those of other methods, as rows of text."""
    compared = lookup(report, "comparison")
    if not compared:
        return []
    own = {
        "method": "this release",
        "clusters": lookup(report, "counts.micro_genres"),
        "cosine_silhouette": lookup(report, "clusters.points_silhouette"),
        "outlier_share": 0.0,
        "ari_with_ours": 1.0,
    }
    formats: dict[str, Writer] = {
        "method": plain,
        "clusters": whole,
        "cosine_silhouette": decimal,
        "outlier_share": share,
        "ari_with_ours": decimal,
    }
    return [[write(row.get(name)) for name, write in formats.items()] for row in [own, *compared]]


def _languages(report: Mapping[str, Any]) -> dict[str, Any]:
    """The fit of the films by language: rows of text, and English compared with all others."""
    found = lookup(report, "languages")
    rows = [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []
    named = [
        ("unknown" if (code := row.get("language")) is None else plain(code), row) for row in rows
    ]
    shown, rest = named[:_LANGUAGES], rows[_LANGUAGES:]
    if rest:
        shown.append((f"{len(rest)} other languages", _combined(rest)))
    formats: dict[str, Writer] = {
        "films": whole,
        "share": share,
        "mean_similarity": decimal,
        "mean_margin": decimal,
        "weak_share": share,
    }
    others = [row for row in rows if row.get("language") not in (_ENGLISH, None)]
    return {
        "languages": [
            [name, *(write(row.get(key)) for key, write in formats.items())] for name, row in shown
        ],
        "english": _combined([row for row in rows if row.get("language") == _ENGLISH]),
        "others": _combined(others),
        "other_languages": len(others),
    }


def _combined(rows: Rows) -> dict[str, Any]:
    """Several languages as one: sums of films and shares, means over films. Empty for no rows."""
    if not rows:
        return {}
    films = [finite(row.get("films")) or 0.0 for row in rows]

    def mean(name: str) -> float | None:
        pairs = [(finite(row.get(name)), n) for row, n in zip(rows, films, strict=True)]
        known = [(value, n) for value, n in pairs if value is not None]
        total = sum(n for _, n in known)
        return sum(value * n for value, n in known) / total if total else None

    return {
        "films": sum(films),
        "share": sum(finite(row.get("share")) or 0.0 for row in rows),
    } | {name: mean(name) for name in ("mean_similarity", "mean_margin", "weak_share")}
