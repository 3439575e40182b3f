"""Genres: lists in every notation, and TMDB's numbers."""

from __future__ import annotations

import csv

import pytest

from pipeline.sources.parsing.genres import TMDB_GENRES, genres
from pipeline.sources.parsing.literals import CellError
from tests.support.cases import case


def column(file: str) -> list[list[str] | None]:
    with case(file).open(encoding="utf-8", newline="") as lines:
        return [genres(row["genres"]) for row in csv.DictReader(lines)]


def test_genres_of_the_cases() -> None:
    assert column("15-list-cells/films.csv") == [
        ["Action", "Adventure"],
        ["Action", "Adventure"],
        ["Action", "Drama"],
        ["Action", "Drama"],
        ["Action", "Sci-Fi & Fantasy"],
        ["Thriller", "Science Fiction"],
        ["Sci-Fi & Fantasy", "Drama"],
        ["Action", "Drama"],
        ["Romance", "Drama"],
        ["剧情", "爱情"],
        ["剧情", "爱情"],
        ["Action", "Drama"],
    ]
    assert column("16-unknown-as-a-value/films.csv") == [None, None, ["Drama"]]


@pytest.mark.parametrize(
    "cell",
    [
        "Action/Drama",
        "Action / Drama",
        "Action | Drama",
        "Action·Drama",
        "Action + Drama",
        "Action - Drama",
        "Action\nDrama",
        "- Action\n- Drama",
        "Action；Drama",
        "Action，Drama",
        "#Action #Drama",
        '"Action", "Drama"',
        "[Action, Drama]",
        "('Action', 'Drama')",
        "['Action' 'Drama']",
        "array(['Action', 'Drama'], dtype=object)",
        '"[\\"Action\\", \\"Drama\\"]"',
        '{"Action": true, "War": false, "Drama": true}',
        '[{"id": 28}, {"id": 18}]',
        '[{"title": "Action"}, {"label": "Drama"}]',
        ['{"name": "Action"}', '{"name": "Drama"}'],
        "28|18",
        "28 18",
        "28.0, 18.0",
        [28, 18],
        (28, "18"),
        "['Action', nan, 'Drama']",
        "{Action,NULL,Drama}",
        "ACTION, action, Drama",
    ],
)
def test_every_notation_of_two_genres(cell: object) -> None:
    found = genres(cell)
    assert found is not None
    assert [name.title() for name in found] == ["Action", "Drama"]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (28, ["Action"]),
        (18.0, ["Drama"]),
        ("Sci-Fi & Fantasy", ["Sci-Fi & Fantasy"]),
        ("Film-Noir", ["Film-Noir"]),
        ("剧情/爱情/犯罪", ["剧情", "爱情", "犯罪"]),
        ("Action, N/A", ["Action"]),
        ("N/A", None),
        ("Неизвестно", None),
        (float("nan"), None),
    ],
)
def test_genres(cell: object, names: list[str] | None) -> None:
    assert genres(cell) == names


@pytest.mark.parametrize("cell", ["1, 2", [28, 5], 7, True, "[", "{", [["a", [["b", [["c"]]]]]]])
def test_what_is_no_list_of_genres_is_an_error(cell: object) -> None:
    with pytest.raises(CellError):
        genres(cell)


def test_the_ids_are_those_of_films_and_series() -> None:
    assert len(TMDB_GENRES) == len(set(TMDB_GENRES.values())) == 27


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Drama and Comedy", ["Drama", "Comedy"]),
        ("Kids and Family", ["Kids and Family"]),
        ("Sword and Sandal", ["Sword and Sandal"]),
    ],
)
def test_and_joins_genres_of_tmdb_only(cell: str, found: list[str]) -> None:
    assert genres(cell) == found
