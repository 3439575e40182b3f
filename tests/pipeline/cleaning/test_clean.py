"""Cleaning: repairs, rejects with their reasons, and the best row of each id."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from time import process_time
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cleaning.clean import REASONS, clean
from pipeline.cleaning.profile import PROFILE
from pipeline.errors import TableError
from pipeline.schemas import mining as tables
from pipeline.schemas.reading import CELL_LOSSES
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import open_source
from tests.support.cases import case

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
    assert out["losses"].schema == CELL_LOSSES
    assert out["movies"].num_rows + out["rejects"].num_rows == len(movies)
    return out["movies"].to_pylist(), out["rejects"].to_pylist()


def losses(*movies: dict[str, Any], **bounds: int) -> dict[tuple[str, str], int]:
    out = clean(pa.Table.from_pylist(list(movies), tables.MOVIES), CleanSettings(**bounds))
    return {(row["column"], row["loss"]): row["cells"] for row in out["losses"].to_pylist()}


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


def test_a_row_needs_a_title_and_an_overview_only() -> None:
    assert outcome(title=" &nbsp; ") == "missing_title"
    assert outcome(title=None, overview=None) == "missing_title"
    assert outcome(overview="二人の男が海を渡る") == "kept"
    assert outcome(overview="Some good\r\n\twords here.") == "kept"
    for column in ("title", "overview", "tagline"):
        assert outcome(**{column: "Some good\x00 words here"}) == "kept"
    odd = {"vote_average": -1.0, "vote_count": -9, "runtime_minutes": -5.0, "budget_usd": -1.0}
    assert outcome(year=9999, release_date="0001-01-01", cast=["Good", "Ba\x07d"], **odd) == "kept"


@pytest.mark.parametrize(
    ("year", "date", "right"),
    [
        (1873, None, None),
        (2036, None, None),
        (-5, None, None),
        (1874, None, 1874),
        (2035, None, 2035),
        (2099, "1999-05-06", 1999),
        (0, "1999-05-06", 1999),
        (None, "1999-05-06", 1999),
        (None, "1999", 1999),
        (1998, "1999-05-06", 1998),
        (None, "0001-01-01", None),
        (None, "9999-12-31", None),
        (None, "May 1999", None),
    ],
)
def test_an_impossible_year_is_unknown(year: int | None, date: str | None, right: int) -> None:
    (film,), _ = run(movie(year=year, release_date=date))
    assert film["year"] == right


def test_lost_cells_are_counted_with_an_example() -> None:
    table = pa.Table.from_pylist(
        [
            movie("1", row=7, year=2099, vote_average=11.0, tagline="Ta\x00g"),
            movie("2", row=5, year=-4, vote_average=-1.0),
            movie("3", row=6, year=0, vote_average=float("nan"), runtime_minutes=0.0, vote_count=0),
            movie(
                "4", row=8, release_date="0001-01-01", cast=["Go\x07od"], popularity=float("inf")
            ),
            movie("5", row=9, source="other", year=3000),
        ],
        tables.MOVIES,
    )
    rows = clean(table, DEFAULT)["losses"].to_pylist()
    years = [row for row in rows if row["column"] == "year"]
    assert [(row["source"], row["cells"]) for row in years] == [("other", 1), ("test", 2)]
    assert (years[1]["example_row"], years[1]["example"]) == (5, "-4")
    assert years[1]["detail"] == "is not from 1874 to 2035"
    assert {
        (row["column"], row["loss"]): row["cells"] for row in rows if row["source"] == "test"
    } == {
        ("year", "unknown"): 2,
        ("vote_average", "unknown"): 2,
        ("release_date", "unknown"): 1,
        ("popularity", "unknown"): 1,
        ("tagline", "dropped"): 1,
        ("cast", "dropped"): 1,
    }


def test_over_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    long = movie(overview="The keeper walks on. " * 1_200)
    (film,), rejects = run(long)
    assert rejects == []
    assert 19_900 < len(film["overview"]) <= 20_000
    assert film["overview"].endswith("walks on.")
    assert losses(long) == {("overview", "cut"): 1}
    (film,), _ = run(movie(overview="word " * 200_000))
    assert film["overview"] == ("word " * 4_000).rstrip()
    (film,), _ = run(movie(overview="字" * 300_000))
    assert film["overview"] == "字" * 20_000
    assert losses(movie(overview="A b " * 4_999 + " " * 9_000)) == {}


def test_over_long_titles_and_entries() -> None:
    long = movie(title="word " * 9_000, keywords=["sea", "x" * 501], cast=["x" * 9_000])
    (film,), _ = run(long)
    assert len(film["title"]) <= 500
    assert (film["keywords"], film["cast"]) == (["sea"], None)
    cut = {("title", "cut"): 1, ("keywords", "cut"): 1, ("cast", "cut"): 1}
    assert losses(long) == cut
    assert losses(movie(cast=[f"Actor {i}" for i in range(9)]), max_list_items=4) == {
        ("cast", "cut"): 1
    }


def test_case_28() -> None:
    lines = case("28-text-left-unrepaired/films.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    movies = [
        movie(str(row["id"]), title=row["title"], overview=row["overview"], row=n)
        for n, row in enumerate(rows, 1)
    ]
    films, rejects = run(*movies)
    texts = {film["title"]: film["overview"] for film in films}
    long = texts.pop("Long")
    assert texts == {
        "Footnotes": "The keeper hides a map. Smugglers come. Then the light goes out.",
        "Escapes": "A café owner finds a lamp again \u2014 and again.",
        "Link": "A keeper hides a map at sea...",
        "Markdown": "A keeper hides a map at sea",
        "Control": "A keeper hides a map at sea",
    }
    assert 19_900 < len(long) <= 20_000
    assert losses(*movies) == {("overview", "cut"): 1, ("overview", "dropped"): 1}
    assert rejects == []


def test_case_09() -> None:
    with case("09-placeholders/films.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    films, rejects = run(
        *(
            movie(row["id"], title=row["title"], overview=row["overview"], row=n)
            for n, row in enumerate(rows, 1)
        )
    )
    assert sorted(int(film["movie_id"]) for film in films) == list(range(1, 13))
    assert {reject["reason"] for reject in rejects} == {"missing_overview"}
    assert all(reject["detail"].startswith("placeholder ") for reject in rejects)


def test_a_tagline_that_says_there_is_none_is_unknown() -> None:
    films, _ = run(
        movie("1", tagline="No tagline available."), movie("2", tagline="No one can hear you.")
    )
    assert [film["tagline"] for film in films] == [None, "No one can hear you."]


def test_every_reason_has_an_explanation() -> None:
    assert set(REASONS) == {"missing_overview", "missing_title", "duplicate_id"}
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


def test_an_unusable_row_never_replaces_a_usable_one_but_fills_it() -> None:
    unusable = movie(row=1, genres=["War"], keywords=["sea"], overview=None)
    untitled = movie(row=2, genres=["Drama"], tagline="Tag", title="")
    (film,), rejects = run(unusable, untitled, movie(row=3))
    assert (film["row"], film["title"], film["tagline"]) == (3, "A Title", "Tag")
    assert (film["genres"], film["keywords"]) == (["Drama"], ["sea"])  # the longer overview first
    assert [r["reason"] for r in rejects] == ["missing_overview", "missing_title"]


def test_the_other_rows_of_a_film_fill_its_unknown_cells() -> None:
    best = movie(row=1, year=1999, keywords=["sea"], countries=["GB"], runtime_minutes=90.0)
    second = movie(row=2, genres=["War"], vote_average=7.5, vote_count=12, tagline="Tag")
    third = movie(row=3, genres=["Drama"], release_date="1999-05-01")
    (film,), rejects = run(third, second, best, movie(row=4))
    assert film == best | {
        "genres": ["War", "Drama"],
        "tagline": "Tag",
        "vote_average": 7.5,
        "vote_count": 12,
        "release_date": "1999-05-01",
    }
    assert [r["detail"] for r in rejects] == ["kept: row 1 of test"] * 3


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
    release_date=st.sampled_from([None, "1999-05-06", "2001-01-01"]),
    vote_average=st.sampled_from([None, 0.0, 7.5]),
    vote_count=st.sampled_from([None, 0, 5]),
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
    movies = pa.concat_tables([chunk.movies for chunk in source.read()])
    begun = process_time()
    out = clean(movies, DEFAULT)
    assert process_time() - begun < 2.0  # 0.4 s on an idle core
    assert not any("â€" in text for text in out["movies"]["overview"].to_pylist())
    assert clean(out["movies"], DEFAULT)["movies"].equals(out["movies"])
