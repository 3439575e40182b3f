"""Quality: how reliable the micro-genres and names are, by the report of the run."""

from __future__ import annotations

import streamlit as st

from pipeline.report import explanations
from pipeline.report.formatting import UNMEASURED, duration, finite, lookup, plain, share, whole
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import Node, data_text, node, show
from serve.explorer.release_history import (
    read_name_changes,
    read_previous_report,
    read_rejects,
)
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import genre_address

SHOWN = 200  # rejected rows in the table
STAGES = 12  # longest stages shown

films = open_catalogue()
report = films.report().to_dict()
previous_report = read_previous_report(films.path)
previous = previous_report.to_dict() if previous_report else None
texts = report.get("explanations") or {}
weak = lookup(report, "counts.weak_films")
released = lookup(report, "counts.released")

show(
    cards.page_header("Quality", "What the run that created this release measured."),
    cards.figures(
        [
            (label, "" if (value := write(lookup(report, path))) == UNMEASURED else value)
            for path, label, write in explanations.HEADLINE
        ]
        + ([("weak films", share(weak / released))] if finite(weak) and released else [])
    ),
    key="head",
)


def show_measures(title: str, note: str, measures: explanations.Measures) -> None:
    """Show a section of measures, with their values in the previous release and explanations."""
    rows: list[tuple[Node | str, ...]] = []
    for path, label, write in measures:
        value = write(lookup(report, path))
        if value == UNMEASURED:
            continue
        earlier = [write(lookup(previous, path))] if previous else []
        rows.append((label, data_text(value), *earlier, node("td", data_text(texts.get(path, "")))))
    if not rows:
        return
    heads = ("Measure", "this release", *(["previous release"] if previous else []), "explanation")
    show(cards.section(title, note), cards.table(title, heads, rows), key=f"measured-{title}")


show_measures(
    "Name truth",
    "A name is true of a film if each of its parts is, by the film's metadata alone: a subject or "
    "a synonym is a word of keywords, overview or tagline; the film has the genre; year, language, "
    "country and length are those of the name.",
    explanations.NAME_TRUTH,
)
show_measures("Clusters", "How compact and how stable the micro-genres are.", explanations.CLUSTERS)
show_measures("Names", "Whether names fit their own films and no others.", explanations.NAMES)
show_measures(
    "Nearest films", "How often the index finds the true neighbours.", explanations.NEIGHBOURS
)

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
    rejects = read_rejects(films.path)
    shown = min(SHOWN, rejects.num_rows)
    with st.expander(f"The rows ({whole(shown)} of {whole(rejects.num_rows)})"):
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
                    for row in rejects.slice(0, shown).to_pylist()
                ],
            ),
            key="rows",
        )
else:
    show(node("p", "None: every row became a film.", cls="note"), key="no-rejects")

show(
    cards.section(
        "Comparison with the previous release",
        f"This release is {films.id}, the previous one is {plain(previous.get('release_id'))}."
        if previous
        else "There is no earlier release in this folder to compare with.",
    ),
    key="drift",
)
if previous:
    rows = []
    for path, label in (
        ("counts.released", "Films"),
        ("counts.rejected", "Rejected rows"),
        ("counts.micro_genres", "Micro-genres"),
        ("counts.families", "Families"),
        ("counts.weak_films", "Weak films"),
    ):
        old, new = finite(lookup(previous, path)), finite(lookup(report, path))
        if old is not None and new is not None:
            sign = "+" if new >= old else "\u2212"
            rows.append((label, whole(old), whole(new), f"{sign}{whole(abs(new - old))}"))
    show(
        cards.table(
            "Changes since the previous release",
            ("Count", "previous release", "this release", "change"),
            rows,
        ),
        key="drift-table",
    )
    renamed = read_name_changes(films.path)
    if renamed:
        show(
            cards.table(
                "Micro-genres with another name",
                ("This release", "previous release"),
                [
                    (
                        node("a", data_text(now), href=genre_address(micro_genre_id)),
                        node("td", data_text(before)),
                    )
                    for micro_genre_id, before, now in renamed
                ],
                "A name is kept while it is true of most of its films.",
            ),
            key="renamed",
        )

completeness = lookup(report, "data_quality.completeness") or {}
if completeness:
    show(
        cards.section("Completeness of the catalogue", "Share of films that have each field."),
        cards.table(
            "Completeness",
            ("Field", "", "films"),
            [
                (
                    name.replace("_", " "),
                    cards.bar_cell(shares["kept"] or 0.0),
                    share(shares["kept"]),
                )
                for name, shares in sorted(
                    completeness.items(), key=lambda item: -(item[1]["kept"] or 0)
                )
            ],
        ),
        key="complete",
    )

seconds = {k: v for k, v in (report.get("seconds") or {}).items() if finite(v) is not None}
if seconds:
    longest = max(seconds.values()) or 1.0
    show(
        cards.section("Time", "The stages of the run that took the longest."),
        cards.table(
            "Stages",
            ("Stage", "", "time"),
            [
                (name.replace("-", " "), cards.bar_cell(value / longest), duration(value))
                for name, value in sorted(seconds.items(), key=lambda item: -item[1])[:STAGES]
            ],
        ),
        key="time",
    )
