"""Years of release, alone or within other text."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from pipeline.sources.parsing.dates import year
from pipeline.sources.parsing.literals import CellError
from tests.support.cases import case


def read(cell: object) -> int | None:
    try:
        return year(cell)
    except CellError:
        return None


def test_years_of_the_cases() -> None:
    with case("13-dates/years.csv").open(encoding="utf-8", newline="") as lines:
        found = [read(row["year"]) for row in csv.DictReader(lines)]
    assert found == [1994, 1994, 1994, 1961, 2019, 2016, 1920, 1920, 1994, None]
    with case("01-optional-cell-costs-the-film/films.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        found = [read(row["year"]) for row in csv.DictReader(lines)]
    assert found == [1994, None, None, 1999, 1999, 1999, 1999, 1999, 1999, 1920, 2099, 1999]


@pytest.mark.parametrize(
    "cell",
    [
        1994,
        1994.0,
        "1994",
        "1994.0",
        "(1994)",
        "(I) (1994)",
        "II 1994",
        "1994-1995",
        "1994-95",
        "1994–1995",
        "1994–present",
        "1994/1995",
        "(1994– )",
        "1994-10-14",
        "14 Oct 1994",
        "14/10/1994",
        "19941014",
        dt.date(1994, 1, 1),
        "(1994 TV Movie)",
        "1994年",
        "c. 1994",
        "circa 1994",
        "ca. 1994",
        "1994?",
        "1994s",
        "1,994",
        "1994 (re-released 2011)",
        "１９９４",
        "平成6年",
        "1994-10-14T00:00",
    ],
)
def test_every_notation_of_1994(cell: object) -> None:
    assert year(cell) == 1994


@pytest.mark.parametrize(
    "cell", [0, "0", "", None, float("nan"), "II", "(I)", "nan", "N/A", "?", "0000"]
)
def test_no_year_is_missing(cell: object) -> None:
    assert year(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "94",
        "'94",
        94,
        "abc",
        "12.5",
        12.5,
        "99999999999",
        "981158400",
        981158400,
        [2009],
        True,
        "PG-13",
        "R",
        "$1994",
        "2000 min",
        "1994 votes",
        "1080p",
        float("inf"),
        1e300,
        "unknown",
        "1994 " + "word " * 20,
    ],
)
def test_what_is_no_year_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        year(cell)
