"""The report page is complete, safe, self-contained and reproducible."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import pytest
from plotly.offline import get_plotlyjs

from pipeline.errors import TableError
from pipeline.report.formatting import (
    decimal,
    duration,
    items,
    plain,
    script_json,
    share,
    whole,
    wrapped,
)
from pipeline.report.html import FILM_MAP, render_page
from pipeline.schemas import mining as tables
from tests.support.report_release import FAMILIES, NASTY, hostile, release


class Reader(HTMLParser):
    """Parses a page: its elements, their attributes, and the text outside scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words = ""
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts.append(data)
        elif self._open != "style":
            self.words += data

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.elements if "id" in attrs]

    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(*release())


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


def test_page_has_every_section_and_chart(read: Reader) -> None:
    charts = {"treemap", "map", "sizes", "k", "completeness", "lengths", "years"}
    assert set(read.figures()) == charts
    assert {f"chart-{name}" for name in charts} <= set(read.ids())
    assert len(read.ids()) == len(set(read.ids()))
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    for word in (
        "2026-11-21-3f9c1d2a",
        "1,517",
        "HDBSCAN",
        "0.071",
        "97.4\u202f%",
        "212.7",
        "missing overview",
        "about 50 films per micro-genre",
        "Stories overlap",
    ):
        assert word in read.words, word
    named = [
        attrs for tag, attrs in read.elements if (attrs.get("class") or "").startswith("chart ")
    ]
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in named)
    links = [a["href"] or "" for tag, a in read.elements if tag == "a"]
    assert links and all(link[0] == "#" and link[1:] in read.ids() for link in links)


def test_charts_are_valid_plotly_figures_and_their_sums_agree(read: Reader) -> None:
    report, genres, _, films = release()
    inks = re.compile(r'"@[a-z0-9-]+"')  # the custom properties that report.js replaces
    coloured = json.loads(inks.sub('"#123456"', json.dumps(read.figures())))
    for name, figure in coloured.items():
        go.Figure(figure)  # raises if an attribute or a value is unknown to Plotly
        assert figure["data"], name
    tree = read.figures()["treemap"]["data"][0]
    sizes = dict(zip(tree["ids"], tree["values"], strict=True))
    assert sizes["all"] == sum(genres["films"].to_pylist()) == report["counts"]["released"]
    for key in set(tree["parents"]) - {""}:
        inside = [v for v, p in zip(tree["values"], tree["parents"], strict=True) if p == key]
        assert sum(inside) == sizes[key]
    drawn = read.figures()["map"]
    assert sum(len(trace["x"]) for trace in drawn["data"]) == films.num_rows
    films_of = [len(trace["x"]) for trace in drawn["data"]]
    assert films_of == sorted(films_of, reverse=True) and len(films_of) == len(FAMILIES)
    assert len(drawn["layout"]["meta"]["labels"]) == genres.num_rows


def test_names_are_shown_with_their_truth_description_and_alternatives(read: Reader) -> None:
    for words in (
        "Films with a true name65.5\u202f%",
        "Films with a true adjectivenot measured",
        "Thin micro-genres2",
        "Films about mafia family saga.",
        "Or: Mafia Family Saga Films; Tales of Mafia Family Saga",
    ):
        assert words in read.words, words
    heads = [
        attrs.get("data-value")
        for _, attrs in read.elements
        if attrs.get("data-head") == "Name true of"
    ]
    assert len(heads) == 30 and heads.count("-1") == 1


def test_a_release_without_truth_of_names_has_no_column_of_it() -> None:
    report, genres, families, films = release(60)
    at = genres.schema.get_field_index("name_truth")
    none = genres.set_column(at, "name_truth", pa.nulls(genres.num_rows, pa.float32()))
    page = Reader(render_page(report, none, families, films))
    assert "Name true of" not in page.words
    assert not [a for _, a in page.elements if a.get("data-head") == "Name true of"]


def test_colours_show_ratings_or_similarity_without_ratings() -> None:
    report, genres, families, films = release(300)
    rated = Reader(render_page(report, genres, families, films))
    assert "Mean rating: \u2264 " in rated.words
    at = genres.schema.get_field_index("vote_average")
    none = pa.nulls(genres.num_rows, pa.float64())
    unrated = Reader(
        render_page(report, genres.set_column(at, "vote_average", none), families, films)
    )
    assert "Similarity of its films" in unrated.words and "Mean rating" not in unrated.words
    tiles = unrated.figures()["treemap"]["data"][0]
    assert any("mean rating not measured" in words for words in tiles["customdata"])


def test_small_micro_genres_and_short_stages_are_summed() -> None:
    _, genres, families, films = release(60)
    rows = [
        row | {"cluster": n, "films": 5}
        for n in range(40)
        for row in genres.to_pylist()[n % 30 :][:1]
    ]
    many = [row | {"cluster": 40 * m + row["cluster"]} for m in range(20) for row in rows]
    table = pa.Table.from_pylist(many, tables.MICRO_GENRES)
    report = {"seconds": {f"stage-{n}": float(n) for n in range(1, 16)}}
    page = Reader(render_page(report, table, families, films))
    tiles = page.figures()["treemap"]["data"][0]
    assert tiles["values"][0] == 800 * 5 and len(tiles["ids"]) < 640
    assert sum(word.endswith(" smaller") for word in tiles["labels"]) > 0
    assert "3 shorter stages" in page.words and "6.00\u202fs" in page.words
    assert sum(page.figures()["sizes"]["data"][0]["y"]) <= 800 * 5


def test_page_needs_no_network(page: str, read: Reader) -> None:
    resources = {"src", "srcset", "data", "poster", "action", "formaction", "background"}
    for tag, attrs in read.elements:
        assert not resources & set(attrs) and tag not in ("link", "iframe", "img", "base"), tag
    assert "https" not in page.replace(get_plotlyjs(), "")
    assert any("default-src 'none'" in (attrs.get("content") or "") for _, attrs in read.elements)
    assert "url(" not in "".join(re.findall("<style>(.*?)</style>", page, re.S))
    assert "@import" not in page.replace(get_plotlyjs(), "")


def test_same_input_gives_same_page(page: str) -> None:
    assert render_page(*release()) == page
    report, genres, families, films = release()
    backwards = list(range(films.num_rows))[::-1]
    assert render_page(report, genres, families, films.take(backwards)) == page


def test_catalogue_text_is_escaped() -> None:
    found = Reader(render_page(*hostile(300)))
    assert [tag for tag, _ in found.elements].count("script") == 3
    assert not [tag for tag, _ in found.elements if tag == "b"]
    assert NASTY in found.words
    point = found.figures()["map"]["data"][0]["text"][0]
    assert "<" not in point and "&lt;/script&gt;" in point


def test_damaged_text_can_be_written_as_utf_8() -> None:
    report, genres, families, films = release(60)
    page = render_page(report | {"title": "a \ud800 title"}, genres, families, films)
    assert "<h1>a ? title</h1>" in page
    page.encode("utf-8")


def test_empty_report_prints_not_measured() -> None:
    none = [schema.empty_table() for schema in (tables.MICRO_GENRES, tables.FAMILIES, FILM_MAP)]
    bare = Reader(render_page({}, *none))
    assert bare.figures() == {}
    assert bare.words.count("not measured") > 40


def emptied(value: Any) -> Any:
    """Return the same structure with each value replaced by None."""
    if isinstance(value, dict):
        return {key: emptied(item) for key, item in value.items()}
    return [emptied(item) for item in value] if isinstance(value, list) else None


def test_missing_values_print_not_measured() -> None:
    report, genres, families, films = release(60)
    for key in list(report):
        for gap in (None, emptied(report[key])):
            assert "not measured" in render_page(report | {key: gap}, genres, families, films)
    report["clusters"] |= {"seed_ari": float("nan"), "inertia": float("inf"), "extra_figure": 0.25}
    words = Reader(render_page(report, genres, families, films)).words
    assert "Extra figure0.250" in words and "nan" not in words
    rows = [dict.fromkeys(tables.MICRO_GENRES.names) | {"cluster": 3, "films": 5}]
    nameless = pa.Table.from_pylist(rows, tables.MICRO_GENRES)
    assert "not measured" in render_page(report, nameless, families, films)


def test_english_is_compared_with_other_languages(read: Reader) -> None:
    report, genres, families, films = release()
    rows = re.findall(r"<tr>.*?</tr>", render_page(report, genres, families, films))
    cells = [re.sub(r"<[^>]+>", "|", row) for row in rows]
    assert any("|de||30|" in row and "20\u202f%" in row for row in cells)
    assert any("|unknown||15|" in row and "not measured" in row for row in cells)
    assert "6 other languages" in read.words  # the page lists twelve of eighteen
    words = " ".join(read.words.split("\n"))
    assert "3.1\u202f% of the 1,439 with an overview in English" in words
    assert "46.7\u202f% of the 45 in 16 other languages" in words
    alone = report | {"languages": report["languages"][:1]}
    assert "cannot be compared" in render_page(alone, genres, families, films)


def test_table_without_its_schema_is_rejected() -> None:
    report, genres, families, films = release(60)
    with pytest.raises(TableError, match=r"film_map.*movie_id"):
        render_page(report, genres, families, films.drop_columns(["movie_id"]))


def test_values_are_formatted() -> None:
    assert [whole(4930), whole(None), whole("many")] == ["4,930", "not measured", "many"]
    assert [decimal(0.31249), decimal(-0.0207), decimal(1204.4)] == [
        "0.312",
        "\u22120.021",
        "1,204",
    ]
    assert [share(1.0), share(0.974), share(True)] == ["100\u202f%", "97.4\u202f%", "yes"]
    assert [duration(s).replace("\u202f", " ") for s in (0.42, 12.34, 185, 59.97, 3725)] == [
        "0.42 s",
        "12.3 s",
        "3 min 05 s",
        "1 min 00 s",
        "1 h 02 min",
    ]
    assert items([["War Epic", "Epic War"], "x"]) == "2: War Epic and Epic War; x"
    assert [items([]), items(None), plain({"a": 1})] == ["none", "not measured", '{"a": 1}']
    assert wrapped("Submarine Sci-Fi & War", 11) == "Submarine<br>Sci-Fi &amp;<br>War"
    assert wrapped("Post-Apocalyptic Rebellion", 12) == "Post-<br>Apocalyptic<br>Rebellion"
    assert json.loads(script_json({"a": "</script>&\u2028"})) == {"a": "</script>&\u2028"}
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))
