"""The search with the real model, on films of known themes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.search.engine import SearchEngine
from tests.support.films import QUERIES, mined


@pytest.fixture(scope="module")
def engine(catalogue: Catalogue) -> SearchEngine:
    return SearchEngine(catalogue)


@pytest.mark.parametrize("theme", range(4))
def test_the_first_films_are_of_the_theme_of_the_query(engine: SearchEngine, theme: int) -> None:
    found = engine.search(QUERIES[theme], limit=8).films
    of_theme = [mined().theme[int(film["movie_id"][1:])] == theme for film in found]
    assert sum(of_theme) >= 6
    assert of_theme[0]


def test_scores_fall_and_every_film_has_a_reason(engine: SearchEngine) -> None:
    for query in (*QUERIES, "vampires", "Film 7"):
        films = engine.search(query, limit=10).films
        scores = [film["score"] for film in films]
        assert scores == sorted(scores, reverse=True) and 0 <= scores[-1] <= scores[0] <= 1
        assert all(film["reasons"] for film in films)


def test_reasons_come_from_the_film(engine: SearchEngine) -> None:
    for film in engine.search("submarine tokyo", limit=5).films:
        for reason in film["reasons"]:
            if reason["kind"] in ("words", "meaning"):
                assert reason["text"] in (film["overview"] or "")
            if reason["kind"] == "keywords":
                assert set(reason["text"].split(", ")) <= set(film["keywords"] or [])


def test_an_exact_title_comes_first(engine: SearchEngine, catalogue: Catalogue) -> None:
    title = catalogue.films_at([3])[0]["title"]
    page = engine.search(title or "", limit=3)
    assert page.films[0]["title"] == title
    assert page.films[0]["score"] == 1
    assert page.films[0]["reasons"][0] == {"kind": "title", "text": title}


def test_films_like_a_title_are_of_its_theme_without_the_film(
    engine: SearchEngine, catalogue: Catalogue
) -> None:
    named = catalogue.films_at([1])[0]
    page = engine.search(f"like {named['title']}", limit=8)
    assert [film["movie_id"] for film in page.understood["like"]] == [named["movie_id"]]
    themes = [mined().theme[int(film["movie_id"][1:])] for film in page.films]
    assert sum(theme == 0 for theme in themes) >= 6
    assert named["movie_id"] not in {film["movie_id"] for film in page.films}
    changed = engine.search(f"like {named['title']} but with lawyers", limit=10).films
    assert any(mined().theme[int(film["movie_id"][1:])] == 1 for film in changed)


def test_films_with_unwanted_words_lose_half_of_their_score(engine: SearchEngine) -> None:
    wanted = engine.search("navy crew under attack", limit=100).films
    without = engine.search("navy crew under attack without submarines", limit=100).films
    scores = {film["movie_id"]: film["score"] for film in wanted}
    ratios = [
        film["score"] / scores[film["movie_id"]]
        for film in without
        if film["movie_id"] in scores and "submarine" in (film["overview"] or "").lower()
    ]
    assert len(ratios) >= 2 and max(ratios) < 0.6


@pytest.mark.parametrize("query", ["zzzzqq", "", " \0 ", "\ud800", "@@@@", "qxv wkz"])
def test_nothing_close_is_said(engine: SearchEngine, query: str) -> None:
    page = engine.search(query)
    assert page.nothing_close and page.films == [] and page.total == 0


@pytest.mark.parametrize("query", ["x" * 20_000, "' OR 1=1 --", "الغواصة", "like like but but"])
def test_no_query_fails(engine: SearchEngine, query: str) -> None:
    assert engine.search(query, limit=3).total >= 0
    assert engine.search(query, limit=0).films == []


def test_a_filtered_search_finds_films_of_the_selection_only(
    engine: SearchEngine, catalogue: Catalogue
) -> None:
    for filters in (Filters(languages=("fr",)), Filters(micro_genres=(2,)), Filters(words="film")):
        page = engine.search(QUERIES[0], filters, limit=100)
        assert {film["movie_id"] for film in page.films} <= set(catalogue.ids(filters))
    assert engine.search(QUERIES[0], Filters(year_from=3_000)).nothing_close


def test_pages_are_parts_of_one_ranking(engine: SearchEngine) -> None:
    whole = [film["movie_id"] for film in engine.search(QUERIES[2], limit=9).films]
    parts = [
        film["movie_id"]
        for offset in (0, 3, 6)
        for film in engine.search(QUERIES[2], limit=3, offset=offset).films
    ]
    assert parts == whole


def test_several_threads_may_search_at_once(engine: SearchEngine, release: Path) -> None:
    queries = [f"{query} {number}" for number in range(6) for query in QUERIES]
    with ThreadPoolExecutor(6) as pool:
        parallel = list(pool.map(lambda query: engine.search(query, limit=5), queries))
    again = SearchEngine(Catalogue(release))
    assert parallel == [again.search(query, limit=5) for query in queries]
