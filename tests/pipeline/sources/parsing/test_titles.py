"""Titles: the year behind them, and what makes two titles the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.parsing.titles import comparable_title, comparable_titles, title_and_year


@pytest.mark.parametrize(
    "title",
    [
        "Salt Lamp (1999)",
        "Salt Lamp [1999]",
        "Salt Lamp (TV Series 1999–2003)",
        "Salt Lamp (TV Series 1999– )",
        "Salt Lamp (1999 film)",
        "Salt Lamp (1999/II)",
        "Salt Lamp (II) (1999)",
        "Salt Lamp (1999) (TV Movie)",
        "Salt Lamp (US, 1999)",
        "Salt Lamp (1999) (V)",
        "Salt Lamp（1999）",
        "Salt Lamp(1999) ",
    ],
)
def test_the_year_behind_a_title(title: str) -> None:
    assert title_and_year(title) == ("Salt Lamp", 1999)


@pytest.mark.parametrize(
    "title",
    [
        "Blade Runner 2049",
        "2012",
        "(1999)",
        "Salt (of 1942)",
        "Salt (Extended 1999 Cut)",
        "Salt (no year)",
        "",
        "1984",
        "Room (237)",
        "x" * 2000 + " (1999)",
    ],
)
def test_a_title_without_a_year_is_unchanged(title: str) -> None:
    assert title_and_year(title) == (title, None)


def test_a_title_that_is_itself_a_year() -> None:
    assert title_and_year("2001 (1968)") == ("2001", 1968)
    assert title_and_year("Waltz Nine, The (2001)") == ("Waltz Nine, The", 2001)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Salt Lamp", "Salt Lamp, The"),
        ("Les Mis\u00e9rables", "Miserables, Les"),
        ("L'Avventura", "Avventura, L'"),
        ("L\u2019Avventura", "L'avventura"),
        ("Tom & Jerry", "Tom and Jerry"),
        ("Spider-Man", "Spider Man"),
        ("E.T.", "ET"),
        ("Salt Lamp!", "salt  lamp"),
        ("\u0141\u00f3d\u017a", "Lodz"),
        ("Stra\u00dfe", "STRASSE"),
        ("\uff33\uff41\uff4c\uff54", "Salt"),
    ],
)
def test_titles_that_are_the_same(one: str, other: str) -> None:
    assert comparable_title(one) == comparable_title(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Salt Lamp", "Salt Lamp 2"), ("A", "The"), ("O", "I"), ("\u304c", "\u304b"), ("Up", "Up!2")],
)
def test_titles_that_differ(one: str, other: str) -> None:
    assert comparable_title(one) != comparable_title(other)


def test_other_titles_in_brackets() -> None:
    assert comparable_titles("Seven (a.k.a. Se7en)") == ("seven", "se7en")
    assert comparable_titles("Salt Lamp, The (Lampe, La)") == ("saltlamp", "lampe")
    assert comparable_titles("(500) Days") == ("500days",)
    assert comparable_titles("\u2026") == ("",)


@given(st.text())
def test_any_title_can_be_compared(title: str) -> None:
    found = comparable_title(title)
    assert not any(c.isspace() for c in found)
    assert found == comparable_title(f"  {title}  ")
    assert "" not in comparable_titles(title)[1:]
    year = title_and_year(title)[1]
    assert year is None or 1800 <= year < 2100
    assert title_and_year(f"a {title} (1999)") == (f"a {title}".strip(), 1999)
