"""Votes on several scales; certificates of age are none."""

from __future__ import annotations

import csv

import pytest

from pipeline.sources.parsing.literals import CellError
from pipeline.sources.parsing.votes import is_certificate, vote
from tests.support.cases import case

CERTIFICATES = [
    "G",
    "PG",
    "PG-13",
    "R",
    "NC-17",
    "NR",
    "Not Rated",
    "Unrated",
    "TV-MA",
    "TV-14",
    "TV-Y7",
    "TV-PG",
    "U",
    "12A",
    "R18",
    "FSK 16",
    "FSK-12",
    "ab 16",
    "Tous publics",
    "U/A 16+",
    "UA 13+",
    "A",
    "L",
    "Livre",
    "A14",
    "AL",
    "MG6",
    "16+",
    "18+",
    "MA15+",
    "R18+",
    "14A",
    "VM14",
    "Btl",
    "PG12",
    "R15+",
    "IIB",
    "M18",
    "Rated R",
    "Rated PG-13 for violence",
    "PG-13 - Teens 13 or older",
    "R - 17+ (violence & profanity)",
]


def test_votes_of_the_case() -> None:
    with case("14-numbers/films.csv").open(encoding="utf-8", newline="") as lines:
        found = [vote(row["vote_average"]) for row in csv.DictReader(lines)]
    assert found == [7.8, 7.8, 8.0, 7.8, 7.8]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (7.8, 7.8),
        ("7.8", 7.8),
        ("4,5", 4.5),
        ("78/100", 7.8),
        ("3.5/5", 7.0),
        ("3.5 out of 5", 7.0),
        ("8 von 10", 8.0),
        ("78 %", 7.8),
        ("7.8\u5206", 7.8),
        ("7.8 (1,234)", 7.8),
        ("7.8/10 (1.2M votes)", 7.8),
        ("IMDb: 7.8", 7.8),
        ("12", 12.0),
        ("", None),
        ("N/A", None),
        (None, None),
    ],
)
def test_vote(cell: object, value: float | None) -> None:
    assert vote(cell) == value


@pytest.mark.parametrize("cell", CERTIFICATES)
def test_a_certificate_is_no_vote(cell: str) -> None:
    assert is_certificate(cell)
    with pytest.raises(CellError, match="certificate"):
        vote(cell)


@pytest.mark.parametrize("cell", ["7.8", "16", "7.8/10", "78%", "Drama", "", 7, None, "1,204"])
def test_what_is_no_certificate(cell: object) -> None:
    assert not is_certificate(cell)


@pytest.mark.parametrize(
    "cell", ["12/10", "8/0", "120%", "tbd", "unknown", "good", "4 stars", "7/8/9"]
)
def test_what_is_no_vote_is_an_error(cell: str) -> None:
    with pytest.raises(CellError):
        vote(cell)
