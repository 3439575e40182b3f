"""Find terms in films as whole words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from pipeline.label.terms.holdings import HOLDINGS, find_terms, term_lists

TEXTS = pa.list_(pa.string())
MOVIES = pa.schema(
    [
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("keywords", TEXTS),
    ]
)


def movies(*films: Mapping[str, Any]) -> pa.Table:
    blank = {name: None for name in MOVIES.names} | {"overview": ""}
    return pa.Table.from_pylist([blank | dict(film) for film in films], MOVIES)


def assigned(*clusters: int) -> pa.Table:
    return pa.table([pa.array(clusters, pa.int32())], names=["cluster"])


def held(film: Mapping[str, Any], *own: str) -> list[str]:
    table = find_terms(movies(film), assigned(3), term_lists({3: list(own), 7: ["other"]}))[
        "holdings"
    ]
    assert table.schema == HOLDINGS
    assert table.column("cluster").to_pylist() == [3]
    return [own[number] for number in table.column("held").to_pylist()[0]]


def test_terms_are_found_as_whole_words() -> None:
    film = {"overview": "A party of Artists; the ship's smart captain.", "keywords": ["cold war"]}
    assert held(film, "art", "artist", "party", "ship", "cap", "mart") == ["party"]
    assert held(film, "cold war", "cold", "old war", "war") == ["cold war", "cold", "war"]
    assert held(film, "Party", "smart captain", "ship's") == ["Party", "smart captain", "ship's"]


def test_terms_are_searched_in_overview_tagline_and_each_keyword() -> None:
    film = {"overview": "a spy", "tagline": "Trust no one.", "keywords": ["deep sea", "dive"]}
    assert held(film, "spy", "trust no one", "deep sea", "dive") == [
        "spy",
        "trust no one",
        "deep sea",
        "dive",
    ]
    # no term spans two of these texts
    assert held(film, "spy trust", "one deep", "sea dive") == []


def test_terms_of_a_film_without_keywords_and_tagline() -> None:
    assert held({"overview": "a spy"}, "spy", "sea") == ["spy"]


def test_holdings_are_positions_in_the_terms_of_the_cluster() -> None:
    films = movies({"overview": "spy ship"}, {"overview": "ship"}, {"overview": "spy"})
    lists = term_lists({0: ["ship", "spy"], 1: ["spy"]})
    found = find_terms(films, assigned(0, 1, 1), lists)["holdings"]
    assert found.column("cluster").to_pylist() == [0, 1, 1]
    assert found.column("held").to_pylist() == [[0, 1], [], [0]]


def test_an_elided_article_does_not_hide_a_word() -> None:
    film = movies({"overview": "L'homme aime l\u2019eau."})
    found = find_terms(film, assigned(0), term_lists({0: ["homme", "eau", "femme"]}))
    assert found["holdings"]["held"].to_pylist() == [[0, 1]]


def test_terms_without_spaces_are_found_inside_texts() -> None:
    film = {"overview": "浪人が怪獣と戦う。", "keywords": ["東京湾"]}
    assert held(film, "怪獣", "東京", "侍") == ["怪獣", "東京"]


def test_a_particle_does_not_hide_a_korean_word() -> None:
    assert held({"overview": "형사가 범인을 쫓는다."}, "형사", "범인", "형") == ["형사", "범인"]
