"""Numbers: marks of thousands, decimal commas, magnitudes, units."""

from __future__ import annotations

import csv
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.literals import CellError
from pipeline.sources.parsing.numbers import count, number, uses_decimal_comma
from tests.support.cases import case


def cells(file: str, column: str, separator: str = ",") -> list[str]:
    with case(file).open(encoding="utf-8", newline="") as lines:
        return [row[column] for row in csv.DictReader(lines, delimiter=separator)]


def test_counts_of_the_case() -> None:
    found = [count(cell) for cell in cells("14-numbers/films.csv", "vote_count")]
    assert found == [1_200_000, 12_000, 1_234, 12_345, 1_234_567]


def test_decimal_commas_of_the_case() -> None:
    def column(name: str) -> list[str]:
        return cells("14-numbers/semicolon.csv", name, ";")

    assert [number(c, decimal_comma=True) for c in column("vote_average")] == [7.8, 6.4]
    assert [number(c, decimal_comma=True) for c in column("popularity")] == [12.5, 3.1]
    assert [count(c, decimal_comma=True) for c in column("vote_count")] == [1_234, 12_345]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.5", 1234.5),
        (" 7 ", 7.0),
        ("-3e2", -300.0),
        (".5", 0.5),
        (Decimal("1.5"), 1.5),
        (0, 0.0),
        ("7,8", 7.8),
        ("0,123", 0.123),
        ("1,234", 1234.0),
        ("1.234", 1.234),
        ("1.234.567", 1234567.0),
        ("1.234,5", 1234.5),
        ("1,23,456", 123456.0),
        ("35,00,00,000", 350000000.0),
        ("1 234 567", 1234567.0),
        ("1\u202f234", 1234.0),
        ("1\u00a0234,5", 1234.5),
        ("1'234", 1234.0),
        ("1\u2019234", 1234.0),
        ("\uff11\uff12", 12.0),
        ("\u22125", -5.0),
        ("1.2M", 1.2e6),
        ("1.13M", 1.13e6),
        ("12K votes", 12e3),
        ("1.2\u4e07", 12e3),
        ("1,2 Mio.", 1.2e6),
        ("28.3 million", 28.3e6),
        ("1,000+", 1000.0),
        ("12345\u4eba\u8bc4\u4ef7", 12345.0),
        *[(missing, None) for missing in ("", "nan", "NaN", "N/A", "\\N", None, float("nan"), "-")],
    ],
)
def test_number(cell: object, value: float | None) -> None:
    assert number(cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        "x",
        "1_000",
        "inf",
        "1e999",
        True,
        [1],
        "0x10",
        "1 2",
        "12A",
        "PG-13",
        "1.2.3",
        "5 stars",
        "9" * 500,
        "1e-9e9",
        "1e99999999999999999999",
        "unknown",
        "tbd",
        "10⁶",
        "5½",
        "$5",
    ],
)
def test_an_invalid_number_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        number(cell)


@pytest.mark.parametrize("cell", ["1.5", 1.5, "9" * 20, 2**63])
def test_an_invalid_whole_number_is_an_error(cell: object) -> None:
    with pytest.raises(CellError, match="whole"):
        count(cell)


@pytest.mark.parametrize("cell", ["11,800", 11800.0, "11800.0", "(11,800)", "11.8K", "11 800"])
def test_count(cell: object) -> None:
    assert count(cell) == 11_800


@given(st.integers(-(10**12), 10**12), st.sampled_from([",", ".", " ", "'", "\u202f", "\u00a0"]))
def test_a_number_with_marks_of_thousands_is_read_back(value: int, mark: str) -> None:
    written = f"{value:,}".replace(",", mark)
    assert number(written, decimal_comma=mark == ".") == value


@given(st.decimals(-(10**9), 10**9, places=2))
def test_a_decimal_comma_is_read_back(value: Decimal) -> None:
    written = f"{value:,}".translate(str.maketrans(",.", ".,"))
    assert number(written, decimal_comma=True) == float(value)


@pytest.mark.parametrize(
    ("column", "comma"),
    [
        (["7,8", "6,4"], True),
        (["1.234.567"], True),
        (["1.234,5"], True),
        (["1,234", "12,345"], False),
        (["7,8", "1,234.5"], False),
        (["7.8", None, 5, ""], False),
    ],
)
def test_the_decimal_comma_of_a_column(column: list[object], comma: bool) -> None:
    assert uses_decimal_comma(column) is comma


@given(st.floats() | st.integers(-(2**70), 2**70))
def test_typed_numbers_are_read_as_decimals_are(value: float) -> None:
    if isinstance(value, float) and math.isinf(value):
        with pytest.raises(CellError):
            number(value)
        return
    found = number(value)
    assert found == number(Decimal(value))
    assert found is None or isinstance(found, float)
