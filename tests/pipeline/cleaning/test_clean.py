"""Cleaning: repairs, rejects with their reasons, and the best row of each id."""

from __future__ import annotations

import random
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning.clean import PLACEHOLDERS, REASONS, clean
from pipeline.cleaning.profile import PROFILE
from pipeline.errors import TableError
from pipeline.schemas import mining as tables
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import open_source

DEFAULT = CleanSettings()


def movie(movie_id: str | None = "1", **columns: Any) -> dict[str, Any]:
    base = dict.fromkeys(tables.MOVIES.names) | {
        "movie_id": movie_id,
        "title": "A Title",
        "overview": "A few good words.",
        "source": "test",
        "row": 1,
    }
    assert set(columns) <= set(base)
    return base | columns


def run(
    *movies: dict[str, Any], **bounds: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    out = clean(pa.Table.from_pylist(list(movies), tables.MOVIES), CleanSettings(**bounds))
    assert out["movies"].schema == tables.CLEAN_MOVIES
    assert out["rejects"].schema == tables.REJECTS
    assert out["profile"].schema == PROFILE
    assert out["movies"].num_rows + out["rejects"].num_rows == len(movies)
    return out["movies"].to_pylist(), out["rejects"].to_pylist()


def outcome(**columns: Any) -> str:
    films, rejects = run(movie(**columns))
    if films:
        return "kept"
    assert rejects[0]["detail"]
    assert (rejects[0]["source"], rejects[0]["row"]) == ("test", 1)
    return str(rejects[0]["reason"])


def test_a_valid_film_is_unchanged() -> None:
    film = movie(
        year=1999,
        release_date="1999-05-01",
        tagline="Tag.",
        genres=["War"],
        keywords=["sea"],
        directors=["D"],
        cast=["A", "B"],
        language="en",
        countries=["GB"],
        runtime_minutes=90.0,
        vote_average=7.5,
        vote_count=3,
        popularity=0.5,
        budget_usd=5.0,
        revenue_usd=6.0,
        poster_path="/p.jpg",
    )
    assert run(film) == ([film], [])


def test_texts_and_lists_are_repaired() -> None:
    (film,), _ = run(
        movie(
            title=" Tom &amp; Jerry ",
            overview="<p>Bondâ€™s\r\npast</p> returns.",
            tagline="  ",
            genres=["War", " War ", "", None, "Drama"],
            keywords=["", None],
            cast=["\u00c3\u2013zg\u00c3\u00bcr"],
            language="EN",
        )
    )
    assert (film["title"], film["overview"]) == ("Tom & Jerry", "Bond's past returns.")
    assert (film["tagline"], film["keywords"], film["language"]) == (None, None, "en")
    assert (film["genres"], film["cast"]) == (["War", "Drama"], ["Özgür"])


def test_impossible_numbers_become_null() -> None:
    nan, inf = float("nan"), float("inf")
    (film,), _ = run(
        movie(vote_average=11.0, vote_count=-1, popularity=nan, budget_usd=inf, runtime_minutes=0.0)
    )
    names = ("vote_average", "vote_count", "popularity", "budget_usd", "runtime_minutes")
    assert [film[name] for name in names] == [None] * 5
    (zero,), _ = run(movie(vote_average=0.0, vote_count=0))
    assert (zero["vote_average"], zero["vote_count"]) == (None, 0)
    (low,), _ = run(movie(vote_average=0.0, vote_count=9))
    assert low["vote_average"] == 0.0


def test_list_items_are_capped() -> None:
    (film,), _ = run(movie(cast=[f"Actor {i}" for i in range(9)]), max_list_items=4)
    assert film["cast"] == ["Actor 0", "Actor 1", "Actor 2", "Actor 3"]


@pytest.mark.parametrize(
    "overview", [None, "", " \n", "...", "Two words", "\u200e \u200e \u200e a"]
)
def test_no_overview(overview: str | None) -> None:
    assert outcome(overview=overview) == "missing_overview"


@pytest.mark.parametrize(
    "overview",
    [
        "No overview found.",
        "Add a Plot",
        "Add a Plot \u00bb",
        "N/A",
        "plot unknown",
        "TBD",
        "<p></p>",
    ],
)
def test_a_placeholder_is_not_an_overview(overview: str) -> None:
    assert outcome(overview=overview) == "missing_overview"


def test_placeholders_are_in_normal_form() -> None:
    assert {text for text in PLACEHOLDERS if text != text.casefold().strip(" .")} == set()


def test_bounds() -> None:
    assert outcome(title=" &nbsp; ") == "missing_title"
    assert [outcome(year=year) for year in (1873, 2036, 0, -5)] == ["impossible_year"] * 4
    assert [outcome(year=year) for year in (1874, 2035, None)] == ["kept"] * 3
    assert outcome(overview="A b " * 5_001) == "over_long_text"
    assert outcome(overview="A b " * 500_000) == "over_long_text"
    assert outcome(keywords=["sea", "x" * 20_001]) == "over_long_text"
    assert outcome(overview="A b " * 4_999 + " " * 9_000) == "kept"
    assert outcome(overview="二人の男が海を渡る") == "kept"
    for column in ("title", "overview", "tagline"):
        assert outcome(**{column: "Some good\x00 words here"}) == "control_characters"
    assert outcome(cast=["Good", "Ba\x07d"]) == "control_characters"
    assert outcome(overview="Some good\r\n\twords here.") == "kept"


def test_every_reason_has_an_explanation() -> None:
    assert set(REASONS) == {
        "missing_overview",
        "missing_title",
        "impossible_year",
        "duplicate_id",
        "over_long_text",
        "control_characters",
    }
    assert all("\n" not in text and text.endswith(".") for text in REASONS.values())


def test_the_most_complete_row_of_an_id_is_used() -> None:
    poor = movie(row=1, overview="A very much longer overview than that of the other row.")
    rich = movie(row=2, genres=["War"], year=1999)
    films, rejects = run(poor, rich, movie("2", row=3))
    assert [film["row"] for film in films] == [2, 3]
    assert [(r["row"], r["reason"], r["movie_id"]) for r in rejects] == [(1, "duplicate_id", "1")]
    assert "row 2 of test" in rejects[0]["detail"]


def test_then_the_longest_overview_and_the_content_decide() -> None:
    short, long = movie(overview="A few words."), movie(overview="A few words more.")
    for first, second in ((short, long), (long, short)):
        films, _ = run(first | {"row": 1}, second | {"row": 2})
        assert films[0]["overview"] == "A few words more."
    one, two = movie(title="Alpha"), movie(title="Omega")
    titles = {
        run(a | {"row": 1, "source": "x"}, b | {"row": 2, "source": "y"})[0][0]["title"]
        for a, b in ((one, two), (two, one))
    }
    assert len(titles) == 1


def test_an_unusable_row_never_replaces_a_usable_one() -> None:
    unusable = movie(row=1, genres=["War"], keywords=["sea"], year=1500)
    damaged = movie(row=2, genres=["War"], tagline="Ta\x00g")
    films, rejects = run(unusable, damaged, movie(row=3))
    assert [film["row"] for film in films] == [3]
    assert [r["reason"] for r in rejects] == ["impossible_year", "control_characters"]


def test_an_empty_field_does_not_make_a_row_complete() -> None:
    empty = movie(row=1, tagline="<p> </p>", keywords=[""], runtime_minutes=0.0)
    films, _ = run(empty, movie(row=2, year=1999))
    assert films[0]["row"] == 2


_IDS = st.sampled_from(["1", "2", "3"])
_FILMS = st.builds(
    movie,
    _IDS,
    title=st.sampled_from(["A", "B", "", "C\x00"]),
    overview=st.sampled_from(["One two three.", "One two three four.", "TBD", None]),
    year=st.sampled_from([None, 1999, 1500]),
    genres=st.sampled_from([None, [], ["War"]]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_FILMS, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    films: list[dict[str, Any]], rng: random.Random
) -> None:
    numbered = [film | {"row": row} for row, film in enumerate(films)]
    shuffled = list(numbered)
    rng.shuffle(shuffled)
    before, after = run(*numbered), run(*shuffled)
    assert before == after
    films, rejects = before
    ids = [film["movie_id"] for film in films]
    assert ids == sorted(set(ids))
    assert sorted(r["row"] for r in rejects) == [r["row"] for r in rejects]
    assert {r["movie_id"] for r in rejects if r["reason"] == "duplicate_id"} <= set(ids)
    assert run(*films) == (films, [])


def test_an_empty_partition_and_one_without_ids() -> None:
    assert run() == ([], [])
    with pytest.raises(TableError, match="movie_id"):
        run(movie(None))
    with pytest.raises(TableError, match="overview"):
        clean(pa.table({"movie_id": ["1"]}), DEFAULT)


def test_real_films_are_repaired_completely_and_fast(test_data: Path) -> None:
    source = open_source(f"files:{test_data / 'tmdb-udacity-10866.csv'}", SourceSettings())
    movies = next(iter(source.read())).movies
    begun = process_time()
    out = clean(movies, DEFAULT)
    assert process_time() - begun < 5.0  # 1 s on an idle core
    assert not any("â€" in text for text in out["movies"]["overview"].to_pylist())
    assert clean(out["movies"], DEFAULT)["movies"].equals(out["movies"])
