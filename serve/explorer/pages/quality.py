"""Quality: how far the groups and names can be trusted, by the run's own report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pipeline.report import explanations as known
from pipeline.report.formatting import UNMEASURED, duration, finite, lookup, plain, share, whole
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.release_history import rejects, report_before
from serve.explorer.resources import catalogue

SHOWN = 200  # rejected rows in the table

films = catalogue()
report: Mapping[str, Any] = films.report()
before = report_before(films.path)
explained = report.get("explanations") or {}
weak = lookup(report, "counts.weak_films")
released = lookup(report, "counts.released")

show(
    cards.head("Quality", "What the run that made this release measured of its own work."),
    cards.figures(
        [(label, write(lookup(report, path))) for path, label, write in known.HEADLINE]
        + ([("weak fits", share(weak / released))] if finite(weak) and released else [])
    ),
    key="head",
)


def measured(title: str, note: str, wanted: known.Measures) -> None:
    """A section of figures, each with how to read it, and how it was in the release before."""
    rows: list[tuple[Node | str, ...]] = []
    for path, label, write in wanted:
        value = write(lookup(report, path))
        if value == UNMEASURED:
            continue
        told = node("td", data_text(explained.get(path, "")), cls="told")
        rows.append(
            (label, data_text(value), *([write(lookup(before, path))] if before else []), told)
        )
    if not rows:
        return
    heads = ("Figure", "this release", *(["the one before"] if before else []), "how to read it")
    show(cards.section(title, note), cards.table(title, heads, rows), key=f"measured-{title}")


measured("Groups", "How tight the micro-genres are, and how stable.", known.CLUSTERS)
measured("Names", "Whether names fit their own films and no others.", known.NAMES)
measured("Nearest films", "How often the index finds the true neighbours.", known.NEIGHBOURS)

show(
    cards.section("Rejected rows", "Rows of the catalogue that did not become films."),
    key="rejects",
)
reasons = lookup(report, "data_quality.rejects") or {}
if reasons:
    top = max(reasons.values())
    show(
        cards.table(
            "Reasons",
            ("Reason", "", "rows"),
            [
                (reason.replace("_", " "), cards.bar_cell(count / top), whole(count))
                for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
            ],
        ),
        key="reasons",
    )
    table = rejects(films.path)
    with st.expander(f"The rows ({whole(min(SHOWN, table.num_rows))} of {whole(table.num_rows)})"):
        show(
            cards.table(
                "Rejected rows",
                ("Row", "source", "film", "reason", "detail"),
                [
                    (
                        str(row["row"]),
                        *(
                            node("td", data_text(row[name]))
                            for name in ("source", "movie_id", "reason", "detail")
                        ),
                    )
                    for row in table.slice(0, SHOWN).to_pylist()
                ],
            ),
            key="rows",
        )
else:
    show(node("p", "None: every row became a film.", cls="note"), key="no-rejects")

show(
    cards.section(
        "Against the release before",
        f"Release {films.id} beside {plain(before.get('release_id'))}."
        if before
        else "There is no earlier release in this folder to compare with.",
    ),
    key="drift",
)
if before:
    rows = []
    for path, label in (
        ("counts.released", "Films"),
        ("counts.rejected", "Rejected rows"),
        ("counts.micro_genres", "Micro-genres"),
        ("counts.families", "Families"),
        ("counts.weak_films", "Weak fits"),
    ):
        old, now = finite(lookup(before, path)), finite(lookup(report, path))
        if old is not None and now is not None:
            sign = "+" if now >= old else "\u2212"
            rows.append((label, whole(old), whole(now), f"{sign}{whole(abs(now - old))}"))
    show(cards.table("Drift", ("Count", "before", "now", "change"), rows), key="drift-table")

complete = lookup(report, "data_quality.completeness") or {}
if complete:
    show(
        cards.section(
            "What the catalogue tells of its films", "Share of the films with each field."
        ),
        cards.table(
            "Completeness",
            ("Field", "", "films"),
            [
                (name.replace("_", " "), cards.bar_cell(both["kept"] or 0.0), share(both["kept"]))
                for name, both in sorted(complete.items(), key=lambda item: -(item[1]["kept"] or 0))
            ],
        ),
        key="complete",
    )

seconds = {k: v for k, v in (report.get("seconds") or {}).items() if finite(v) is not None}
if seconds:
    longest = max(seconds.values()) or 1.0
    show(
        cards.section("Time", "What the run spent its time on."),
        cards.table(
            "Stages",
            ("Stage", "", "time"),
            [
                (name.replace("-", " "), cards.bar_cell(value / longest), duration(value))
                for name, value in sorted(seconds.items(), key=lambda item: -item[1])[:12]
            ],
        ),
        key="time",
    )
