"""The report of a release as one HTML page that needs no other file, host or program to be read."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any

import pyarrow as pa
from plotly.offline import get_plotlyjs

from pipeline.report.charts import Figure, completeness, k_curve, lengths, sizes, years
from pipeline.report.charts_map import FILM_MAP, Rows
from pipeline.report.charts_map import film_map as draw_map
from pipeline.report.charts_treemap import treemap
from pipeline.report.formatting import (
    decimal,
    duration,
    finite,
    lookup,
    plain,
    script_json,
    share,
    text,
    whole,
)
from pipeline.report.page_figures import (
    CLUSTERS,
    DATA,
    EMBEDDING,
    HEADLINE,
    NAMES,
    NEIGHBOURS,
    K,
    and_others,
    figures,
)
from pipeline.report.page_languages import language_note, language_table
from pipeline.report.page_parts import (
    bars,
    chart,
    chips,
    genre_table,
    rows_table,
    shade_legend,
)
from pipeline.schemas import mining as tables

__all__ = ["FILM_MAP", "render_page"]

_STAGES = 12  # those that took longest; report.json has them all


def render_page(
    report: Mapping[str, Any], micro_genres: pa.Table, families: pa.Table, film_map: pa.Table
) -> str:
    """The whole report as one HTML document; the same input gives the same text.

    Parameters
    ----------
    report : the content of `report.json`; what it lacks shows as "not measured".
    micro_genres : table of `tables.MICRO_GENRES`.
    families : table of `tables.FAMILIES`.
    film_map : table of `FILM_MAP`, one row per film drawn (beyond some 20,000 browsers slow
        down); x and y in any unit.

    Raises
    ------
    TableError
        where a table does not have its schema.
    """
    genres = tables.validate(micro_genres, tables.MICRO_GENRES, name="micro_genres").to_pylist()
    groups = tables.validate(families, tables.FAMILIES, name="families").to_pylist()
    points = tables.validate(film_map, FILM_MAP, name="film_map")
    drawn = {
        "treemap": treemap(genres, groups),
        "map": draw_map(points, genres),
        "sizes": sizes(genres),
        "k": k_curve(report),
        "completeness": completeness(report),
        "lengths": lengths(report),
        "years": years(report),
    }
    shown = {name: figure for name, figure in drawn.items() if figure is not None}
    folder = files("pipeline.report") / "templates"
    page = Template(folder.joinpath("report.html.j2").read_text(encoding="utf-8"))
    return page.substitute(
        _words(report, genres, points.num_rows),
        **_charts(report, genres, shown),
        **_tables(report, genres),
        css=folder.joinpath("report.css").read_text(encoding="utf-8"),
        script=folder.joinpath("report.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        figures=script_json(shown),
    )


def _words(report: Mapping[str, Any], genres: Rows, mapped: int) -> dict[str, str]:
    """The sentences of the page, in the words of this release."""
    films = lookup(report, "counts.released")
    all_of_them = finite(films) == mapped
    drawn = (
        "All films are drawn." if all_of_them else f"{whole(mapped)} of {whole(films)} are drawn."
    )
    rule = lookup(report, "k.rule")
    weak = whole(lookup(report, "counts.weak_films"))
    unknown = lookup(report, "data_quality.years.unknown")
    return {
        "title": text(lookup(report, "title") or "a film catalogue"),
        "release_id": text(lookup(report, "release_id")),
        "headline": "".join(
            f"<div><dd>{text(write(lookup(report, path)))}</dd><dt>{text(label)}</dt></div>"
            for path, label, write in HEADLINE
        ),
        "map_note": text(drawn),
        "sizes_note": text(
            f"{whole(len(genres))} micro-genres; films that fit none of them well: {weak}."
        ),
        "k_note": text(
            f"Chosen: k = {whole(lookup(report, 'k.chosen'))}, the {plain(rule)}. What came of it: "
            f"{whole(lookup(report, 'counts.micro_genres'))} micro-genres."
        ),
        "language_note": text(language_note(report)),
        "years_note": text(f"Films by year; without a year: {whole(unknown)}."),
        "attribution": text(lookup(report, "attribution") or "Attribution: none given"),
        "licence": text(lookup(report, "licence") or "none given"),
    }


def _charts(report: Mapping[str, Any], genres: Rows, shown: Mapping[str, Figure]) -> dict[str, str]:
    """The places of the charts and their keys."""
    biggest = max(genres, key=lambda row: row["films"] or 0, default=None)
    largest = ""
    if biggest:
        name, films = plain(biggest["micro_genre_name"]), whole(biggest["films"])
        largest = f"; the largest is {name} with {films} films"
    described = {
        "treemap": f"Treemap of {whole(len(genres))} micro-genres in their families{largest}. "
        "The table of all micro-genres has the same figures.",
        "map": "Scatter map of the films, coloured by family, with the names of the largest "
        "micro-genres. The table of all micro-genres lists them.",
        "sizes": f"Bar chart of the films in each micro-genre{largest}.",
        "k": "Line charts of inertia, silhouette and stability over the number of micro-genres; "
        f"chosen: {whole(lookup(report, 'k.chosen'))}.",
        "completeness": "Bar chart of the share of films that have each field.",
        "lengths": "Bar chart of the number of words in the overviews.",
        "years": "Bar chart of the films by year of release.",
    }
    places = {name: chart(name, name in shown, words) for name, words in described.items()}
    places["k_curve"] = places.pop("k")
    return places | {"treemap_legend": shade_legend(genres), "chips": chips(genres)}


def _tables(report: Mapping[str, Any], genres: Rows) -> dict[str, str]:
    """Everything that is figures and rows."""
    rejects = lookup(report, "data_quality.rejects")
    patterns = [
        (
            f"without {plain(row['missing'])}".replace("_", " ")
            if row.get("missing")
            else "nothing missing",
            row.get("films"),
        )
        for row in lookup(report, "data_quality.missing_patterns") or []
    ]
    if others := finite(lookup(report, "data_quality.other_patterns")):
        patterns.append(("all other combinations", others))
    ours = (
        "this release",
        lookup(report, "counts.micro_genres"),
        lookup(report, "clusters.points_silhouette"),
        0.0,
        1.0,
    )
    fields = ("method", "clusters", "cosine_silhouette", "outlier_share", "ari_with_ours")
    compared = [tuple(map(row.get, fields)) for row in lookup(report, "comparison") or []]
    seconds = sorted(
        (lookup(report, "seconds") or {}).items(), key=lambda item: -(finite(item[1]) or 0.0)
    )
    if rest := seconds[_STAGES:]:
        lesser = sum(finite(value) or 0.0 for _, value in rest)
        seconds = [*seconds[:_STAGES], (f"{len(rest)} shorter stages", lesser)]
    return {
        "micro_genres": genre_table(genres),
        "k_figures": figures(report, K),
        "data_figures": figures(report, DATA),
        "rejects": "<p>No row was rejected.</p>"
        if rejects == {}
        else bars(
            "Rejected rows by reason",
            ("Reason", "Rows"),
            [(name.replace("_", " "), n) for name, n in (rejects or {}).items()],
            whole,
        ),
        "patterns": bars(
            "Fields that are missing together", ("Combination", "Films"), patterns, whole
        ),
        "cluster_figures": figures(report, and_others(report, "clusters", CLUSTERS)),
        "name_figures": figures(report, and_others(report, "names", NAMES)),
        "languages": language_table(report),
        "comparison": rows_table(
            "Clusterings of a sample of the films, in the space where films are clustered",
            ("Method", "Clusters", "Cosine silhouette", "Outliers", "ARI with ours"),
            [
                (plain(name), whole(k), decimal(clear), share(left), decimal(same))
                for name, k, clear, left, same in ([ours, *compared] if compared else [])
            ],
        ),
        "neighbours": figures(report, NEIGHBOURS),
        "embedding": figures(report, EMBEDDING),
        "seconds": bars("Seconds per stage", ("Stage", "Time"), seconds, duration),
    }
