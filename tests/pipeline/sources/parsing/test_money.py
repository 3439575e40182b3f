"""Amounts of money: dollars in many notations; other currencies are unknown."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.literals import CellError
from pipeline.sources.parsing.money import money
from tests.support.cases import case


def read(cell: object) -> float | None:
    try:
        return money(cell)
    except CellError:
        return None


def test_revenues_of_the_case() -> None:
    with case("14-numbers/films.csv").open(encoding="utf-8", newline="") as lines:
        found = [read(row["revenue"]) for row in csv.DictReader(lines)]
    assert found == [28_300_000, 28_300_000, None, 60_000, None]


@pytest.mark.parametrize(
    ("cell", "dollars"),
    [
        (237000000, 237e6),
        ("$28.34M", 28.34e6),
        ("10,000", 10e3),
        ("US$ 1,234", 1234),
        ("USD 60000", 60e3),
        ("60000 USD", 60e3),
        ("5 $", 5),
        ("$1.2bn", 1.2e9),
        ("about $5 million", 5e6),
        ("$60,000[1]", 60e3),
        ("$1.5M (US)", 1.5e6),
        ("\uff0460,000", 60e3),
        ("1.2\u4ebf\u7f8e\u5143", 1.2e8),
        ("-$5", -5),
        ("1e6", 1e6),
        *[(missing, None) for missing in (0, "0", "$0", "", "N/A", None)],
    ],
)
def test_money(cell: object, dollars: float | None) -> None:
    assert money(cell) == dollars


@pytest.mark.parametrize(
    "cell",
    [
        "₹350,000,000",
        "INR 350,000,000",
        "€5m",
        "£5",
        "GBP 5",
        "CA$ 5",
        "A$5",
        "HK$5",
        "Rs 5",
        "Rs. 5 crore",
        "5 crore",
        "1.2亿",
        "5€",
        "DEM 3,000",
        "5 kr",
        "5 million euros",
        "¥500",
    ],
)
def test_other_currencies_are_no_dollars(cell: str) -> None:
    with pytest.raises(CellError, match="another currency"):
        money(cell)


@pytest.mark.parametrize(
    "cell", ["some", "$", "$25-30 million", "under $1 million", "tbd", [5], True]
)
def test_what_is_no_amount_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        money(cell)


@given(st.from_regex(r"[0-9]{1,18}", fullmatch=True))
def test_plain_digits_are_read_as_in_the_general_way(digits: str) -> None:
    assert money(digits) == money(f"${digits}")
