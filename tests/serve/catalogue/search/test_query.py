"""How queries are read."""

from __future__ import annotations

import pytest

from serve.catalogue.search.query import Query, read_query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("submarine", Query("submarine")),
        ("films about chess", Query("chess")),
        ("show me a movie where a dog saves a town", Query("a dog saves a town")),
        ("heist movies", Query("heist")),
        ("film noir in Los Angeles", Query("film noir in Los Angeles")),
        ("like Jaws", Query("", ("Jaws",))),
        ("Movies similar to Blade Runner", Query("", ("Blade Runner",))),
        ("something like Heat but funnier", Query("funnier", ("Heat",), "funnier")),
        ("like Heat, but set in space", Query("space", ("Heat",), "space")),
        ("like Jaws but without sharks", Query("", ("Jaws",), "", "sharks")),
        ("war films with no soldiers", Query("war", without="soldiers")),
        ("Alien meets Heat", Query("Alien meets Heat", ("Alien", "Heat"))),
        ("without", Query("without")),
        ("", Query("")),
        ("film", Query("film")),
    ],
)
def test_queries_are_read(text: str, expected: Query) -> None:
    assert read_query(text) == expected
