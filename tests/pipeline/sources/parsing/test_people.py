"""Directors and actors: lists, credits, notes behind names."""

from __future__ import annotations

import csv

import pytest

from pipeline.sources.parsing.people import cast, directors
from tests.support.cases import case


def test_people_of_the_case() -> None:
    with case("16-unknown-as-a-value/films.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [directors(row["directors"]) for row in rows] == [
        None,
        ["Ada Quill"],
        ["Ada Quill", "Ed Bray"],
    ]
    assert [cast(row["cast"]) for row in rows] == [None, None, ["Bo Lint", "Cy Marr"]]


def test_people_from_credits() -> None:
    crew = [{"job": "Writer", "name": "W"}, {"job": "Director", "name": "D"}]
    credits = {"cast": [{"name": "A"}, {"name": "B"}], "crew": crew}
    assert directors(credits) == ["D"]
    assert directors(str(crew)) == ["D"]
    assert cast(credits) == ["A", "B"]
    assert cast('{"Bo Lint": "The Captain", "Cy Marr": "A Clerk"}') == ["Bo Lint", "Cy Marr"]


@pytest.mark.parametrize(
    "cell",
    [
        "Ada Quill, Ed Bray",
        "Ada Quill and Ed Bray",
        "Ada Quill & Ed Bray",
        "Ada Quill, and Ed Bray",
        "Ada Quill und Ed Bray",
        "Ada Quill et Ed Bray",
        "Ada Quill y Ed Bray",
        ["Ada Quill and Ed Bray"],
        "Ada Quill / Ed Bray",
        "Ada Quill; Ed Bray",
        "Directed by Ada Quill, Ed Bray",
        "Directors: Ada Quill, Ed Bray",
        "Ada Quill (co-director), Ed Bray (segment 'Rain')",
        "Ada Quill, Ed Bray, et al.",
        "Ada Quill, Ed Bray and 3 more",
        "ADA QUILL, Ada Quill, Ed Bray, Unknown",
    ],
)
def test_every_notation_of_two_directors(cell: object) -> None:
    assert [name.title() for name in directors(cell) or []] == ["Ada Quill", "Ed Bray"]


@pytest.mark.parametrize(
    "name",
    [
        "Joel and Ethan Coen",
        "Simon and Garfunkel",
        "Paul Reed and the Riders",
        "Anonymous",
        "AC/DC",
        "Sammy Davis, Jr.",
        "Robert Downey Jr.",
        "Ortega y Gasset",
        "Oscar Isaac Jacob Elordi",
    ],
)
def test_a_name_that_is_one(name: str) -> None:
    assert directors(name) == [name]
    assert cast([name]) == [name]


@pytest.mark.parametrize(
    "cell",
    [
        "Bo Lint (voice)",
        "Bo Lint (uncredited)",
        "Bo Lint (as B. Lint)",
        "Bo Lint (archive footage) (voice)",
        "Bo Lint as the Captain",
        "Bo Lint ... Captain",
        "Bo Lint (I)",
        "Bo Lint [voice]",
        "Starring: Bo Lint",
    ],
)
def test_notes_on_a_credit_are_dropped(cell: str) -> None:
    assert cast(cell) == ["Bo Lint"]


def test_a_no_break_space_that_is_part_of_a_letter_stays() -> None:
    assert cast("Jordi Moll\u00c3\u00a0|Bo Lint") == ["Jordi Moll\u00c3\u00a0", "Bo Lint"]
    assert cast("Bo Lint|Jordi Moll\u00c3\u00a0") == ["Bo Lint", "Jordi Moll\u00c3\u00a0"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Ada Quill/Ed Bray", ["Ada Quill", "Ed Bray"]),
        ("李四/王五", ["李四", "王五"]),
        ("AC/DC", ["AC/DC"]),
    ],
)
def test_a_slash_separates_full_names(cell: str, found: list[str]) -> None:
    assert cast(cell) == found
