"""Quality: is this clustering any good? A verdict in words, and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.report import explanations
from pipeline.report.formatting import UNMEASURED, decimal, duration, finite, lookup, whole
from serve.explorer.charts.quality import k_chart
from serve.explorer.quality.measures import grade_all
from serve.explorer.quality.methods import compare_methods
from serve.explorer.quality.silhouettes import EXPLANATION, list_silhouettes
from serve.explorer.quality.updates import describe_update, list_drift
from serve.explorer.quality.verdict import judge
from serve.explorer.quality.weakest import find_weakest
from serve.explorer.release_history import (
    read_name_changes,
    read_previous_report,
    read_rejects,
)
from serve.explorer.rendering import render

__all__ = ["routes"]

WEAKEST = 10
REJECTS = 100  # rows in the table
STAGES = 12
_COUNTS = (
    ("counts.released", "Films"),
    ("counts.rejected", "Rejected rows"),
    ("counts.micro_genres", "Micro-genres"),
    ("counts.families", "Families"),
    ("counts.weak_films", "Weak films"),
)
_SECTIONS = (
    ("Names", explanations.NAME_TRUTH + explanations.NAMES),
    ("Clusters", explanations.CLUSTERS),
    ("Nearest films", explanations.NEIGHBOURS),
)
_OF_K = (
    ("stability", "ARI of two samples"),
    ("silhouette", "simplified silhouette"),
    ("inertia", "inertia"),
)
_IN_VERDICT = {"clusters.cosine_silhouette", "clusters.points_silhouette"}  # have a section


def show_quality(request: Request) -> Response:
    """Return the page."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    report = films.report().to_dict()
    before = read_previous_report(films.path)
    previous = before.to_dict() if before else None
    graded = grade_all(report, previous)
    rejects = read_rejects(films.path)
    curve = lookup(report, "k.curve") or []
    genres = films.micro_genres()
    thin = [row for row in genres if row["thin"]]
    general = max(thin, key=lambda row: row["films"], default=None)
    values = {
        "title": "Quality",
        "page": "quality",
        "measure_text": decimal,
        "duration": duration,
        "release_id": films.id,
        "previous": previous,
        "verdict": judge(report, graded, general["micro_genre_name"] if general else ""),
        "graded": graded,
        "update": describe_update(report),
        "drift": list_drift(report),
        "silhouettes": list_silhouettes(report),
        "explanation": EXPLANATION,
        "k": report.get("k") or {},
        "curve": curve,
        "measures_of_k": _OF_K,
        "has_intervals": any(finite(row.get("inertia_low")) is not None for row in curve),
        "k_charts": _k_charts(curve, lookup(report, "k.chosen")),
        "methods": compare_methods(report),
        "counts": _counts(report, previous),
        "renamed": read_name_changes(films.path) if previous else [],
        "weakest": find_weakest(films, genres, WEAKEST),
        "sections": _sections(report, previous),
        "reasons": sorted(
            (lookup(report, "data_quality.rejects") or {}).items(), key=lambda item: -item[1]
        ),
        "rejects": rejects.slice(0, REJECTS).to_pylist(),
        "rejected": rejects.num_rows,
        "completeness": _completeness(report),
        "stages": _stages(report),
        "total_seconds": finite(lookup(report, "seconds.total")),
    }
    return render(request, "quality.html", values)


def _k_charts(curve: list[dict[str, Any]], chosen: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        (title, k_chart(curve, name, title, chosen))
        for name, title in _OF_K
        if any(finite(row.get(name)) is not None for row in curve)
    ]


def _sections(
    report: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> list[tuple[str, list[tuple[str, str, str, str]]]]:
    """Return all measures by section: label, value, previous value, explanation."""
    texts = report.get("explanations") or {}
    sections = []
    for title, measures in _SECTIONS:
        rows = []
        for path, label, write in measures:
            value = write(lookup(report, path))
            if value != UNMEASURED and path not in _IN_VERDICT:
                earlier = write(lookup(previous, path)) if previous else ""
                rows.append((label, value, earlier, str(texts.get(path, ""))))
        if rows:
            sections.append((title, rows))
    return sections


def _counts(
    report: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> list[tuple[str, str, str, str]]:
    """Return label, previous value, value and change of each count that both releases have."""
    rows = []
    for path, label in _COUNTS:
        old, new = finite(lookup(previous, path)), finite(lookup(report, path))
        if old is not None and new is not None:
            sign = "+" if new > old else "\u2212" if new < old else "\u00b1"
            rows.append((label, whole(old), whole(new), f"{sign}{whole(abs(new - old))}"))
    return rows


def _completeness(report: Mapping[str, Any]) -> list[tuple[str, float]]:
    fields = lookup(report, "data_quality.completeness") or {}
    rows = [(name.replace("_", " "), finite(row["kept"]) or 0.0) for name, row in fields.items()]
    return sorted(rows, key=lambda row: -row[1])


def _stages(report: Mapping[str, Any]) -> list[tuple[str, float]]:
    seconds = report.get("seconds") or {}
    rows = [
        (name.replace("-", " "), value)
        for name, found in seconds.items()
        if name != "total" and (value := finite(found)) is not None
    ]
    return sorted(rows, key=lambda row: -row[1])[:STAGES]


routes = [Route("/quality", show_quality)]
