"""JSON documents of every structure, and what a broken object costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.sources.forms import open_tables
from tests.support.raw_tables import SETTINGS, malformed, one_table, rows_of, titles

FILMS: list[dict[str, Any]] = [
    {"id": i, "title": f"T{i}", "year": 1990 + i, "overview": 'Some {text} with "quotes"'}
    for i in range(1, 6)
]
TITLES = ["T1", "T2", "T3", "T4", "T5"]
FRAME = pd.DataFrame(FILMS)


def without_id(film: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in film.items() if key != "id"}


BY_ID = {str(film["id"]): without_id(film) for film in FILMS}
HITS = [{"_index": "films", "_id": str(f["id"]), "_source": without_id(f)} for f in FILMS]
PAGES = [{"page": 1, "results": FILMS[:2]}, {"page": 2, "results": FILMS[2:]}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FILMS),
        json.dumps(FILMS, indent=4),
        "".join(map(json.dumps, FILMS)),
        ",\n".join(map(json.dumps, FILMS)),
        "[" + ",\n".join(map(json.dumps, FILMS)) + ",]",
        "\x1e" + "\n\x1e".join(map(json.dumps, FILMS)),
        "\n".join(json.dumps(film, indent=1) for film in FILMS),
        "\n".join(map(repr, FILMS)),
        json.dumps({"total": 5, "data": {"movies": FILMS}}),
        json.dumps({"data": {"movies": {"edges": [{"cursor": "x", "node": f} for f in FILMS]}}}),
        json.dumps({"took": 3, "hits": {"total": 5, "hits": HITS}}),
        "\n".join(map(json.dumps, HITS)),
        json.dumps(BY_ID),
        json.dumps({"films": BY_ID}, indent=2),
        "\n".join(map(json.dumps, PAGES)),
        json.dumps(PAGES),
        "\n".join(json.dumps(page, indent=1) for page in PAGES),
        "\n".join(json.dumps({"movie": film}) for film in FILMS),
        FRAME.to_json(),
        FRAME.to_json(orient="index"),
        FRAME.to_json(orient="split"),
        FRAME.to_json(orient="records", lines=True),
        json.dumps(FRAME.to_dict(orient="list")),
        json.dumps([list(FRAME), *FRAME.to_numpy().tolist()]),
        "\n".join(map(json.dumps, [list(FRAME), *FRAME.to_numpy().tolist()])),
        "\n".join(f'{{"index": {{"_id": {f["id"]}}}}}\n{json.dumps(without_id(f))}' for f in FILMS),
    ],
)
def test_every_structure(tmp_path: Path, text: str) -> None:
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        rows = rows_of(one_table(data, tmp_path))
        assert [row["title"] for row in rows] == TITLES
        assert [row["year"] for row in rows] == [1991, 1992, 1993, 1994, 1995]
        assert [str(row.get("id") or row.get("_id")) for row in rows] == list("12345")


@pytest.mark.parametrize("break_", [("1993", "19x3"), ('"T3"', '"T3'), ('"T3",', '"T3"')])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(FILMS),
        json.dumps(FILMS, indent=2),
        json.dumps(BY_ID),
        json.dumps(BY_ID, indent=1),
        json.dumps({"page": 1, "results": FILMS, "pages": 1}),
        json.dumps({"page": 1, "results": FILMS}, indent=2),
        "\n".join(map(json.dumps, FILMS)),
        "[\n" + ",\n".join(map(json.dumps, FILMS)) + "\n]",
        "\n".join(json.dumps(film, indent=1) for film in FILMS),
    ],
)
def test_a_broken_object_costs_only_itself(
    tmp_path: Path, text: str, break_: tuple[str, str]
) -> None:
    assert break_[0] in text
    table = one_table(text.replace(*break_), tmp_path)
    assert titles(table) == ["T1", "T2", "T4", "T5"]
    (why,) = malformed(table)
    assert why.startswith("line ") and "is not JSON" in why


@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_that_is_cut_off_says_so(tmp_path: Path, indent: int | None) -> None:
    table = one_table(json.dumps(FILMS, indent=indent)[:-20], tmp_path)
    assert titles(table) == TITLES[:4] and len(malformed(table)) == 1
    table = one_table(json.dumps(FILMS[:2])[:-1], tmp_path)
    assert titles(table) == TITLES[:2]
    assert malformed(table) == ["line 1: the array has no end, the file is incomplete"]


def test_lines_that_are_no_objects(tmp_path: Path) -> None:
    good = json.dumps(FILMS[0])
    text = "\n".join([good, '{"id": 8,', "[1]", "", "[" * 100_000, "1", '"x"', good])
    table = one_table(text, tmp_path)
    assert titles(table) == ["T1", "T1"] and len(malformed(table)) == 5


def test_line_ends_in_texts_and_trailing_commas_are_read(tmp_path: Path) -> None:
    text = '{"id": 1, "title": "two\nlines"}\n{"id": 2, "title": "B",}\n{"id": 3, "title": "C"}\n'
    assert titles(one_table(text, tmp_path)) == ["two\nlines", "B", "C"]


def test_members_of_objects_are_columns(tmp_path: Path) -> None:
    text = json.dumps(
        [
            {"title": "A", "imdb": {"rating": 7.5, "votes": {"$numberInt": "3"}}, "x": {"y": {}}},
            {"title": "B", "imdb": {"rating": {"$numberDouble": "NaN"}}},
        ]
    )
    table = one_table(text, tmp_path)
    assert table.columns == ("title", "imdb", "x", "imdb.rating", "imdb.votes")
    first, second = rows_of(table)
    assert (first["imdb.rating"], first["imdb.votes"]) == (7.5, 3)
    assert second["imdb.rating"] != second["imdb.rating"] and second["imdb.votes"] is None
    (chunk,) = table.chunks(["imdb.votes"], 10)
    assert chunk.cells == {"imdb.votes": [3, None]}


def test_one_film_with_lists_is_one_row(tmp_path: Path) -> None:
    cast = [{"id": 1, "name": "Bo", "role": "x", "order": 1, "gender": 2, "known": "y"}]
    film = {"id": 1, "title": "A", "overview": "Text.", "genres": [{"id": 1, "name": "War"}]}
    (row,) = rows_of(one_table(json.dumps(film | {"cast": cast}), tmp_path))
    assert row["title"] == "A" and row["cast"] == cast


def test_titles_as_keys_and_lists_beside_one_another(tmp_path: Path) -> None:
    films = {"Heat": {"year": 1995, "plot": "Cops"}, "Alien": {"year": 1979, "plot": "Space"}}
    assert titles(one_table(json.dumps(films), tmp_path)) == ["Heat", "Alien"]
    path = tmp_path / "two.json"
    credits = [{"movie_id": 1, "cast": "Bo", "crew": "Cy"}]
    path.write_text(json.dumps({"movies": FILMS, "credits": credits, "version": 1}))
    movies, other = open_tables(path, SETTINGS)
    assert titles(movies) == TITLES and rows_of(other) == credits
    assert other.name == f"{path}: credits"


def test_a_document_longer_than_what_is_looked_at_first(tmp_path: Path) -> None:
    films = [dict(FILMS[0], id=i, overview="x" * 500) for i in range(4_000)]
    for document in (films, {"page": 1, "results": films}, {str(f["id"]): f for f in films}):
        rows = rows_of(one_table(json.dumps(document), tmp_path), 1_000)
        assert [row["id"] for row in rows] == list(range(4_000))


def test_a_key_that_appears_late_is_read(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(film) for film in [*FILMS * 100, FILMS[0] | {"tagline": "At last"}])
    table = one_table(text, tmp_path)
    assert table.sparse and "tagline" not in table.columns
    assert rows_of(table)[-1]["tagline"] == "At last"


def test_of_very_many_keys_the_frequent_ones_are_columns(tmp_path: Path) -> None:
    votes = [
        {"title": f"T{i}", **{f"user{i}_{k}": k for k in range(20)}, "plot": f"P{i}"}
        for i in range(500)
    ]
    votes[-1]["seen"] = True
    table = one_table("\n".join(map(json.dumps, votes)), tmp_path)
    (chunk,) = table.chunks(None, 1_000)
    assert chunk.cells["plot"] == [f"P{i}" for i in range(500)]
    assert len(chunk.cells) <= 2_000
    (chunk,) = table.chunks(["title", "seen"], 1_000)
    assert chunk.cells["seen"][-1] is True


def test_brackets_to_a_great_depth_are_one_line_of_error(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 5_000 + "]" * 5_000)
    with pytest.raises(SourceError, match="values within values"):
        open_tables(path, SETTINGS)


PLOTS = [{"title": f"T{i}", "plot": f"Some plot {i}"} for i in range(1, 6)]


def dynamo(film: dict[str, Any]) -> dict[str, Any]:
    genres = {"L": [{"S": "Drama"}, {"S": "War"}]}
    return {key: {"S": cell} for key, cell in film.items()} | {
        "year": {"N": "1990"},
        "genres": genres,
        "seen": {"NULL": True},
    }


def firestore(film: dict[str, Any]) -> dict[str, Any]:
    genres = {"arrayValue": {"values": [{"stringValue": "Drama"}, {"stringValue": "War"}]}}
    fields = {key: {"stringValue": cell} for key, cell in film.items()}
    fields |= {"year": {"integerValue": "1990"}, "genres": genres, "seen": {"nullValue": None}}
    return {"name": "projects/x/1", "fields": fields, "createTime": "a", "updateTime": "b"}


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps({"Item": dynamo(film)}) for film in PLOTS),
        json.dumps([dynamo(film) for film in PLOTS], indent=1),
        json.dumps({"Items": [dynamo(film) for film in PLOTS], "Count": 5, "ScannedCount": 5}),
        json.dumps({"documents": [firestore(film) for film in PLOTS]}),
    ],
)
def test_cells_with_their_types(tmp_path: Path, text: str) -> None:
    rows = rows_of(one_table(text, tmp_path))
    whole = {"year": 1990, "genres": ["Drama", "War"], "seen": None}
    assert rows == [film | whole for film in PLOTS]


def test_details_beside_the_title_belong_to_the_row(tmp_path: Path) -> None:
    films = [
        {"title": f["title"], "year": 1990, "info": {"plot": f["plot"], "rating": 7}} for f in PLOTS
    ]
    rows = rows_of(one_table(json.dumps(films), tmp_path))
    assert rows == [film | {"year": 1990, "rating": 7} for film in PLOTS]
    genres = {"data": [{"id": 2, "type": "genre", "attributes": {"name": "War"}}]}
    answer = {
        "data": [
            {"id": str(i), "type": "film", "attributes": film | {"genres": genres}}
            for i, film in enumerate(PLOTS)
        ],
        "meta": {"page": 1},
    }
    rows = rows_of(one_table(json.dumps(answer), tmp_path))
    assert rows[0] == PLOTS[0] | {"id": "0", "type": "film", "genres": [{"id": 2, "name": "War"}]}


def test_a_text_of_another_object_is_not_that_of_the_film(tmp_path: Path) -> None:
    films = [{"title": "T", "info": {"overview": "Of the series"}, "plot": "Of the film"}] * 3
    rows = rows_of(one_table(json.dumps(films), tmp_path))
    assert "overview" not in rows[0] and rows[0]["plot"] == "Of the film"


def test_an_object_around_a_list_is_no_film(tmp_path: Path) -> None:
    answer = {"MediaContainer": {"size": 5, "title": "Films", "Metadata": PLOTS}}
    assert rows_of(one_table(json.dumps(answer), tmp_path)) == PLOTS


def test_one_film_by_its_title_with_a_list(tmp_path: Path) -> None:
    film = {"year": 1995, "plot": "Cops", "cast": [{"id": 1, "name": "Bo", "role": "x"}]}
    (row,) = rows_of(one_table(json.dumps({"Heat": film}), tmp_path))
    assert (row["title"], row["plot"]) == ("Heat", "Cops")


@pytest.mark.parametrize("indent", [None, 2])
def test_lists_by_year_give_the_year(tmp_path: Path, indent: int | None) -> None:
    years = {"1990": PLOTS[:2], "1991": PLOTS[2:3], "note": "x", "1992": [], "1993": PLOTS[3:]}
    rows = rows_of(one_table(json.dumps(years, indent=indent), tmp_path))
    assert [row["year"] for row in rows] == ["1990", "1990", "1991", "1993", "1993"]
    assert [row["plot"] for row in rows] == [film["plot"] for film in PLOTS]
    own = {year: [film | {"Year": 2000} for film in PLOTS] for year in ("1990", "1991")}
    assert all("year" not in row for row in rows_of(one_table(json.dumps(own), tmp_path)))


def test_after_a_broken_row_no_year_is_guessed(tmp_path: Path) -> None:
    text = json.dumps({"1990": PLOTS[:2], "1991": PLOTS[2:]}).replace('"T2",', '"T2"')
    table = one_table(text, tmp_path)
    known = {row["title"]: row.get("year") for row in rows_of(table)}
    assert known["T1"] == "1990" and set(known.values()) <= {"1990", None}
    assert set(known) >= {"T1", "T3", "T4", "T5"} and malformed(table)
