"""What the cells of a column say, against its name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.sources.files.evidence import (
    Evidence,
    objection,
    same_years,
)

LONG = "A keeper of a lighthouse hides a map from the men who come at night."


@pytest.mark.parametrize(
    ("target", "cells", "against"),
    [
        ("vote_average", ["PG-13", "R", "G"], "certificates"),
        ("vote_average", [12, 16, 18, 12], "certificates"),
        ("vote_average", ["7.5", "8,1", "6"], ""),
        ("vote_average", ["good", "bad"], "no votes"),
        ("title", ["https://example.org/1"], "addresses"),
        ("title", [LONG * 5], "too long"),
        ("title", ["tt0133093", "tt0133094"], "ids"),
        ("title", ["300", "1917", "Heat"], ""),
        ("overview", ["/m/03vyhn", "/m/03vyho"], "ids"),
        ("overview", ["7.5", "8"], "numbers"),
        ("overview", ["Drama"], "too short"),
        ("overview", [LONG], ""),
        ("directors", ["nm0005690", "nm0374658,nm0005690"], "ids"),
        ("directors", ["Ada Quill"], ""),
        ("year", ["PG", "R"], "no years"),
        ("year", ["1999", "2001"], ""),
        ("imdb_id", ["7.8", "8.1"], "no ids of IMDb"),
        ("imdb_id", ["tt0133093", "0133093"], ""),
        ("imdb_id", ["http://www.imdb.com/title/tt0499549/"], ""),
        ("movie_id", [["a"], ["b"]], "lists"),
        ("movie_id", ["a whole sentence of words"], "no ids"),
        ("type", ["Movie", "TV Show"], ""),
        ("type", [0, 1], "no types"),
        ("type", ["Drama", "Comedy"], "no types"),
        ("genres", [[28, 18]], ""),
    ],
)
def test_cells_against_a_name(target: str, cells: Sequence[object], against: str) -> None:
    found = objection(target, "x", Evidence(cells), weak=True)
    assert (against in found) if against else found in ("", "its cells are no lists of names")


def test_one_readable_cell_is_enough_for_a_clear_name() -> None:
    seen = Evidence(["PG"] * 9 + ["7.5"])
    assert objection("vote_average", "vote_average", seen, weak=False) == ""
    assert objection("vote_average", "rating", seen, weak=True)


def test_a_crew_of_plain_names_is_not_one_of_directors() -> None:
    assert objection("directors", "crew", Evidence(["Bo Lint, Adonis"]), weak=False)
    assert not objection(
        "directors", "crew", Evidence(["[{'job': 'Director', 'name': 'Di'}]"]), weak=False
    )


def test_an_empty_column_fits_a_clear_name_only() -> None:
    assert objection("tagline", "tagline", Evidence([None, ""]), weak=False) == ""
    assert objection("vote_average", "rating", Evidence([None, ""]), weak=True)


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (["A|B", "C, D"], "|"),
        (["A;B", "C;D", "E, F"], ";"),
        (["A, B", "C &amp; D, E", "F &amp; G"], ""),
        (["[{'name': 'A|B'}]"], ""),
    ],
)
def test_the_separator_of_a_column(cells: list[str], separator: str) -> None:
    assert Evidence(cells).separator == separator


def test_numbers_with_a_decimal_comma() -> None:
    seen = Evidence(["1.234", "12.345"], decimal_comma=True)
    assert objection("vote_count", "Stimmen", seen, weak=True) == ""


def test_dates_are_compared_with_years() -> None:
    assert same_years([("1999", "1999-05-06"), ("2000", "2001-01-01")])
    assert not same_years([("1999", "2020-05-06"), ("2000", "2021-01-01")])
    assert same_years([("x", "y"), (None, None)])
