"""Counts of a release, films on the map, and figures as Markdown."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.report.summary import (
    count_reasons,
    films_on_map,
    markdown_figures,
    markdown_summary,
    release_counts,
)

FILMS = pa.table(
    {
        "movie_id": ["a", "b", "c"],
        "title": ["A", "B", "C"],
        "year": [1999, None, 2001],
        "cluster": [0, 1, 0],
        "weak": [True, False, True],
        "x": [0.0, 1.0, 2.0],
        "y": [0.0, -1.0, 3.0],
    }
)
REJECTS = pa.table({"reason": ["no title", "duplicate", "no title"]})


def test_counts_of_a_release() -> None:
    two, one = pa.table({"n": [1, 2]}), pa.table({"n": [1]})
    assert release_counts(6, FILMS, REJECTS, two, one) == {
        "rows_in": 6,
        "released": 3,
        "rejected": 3,
        "micro_genres": 2,
        "families": 1,
        "weak_films": 2,
    }
    assert count_reasons(REJECTS.slice(0, 0)) == {}


def test_the_map_shows_only_the_given_films() -> None:
    shown = films_on_map(FILMS, pa.array(["c", "a", "other"]))
    assert shown.column_names == ["movie_id", "title", "year", "cluster", "x", "y"]
    assert shown["movie_id"].to_pylist() == ["a", "c"]


def test_markdown_has_the_explained_numbers() -> None:
    report = {
        "release_id": "r1",
        "counts": release_counts(6, FILMS, REJECTS, FILMS, FILMS),
        "names": {"unique_share": 1.0, "strays": ["A"]},
        "clusters": {"seed_ari": None, "inertia": 0.25},
        "neighbours": {"recall_at_10": 0.5, "index": "flat"},
        "explanations": {
            "names.unique_share": "more is better",
            "names.strays": "none is best",
            "clusters.seed_ari": "1 is best",
            "neighbours.recall_at_10": "1 is best",
        },
    }
    lines = markdown_figures(report).splitlines()
    assert lines[0] == "# Release r1"
    assert "3 films of 6 rows, 3 micro-genres, 3 families, 3 rejects." in lines
    assert lines[6:] == [
        "| unique share | 1.000 | more is better |",
        "| recall at 10 | 0.500 | 1 is best |",
    ]


def test_the_summary_names_the_largest_micro_genres_and_what_to_open() -> None:
    names = [f"Films of Kind {number}" for number in range(20)]
    genres = pa.table(
        {
            "micro_genre_name": [*names[:19], "A|B <i>"],
            "films": [*range(19), 100],
            "exemplars": [["One (1999)", "Two", "Three"]] * 20,
        }
    )
    report = {
        "release_id": "r1",
        "title": "My Films",
        "counts": release_counts(6, FILMS, REJECTS, FILMS, FILMS),
        "name_truth": {"whole": 0.75},
    }
    text = markdown_summary(report, genres, Path("/out/releases/r1"))
    lines = text.splitlines()
    assert lines[0] == "# My Films: release r1"
    assert "The name is true of 75% of the films." in lines
    rows = [line for line in lines if "One (1999); Two |" in line]
    assert len(rows) == 12
    assert rows[0].startswith("| A\\|B \\<i\\> | 100 |")
    assert "Kind 18" in rows[1]
    assert "file:///out/releases/r1/report.html" in text
    assert "microgenres serve app --out /out`" in text
