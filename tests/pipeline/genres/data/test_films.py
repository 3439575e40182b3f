"""Which films are selected, which text a model reads, and which descriptions are placeholders."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.genres.data.films import FILMS, compose_text, label_matrix, select_films, texts_of
from pipeline.genres.data.merge_rows import PLOTS, clean_description, is_placeholder, merge_rows
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.settings import GenreSettings
from tests.support.films import table_of

LONG = "A keeper of a lighthouse finds a boat without a crew and follows its log."
SETTINGS = GenreSettings(min_films=2)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        " ... ",
        "Add a Plot",
        "Add a Plot »",
        "add a plot",
        "Plot unknown.",
        "N/A",
        "Plot kept under wraps",
        "The plot is currently unknown",
        "See full summary »",
        "Unknown plot",
        "No description available",
        "TBA",
        "Under construction",
    ],
)
def test_placeholders(text: str | None) -> None:
    assert is_placeholder(text)
    assert clean_description(text) is None


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("A man waits. See full summary »", "A man waits."),
        ("A man waits... See full synopsis", "A man waits"),
        ("A man waits. Written by Jo Doe", "A man waits."),
        ("A man waits. —Jo Doe <jo@example.org>", "A man waits."),
        ("A man waits. --Anonymous", "A man waits."),
        ("A man waits. (Summary by Jo Doe)", "A man waits."),
    ],
)
def test_links_and_authors_are_removed(text: str, cleaned: str) -> None:
    assert clean_description(text) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "He must choose: stay or leave — Paris.",
        "She finds a letter written by her mother",
        "The plot is unknown to all but one of them",
        "A man adds a plot of land to his farm",
    ],
)
def test_real_descriptions_do_not_change(text: str) -> None:
    assert clean_description(text) == text


def test_texts_are_composed_of_the_available_parts() -> None:
    assert compose_text("Alien", "A crew wakes.", "both") == "Alien. A crew wakes."
    assert compose_text("Who?", "A crew wakes.", "both") == "Who? A crew wakes."
    assert compose_text("Alien", "A crew wakes.", "title") == "Alien"
    assert compose_text("Alien", "A crew wakes.", "description") == "A crew wakes."
    assert compose_text("", "A crew wakes.", "title") == "A crew wakes."
    assert compose_text("Alien", "", "both") == compose_text("Alien", "", "description") == "Alien"


def test_films_left_out_are_counted_by_reason() -> None:
    rows = [
        {"overview": LONG, "genres": ["Drama", "Foreign", "Drama"]},
        {"overview": LONG, "genres": ["Drama", "War"]},
        {"overview": LONG, "genres": ["War", "Western"]},
        {"overview": LONG, "genres": ["Western"]},
        {"overview": LONG, "genres": ["Opera"]},
        {"overview": LONG, "genres": ["foreign", "TV Movie"]},
        {"overview": LONG, "genres": None},
        {"overview": "Add a Plot »", "genres": ["Drama"]},
        {"overview": "Too short.", "genres": ["Drama"]},
    ]
    films, dropped = select_films(table_of(rows), SETTINGS)
    assert films.schema == FILMS
    assert films.column("genres").to_pylist() == [
        ["Drama"],
        ["Drama", "War"],
        ["War", "Western"],
        ["Western"],
    ]
    assert dropped == {"no_genre": 2, "placeholder": 1, "short": 1, "rare_genre": 1}
    labels, genres = label_matrix(films)
    assert genres == ["Drama", "War", "Western"]
    assert labels.tolist() == [
        [True, False, False],
        [True, True, False],
        [False, True, True],
        [False, False, True],
    ]
    assert texts_of(films).titles == ["Film 0", "Film 1", "Film 2", "Film 3"]


def test_one_genre_is_not_enough() -> None:
    with pytest.raises(SourceError, match=r"only 1 genres have 2 films.*genres\.min_films"):
        select_films(table_of([{"overview": LONG, "genres": ["Drama"]}] * 3), SETTINGS)


def movie(movie_id: str, row: int, **more: object) -> dict[str, object]:
    return {"movie_id": movie_id, "title": "T", "source": f"{row}.csv", "row": row, **more}


def test_rows_of_one_film_are_merged() -> None:
    rows = [
        movie("a", 1, overview="Add a Plot »", genres=["War"], year=1981),
        movie("a", 2, overview=LONG, genres=["Drama"]),
        movie("a", 3, overview="A boat.", genres=["Drama", "Action"], language="de"),
        movie("b", 4, overview="Plot unknown", genres=["War"]),
        movie("c", 5, overview=None, genres=None),
    ]
    fill = pa.Table.from_pylist(
        [
            {"movie_id": "b", "overview": "See full summary »"},
            {"movie_id": "b", "overview": "A short one."},
            {"movie_id": "b", "overview": LONG},
            {"movie_id": "a", "overview": LONG + LONG},
        ],
        PLOTS,
    )
    for order in (rows, rows[::-1]):
        merged = merge_rows(pa.Table.from_pylist(order, MOVIES), fill)
        a, b, c = merged["movies"].to_pylist()
        assert (a["overview"], a["genres"]) == (LONG, ["Action", "Drama", "War"])
        assert (a["year"], a["language"], a["row"]) == (1981, "de", 2)
        assert b["overview"] == LONG
        assert (c["overview"], c["genres"]) == (None, None)
        assert merged["rejects"].schema == REJECTS
        assert sorted(merged["rejects"]["row"].to_pylist()) == [1, 3]
        assert set(merged["rejects"]["detail"].to_pylist()) == {"merged into row 2 of 2.csv"}
