"""Dates of release in many notations and languages."""

from __future__ import annotations

import csv
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.dates import date, prefers_day_first
from pipeline.sources.parsing.literals import CellError
from tests.support.cases import case

DAYS = st.dates(dt.date(1888, 1, 1), dt.date(2049, 12, 31))
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "en short": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre "
    "novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}


def test_dates_of_the_case() -> None:
    with case("13-dates/films.csv").open(encoding="utf-8", newline="") as lines:
        found = [date(row["release_date"], pivot=30) for row in csv.DictReader(lines)]
    assert found == [
        ("2019-09-09", 2019),
        ("1994-10-14", 1994),
        ("1994-10-14", 1994),
        ("1989-12-18", 1989),
        ("1980-06-13", 1980),
        ("1994-10-14", 1994),
        ("2001-02-03", 2001),
        ("2001-02-03", 2001),
        (None, 1994),
        (None, 1994),
        ("1994-10-14", 1994),
        ("1994-10-14", 1994),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "1994-10-14",
        "1994/10/14",
        "1994.10.14",
        "14-10-1994",
        "14.10.1994",
        "10/14/1994",
        "14/10/1994",
        "19941014",
        "1994-10-14T22:15:00Z",
        "1994-10-14 00:00:00+00:00",
        "1994-10-14T00:00:00.000Z",
        "10/14/1994 0:00",
        "10/14/1994 12:00:00 AM",
        "14. 10. 1994",
        "1994. 10. 14.",
        "Oct 14, 1994",
        "October 14th, 1994",
        "14th October 1994",
        "14-Oct-94",
        "14-Oct-1994",
        "1994 Oct 14",
        "Friday, October 14, 1994",
        "14 oct. 1994",
        "Fri, 14 Oct 1994 00:00:00 GMT",
        "Fri Oct 14 1994 00:00:00 GMT+0200 (CEST)",
        "14 de octubre de 1994",
        "Oct 14, 1994 12:00:00 AM",
        "14 October 1994 (USA)",
        "Oct 14, 1994 to Apr 24, 1995",
        "14. Okt. 1994",
        "1994-10-14(美国)",
        "1994年10月14日",
        "1994년 10월 14일",
        19941014,
        782092800,
        "782092800",
        "782092800000",
        782092800000,
        782092800.0,
        "19941014120000",
        dt.date(1994, 10, 14),
        dt.datetime(1994, 10, 14, 5),
        "mar. 14 oct. 1994",
        "1994. október 14.",
        "平成6年10月14日",
        "October 14, 1994 (1994-10-14) (United States)",
        "14 October 1994 (USA), 3 March 1995 (UK)",
    ],
)
def test_every_notation_of_one_day(cell: object) -> None:
    assert date(cell, pivot=30) == ("1994-10-14", 1994)


@given(DAYS, st.sampled_from(sorted(MONTHS)))
def test_a_written_date_is_read_back(day: dt.date, language: str) -> None:
    month = MONTHS[language].split()[day.month - 1]
    for written in (
        f"{day.day} {month} {day.year}",
        f"{day.day}. {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} de {month} de {day.year}",
        f"{day.day:02}-{month.upper()}-{day.year} (India)",
    ):
        assert date(written, pivot=30) == (day.isoformat(), day.year)


@given(DAYS)
def test_moments_are_read_back(day: dt.date) -> None:
    seconds = (day - dt.date(1970, 1, 1)).days * 86_400
    if abs(seconds) >= 86_400 * 60:
        for written in (seconds, str(seconds), float(seconds), seconds * 1000, str(seconds * 1000)):
            assert date(written, pivot=30) == (day.isoformat(), day.year)


@pytest.mark.parametrize(
    ("cell", "near", "expected"),
    [
        ("10-12-2009", None, ("2009-12-10", 2009)),
        ("6/9/15", None, ("2015-06-09", 2015)),
        ("6/9/30", None, ("2030-06-09", 2030)),
        ("6/9/31", None, ("1931-06-09", 1931)),
        ("5/29/63", 1963, ("1963-05-29", 1963)),
        ("1/1/15", 1915, ("1915-01-01", 1915)),
        ("1/1/00", 1999, ("2000-01-01", 2000)),
        ("29/5/1963", None, ("1963-05-29", 1963)),
        ("12-25-2009", None, ("2009-12-25", 2009)),
    ],
)
def test_order_and_century(cell: object, near: int | None, expected: tuple[str, int]) -> None:
    assert date(cell, pivot=30, near=near) == expected


@pytest.mark.parametrize(
    "cell",
    [
        1994,
        "1994",
        1994.0,
        "1994.0",
        "1994-10",
        "10/1994",
        "Oct 1994",
        "October 1994",
        "1994-00-00",
        "1994-10-00",
        "Q4 1994",
        "1994 Q4",
        "Summer 1994",
        "(1994)",
        "1994年",
        "1994年10月",
        "199410",
        "00/10/1994",
    ],
)
def test_a_year_without_a_day(cell: object) -> None:
    assert date(cell, pivot=30) == (None, 1994)


@pytest.mark.parametrize(
    "cell", ["", None, "0000-00-00", "0", 0, float("nan"), "nan", "N/A", "\\N"]
)
def test_no_date_is_missing(cell: object) -> None:
    assert date(cell, pivot=30) == (None, None)


@pytest.mark.parametrize(
    "cell",
    [
        "2009-02-30",
        "31/31/2009",
        "soon",
        "1/1/1",
        7,
        1.5,
        [2009],
        True,
        "34621",
        "Blade Runner 2049",
        1e30,
        "30 February 1994",
        "May",
        "14 Oct",
        "9" * 300,
        "TBA",
        "tbd",
        "unknown",
    ],
)
def test_what_is_no_date_is_an_error(cell: Any) -> None:
    with pytest.raises(CellError):
        date(cell, pivot=30)


def test_the_day_first() -> None:
    assert prefers_day_first(["3/4/1994", "14/10/1994", None, 5])
    assert not prefers_day_first(["3/4/1994", "10/14/1994"])
    assert not prefers_day_first(["14/10/1994", "10/14/1994"])
    assert date("3/4/1994", pivot=30, day_first=True) == ("1994-04-03", 1994)
    assert date("3/4/1994", pivot=30) == ("1994-03-04", 1994)
    assert date("3/14/1994", pivot=30, day_first=True) == ("1994-03-14", 1994)
