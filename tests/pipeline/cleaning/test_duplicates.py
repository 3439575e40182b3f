"""Which row of a film is best, and what the others fill."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.cleaning.duplicates import fill, gather, preference
from pipeline.schemas.mining import MOVIES


def row(**columns: Any) -> dict[str, Any]:
    assert set(columns) <= set(MOVIES.names)
    return dict.fromkeys(MOVIES.names) | {"title": "Heat", "overview": "A few words."} | columns


def test_the_row_with_the_most_fields_then_the_longest_overview_is_best() -> None:
    rows = [
        row(year=1999, row=1),
        row(overview="A few words more.", row=2),
        row(row=4),
        row(row=3),
    ]
    assert [r["row"] for r in sorted(rows[::-1], key=preference)] == [1, 2, 3, 4]
    assert preference(row(overview=None)) > preference(row())


def test_unknown_cells_are_filled_in_order() -> None:
    others = [row(genres=["War"], title="Ran", row=9), row(genres=["Drama"], cast=["A"])]
    film = fill(row(source="a", row=1), others)
    assert film == row(source="a", row=1, genres=["War"], cast=["A"])


@pytest.mark.parametrize(
    ("best", "other", "right"),
    [
        ({"year": 1999}, {"release_date": "1999-05-06", "year": 1999}, "1999-05-06"),
        ({"year": 1999}, {"release_date": "1999-05-06"}, "1999-05-06"),
        ({"year": 1999}, {"release_date": "2000-01-01", "year": 2000}, None),
        ({}, {"release_date": "2000-01-01", "year": 2000}, "2000-01-01"),
        ({}, {"release_date": "2000-01-01"}, "2000-01-01"),
        (
            {"year": 2000, "release_date": "2000-02-02"},
            {"release_date": "2000-01-01"},
            "2000-02-02",
        ),
    ],
)
def test_a_date_is_filled_only_in_its_year(
    best: dict[str, Any], other: dict[str, Any], right: str | None
) -> None:
    assert fill(row(**best), [row(**other)])["release_date"] == right


@pytest.mark.parametrize(
    ("best", "other", "right"),
    [
        ((None, None), (7.5, 12), (7.5, 12)),
        ((None, 0), (7.5, 12), (7.5, 12)),
        ((None, 3), (7.5, 12), (None, 3)),
        ((6.0, None), (7.5, 12), (6.0, None)),
        ((None, None), (None, 12), (None, None)),
        ((None, None), (7.5, None), (7.5, None)),
    ],
)
def test_votes_are_filled_together(
    best: tuple[float, int], other: tuple[float, int], right: tuple[float, int]
) -> None:
    names = ("vote_average", "vote_count")
    film = fill(
        row(**dict(zip(names, best, strict=True))), [row(**dict(zip(names, other, strict=True)))]
    )
    assert (film["vote_average"], film["vote_count"]) == right


def test_lists_of_rows_that_repeat_a_film_in_one_file_are_gathered() -> None:
    rows = [
        row(source="a", row=1, genres=["Drama"], cast=["Bo Lint"]),
        row(source="a", row=2, genres=["Drama"], cast=["Cy Marr"]),
        row(source="a", row=3, genres=["Crime"], cast=["Bo Lint"], keywords=["sea"]),
    ]
    film = gather(rows[2], [rows[1], rows[0]], 20)
    assert film == rows[2] | {"genres": ["Drama", "Crime"], "cast": ["Bo Lint", "Cy Marr"]}
    assert gather(rows[2], [rows[1], rows[0]], 1)["genres"] == ["Drama"]


@pytest.mark.parametrize("other", [{"source": "b"}, {"title": "Ran"}, {"overview": "Other words."}])
def test_lists_of_other_files_and_texts_are_not_merged(other: dict[str, Any]) -> None:
    best = row(source="a", row=2, genres=["Drama"])
    assert gather(best, [row(**{"source": "a", "row": 1, "genres": ["War"]} | other)], 20) is best


def test_a_list_that_has_all_items_keeps_its_order() -> None:
    best = row(source="a", row=2, genres=["Drama", "War"])
    assert gather(best, [row(source="a", row=1, genres=["War"])], 20) == best
