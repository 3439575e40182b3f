"""Nouns that are themes."""

from __future__ import annotations

import pyarrow as pa

from pipeline.label.terms.film_terms import NOUN_GENRES
from pipeline.label.terms.themes import themes_among

GENRES = {"Crime": 400, "Drama": 400, "War": 400}
SPY, DAY = ("spy", "en"), ("day", "en")


def counts(*rows: tuple[str, str, int]) -> pa.Table:
    names = NOUN_GENRES.names
    whole = [dict(zip(names, (form, "en", *rest), strict=True)) for form, *rest in rows]
    return pa.Table.from_pylist(whole, NOUN_GENRES)


def test_a_theme_is_in_films_of_some_genres() -> None:
    table = counts(
        ("spy", "Crime", 30), ("day", "Crime", 10), ("day", "Drama", 9), ("day", "War", 11)
    )
    assert themes_among([SPY, DAY], table, GENRES) == {SPY}


def test_few_films_prove_nothing_and_partitions_add_up() -> None:
    one = counts(("spy", "War", 1))
    assert themes_among([SPY], one, GENRES) == set()
    assert themes_among([SPY], pa.concat_tables([one] * 9), GENRES) == {SPY}


def test_a_catalogue_without_genres_has_no_such_nouns() -> None:
    assert themes_among([SPY], counts(), {}) == set()
