"""The report's page: whole, safe, the same each time, and alive in a real browser without a network."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pyarrow as pa
import pytest
from plotly.offline import get_plotlyjs

from pipeline import tables
from pipeline.errors import TableError
from pipeline.page import FILM_MAP, render_page
from pipeline.page_values import decimal, duration, items, plain, script_json, share, whole, wrapped

FAMILIES = {
    "Crime and Justice": ["Courtroom Drama", "Mafia Family Saga", "Elaborate Heist",
                          "Serial-Killer Manhunt", "Prison Escape", "Newsroom Investigation"],
    "Monsters and Haunting": ["Haunted-House Horror", "Vampire Romance", "Zombie Outbreak",
                              "Demonic Possession", "Shark Attack", "Giant Monster"],
    "War and Espionage": ["Submarine Cold-War Thriller", "Cold-War Spy", "Trench Warfare",
                          "Resistance Fighter"],
    "Space and Time": ["Time Loop", "Space Mission in Peril", "Alien Invasion",
                       "Artificial Intelligence Rebellion"],
    "Love and Family": ["Wedding Comedy", "Coming-of-Age Summer", "Widower's Second Chance",
                        "High-School Prom Romance"],
    "Stage and Kitchen": ["Ballet Dancer", "Musician Biography", "Chef and Restaurant"],
    "Sport": ["Boxing Drama", "Motor Racing"],
    "Frontier": ["Gunslinger Western"],
}  # fmt: skip
FIRST = "The Last,A Quiet,Iron,Midnight,Under the,Return of the,Seven,Broken,Northern,Silver".split(
    ","
)
SECOND = "Harbour,Verdict,Winter,Signal,Orchard,Crossing,Empire,Tide,Garden,Witness,Train".split(
    ","
)
NASTY = "Rock & Roll <b>\"High\"</b> </script><script>alert(1)</script> %{x} $5 & 'more'"


def release(
    films: int = 1500, seed: int = 7
) -> tuple[dict[str, Any], pa.Table, pa.Table, pa.Table]:
    """A release as it may well be: 30 micro-genres in 8 families, and a map of its films."""
    dice = random.Random(seed)
    names = [(family, name) for family, group in FAMILIES.items() for name in group]
    shares = [dice.uniform(0.4, 2.2) for _ in names]
    sizes = [max(12, round(films * share / sum(shares))) for share in shares]
    genres, points = [], []
    homes = {family: (dice.uniform(-9, 9), dice.uniform(-6, 6)) for family in FAMILIES}
    for cluster, ((family, name), size) in enumerate(zip(names, sizes, strict=True)):
        x, y = (at + dice.gauss(0, 2.4) for at in homes[family])
        titles = [f"{dice.choice(FIRST)} {dice.choice(SECOND)}" for _ in range(size)]
        years = [dice.randint(1931, 2016) for _ in range(size)]
        points += [
            (f"{cluster:03d}-{n:04d}", titles[n], years[n], cluster,
             x + dice.gauss(0, 0.7), y + dice.gauss(0, 0.7))
            for n in range(size)
        ]  # fmt: skip
        word = name.lower().split()
        genres.append(
            dict(cluster=cluster, micro_genre_id=f"mg-{cluster:04d}", micro_genre_name=name,
                 micro_genre_keybert=" / ".join(word),
                 keywords=[*word, "small town", "betrayal", "rescue mission"][:5],
                 family=list(FAMILIES).index(family), family_name=family, films=size,
                 weak_films=size // 12, exemplar_ids=["1", "2", "3"],
                 exemplars=[f"{titles[n]} ({years[n]})" for n in range(3)],
                 mean_similarity=0.6, nearest_cluster=0,
                 vote_average=round(dice.uniform(5.2, 7.4), 2),
                 first_year=min(years), last_year=max(years))
        )  # fmt: skip
    families = [
        dict(family=n, family_name=family, keywords=["loyalty", "danger"],
             micro_genres=len(group), films=sum(g["films"] for g in genres if g["family"] == n))
        for n, (family, group) in enumerate(FAMILIES.items())
    ]  # fmt: skip
    columns = list(zip(*points, strict=True))
    return (
        figures_of(sum(sizes), dice),
        pa.Table.from_pylist(genres, tables.MICRO_GENRES),
        pa.Table.from_pylist(families, tables.FAMILIES),
        pa.table([pa.array(c, f.type) for c, f in zip(columns, FILM_MAP, strict=True)], FILM_MAP),
    )


def figures_of(films: int, dice: random.Random) -> dict[str, Any]:
    fields = [name for name in tables.MOVIES.names if name not in ("source", "row")]
    full = {name: dice.choice([1.0, 0.98, 0.86, 0.63]) for name in fields}
    curve = [
        {"k": k, "inertia": 900 - 62 * k**0.5, "relative_gain": 0.3 / k**0.5,
         "silhouette": 0.04 + 0.05 * k / (k + 30) - k * 1e-4,
         "stability": 0.62 - 0.001 * k if k % 20 == 0 else None}
        for k in range(10, 81, 5)
    ]  # fmt: skip
    return {
        "release_id": "2026-11-21-3f9c1d2a", "title": "A catalogue of films",
        "attribution": "Overviews written for this project; titles and years are facts.",
        "licence": "CC BY 4.0",
        "counts": {"rows_in": films + 18, "released": films, "rejected": 18, "micro_genres": 30,
                   "families": 8, "weak_films": 121},
        "data_quality": {
            "rows_in": films + 18, "films": films, "retention": films / (films + 18),
            "rejects": {"missing_overview": 11, "duplicate_id": 5, "impossible_year": 2},
            "completeness": {n: {"read": v * 0.97, "kept": v} for n, v in full.items()},
            "missing_patterns": [
                {"missing": [], "films": films - 300, "share": 0.8},
                {"missing": ["tagline"], "films": 200, "share": 0.13},
                {"missing": ["tagline", "keywords", "cast"], "films": 80, "share": 0.05},
            ],
            "other_patterns": 20,
            "overview_words": [{"from": 10 * n, "to": 10 * n + 9 if n < 20 else None,
                                "films": 220 - 2 * (n - 6) ** 2} for n in range(1, 21)
                               if 220 > 2 * (n - 6) ** 2],
            "years": {str(y): 3 + (y - 1930) // 3 for y in range(1931, 2017)} | {"unknown": 4},
        },
        "k": {"chosen": 30, "rule": "leaf size and stability", "elbow": 25,
              "best_silhouette_k": 50, "curve": curve},
        "clusters": {"cosine_silhouette": 0.0712, "davies_bouldin": 3.214,
                     "calinski_harabasz": 41.62, "inertia": 612.4, "seed_ari": 0.58,
                     "genre_purity": 0.437, "length_variance_explained": 0.119,
                     "smallest": 12, "median": 47, "largest": 93},
        "names": {"own_centroid_share": 0.974, "unique_share": 1.0, "keyword_coverage": 0.743,
                  "near_duplicate_pairs": [], "boilerplate_keywords": [], "person_keywords": []},
        "comparison": [
            {"method": "agglomerative", "clusters": 30, "cosine_silhouette": 0.052,
             "outlier_share": 0.0, "ari_with_ours": 0.41},
            {"method": "HDBSCAN", "clusters": 19, "cosine_silhouette": -0.021,
             "outlier_share": 0.56, "ari_with_ours": None},
        ],
        "neighbours": {"index": "Flat, inner product", "recall_at_10": 1.0, "count": 10},
        "embedding": {"model": "all-MiniLM-L6-v2", "revision": "8b3219a92973c328a8e22fadcfa821b5dc",
                      "device": "cpu", "dtype": "bfloat16", "films": films,
                      "unique_texts": films - 2, "seconds": 31.4, "texts_per_second": 212.7},
        "seconds": {"sources": 0.42, "clean": 1.3, "features": 2.8, "embed": 31.4, "cluster": 9.75,
                    "neighbours": 0.6, "label": 6.2, "taxonomy": 0.3, "report": 4.4},
        "explanations": {
            "clusters.cosine_silhouette": "From -1 to 1; films of one micro-genre lie closer to "
            "one another than to the next. Stories overlap, so 0.05 to 0.1 is usual.",
            "names.own_centroid_share": "Share of names whose vector is nearest to the centroid "
            "of the micro-genre that they name.",
            "neighbours.recall_at_10": "Share of the ten true nearest films that the index finds.",
        },
    }  # fmt: skip


class Reader(HTMLParser):
    """What a browser would see: elements, their attributes, the text outside scripts."""

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


def test_every_section_and_chart_is_there(read: Reader) -> None:
    charts = {"treemap", "map", "sizes", "k", "completeness", "lengths", "years"}
    assert set(read.figures()) == charts
    assert {f"chart-{name}" for name in charts} <= set(read.ids())
    assert len(read.ids()) == len(set(read.ids()))
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    for word in ("2026-11-21-3f9c1d2a", "1,517", "HDBSCAN", "0.071", "97.4\u202f%", "212.7",
                 "missing overview", "leaf size and stability", "Stories overlap"):  # fmt: skip
        assert word in read.words, word
    named = [
        attrs for tag, attrs in read.elements if (attrs.get("class") or "").startswith("chart ")
    ]
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in named)
    links = [a["href"] or "" for tag, a in read.elements if tag == "a"]
    assert links and all(link[0] == "#" and link[1:] in read.ids() for link in links)


def test_the_figures_are_plotly_figures_and_add_up(read: Reader) -> None:
    report, genres, _, films = release()
    inks = re.compile(r'"@[a-z0-9-]+"')  # the custom properties that page.js puts in
    coloured = json.loads(inks.sub('"#123456"', json.dumps(read.figures())))
    for name, figure in coloured.items():
        go.Figure(figure)  # raises where an attribute is unknown or a value out of place
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


def test_the_page_asks_no_host_for_anything(page: str, read: Reader) -> None:
    resources = {"src", "srcset", "data", "poster", "action", "formaction", "background"}
    for tag, attrs in read.elements:
        assert not resources & set(attrs) and tag not in ("link", "iframe", "img", "base"), tag
    assert "https" not in page.replace(get_plotlyjs(), "")
    assert any("default-src 'none'" in (attrs.get("content") or "") for _, attrs in read.elements)
    assert "url(" not in "".join(re.findall("<style>(.*?)</style>", page, re.S))
    assert "@import" not in page.replace(get_plotlyjs(), "")


def test_the_same_input_gives_the_same_page(page: str) -> None:
    assert render_page(*release()) == page
    report, genres, families, films = release()
    backwards = list(range(films.num_rows))[::-1]
    assert render_page(report, genres, families, films.take(backwards)) == page


def test_text_of_a_catalogue_cannot_break_out() -> None:
    report, genres, families, films = release()
    report["title"] = report["release_id"] = report["licence"] = NASTY
    report["data_quality"]["rejects"] = {NASTY: 1}
    report["explanations"]["clusters.inertia"] = NASTY

    def spoilt(table: pa.Table, name: str) -> pa.Table:
        at = table.schema.get_field_index(name)
        kind = table.schema.field(name).type
        value: Any = [NASTY] if pa.types.is_list(kind) else NASTY
        return table.set_column(at, name, pa.array([value] * table.num_rows, kind))

    for name in ("micro_genre_name", "family_name", "keywords", "exemplars"):
        genres = spoilt(genres, name)
    found = Reader(render_page(report, genres, families, spoilt(films, "title")))
    assert [tag for tag, _ in found.elements].count("script") == 3
    assert not [tag for tag, _ in found.elements if tag == "b"]
    assert NASTY in found.words
    point = found.figures()["map"]["data"][0]["text"][0]
    assert "<" not in point and "&lt;/script&gt;" in point


def test_a_report_without_figures_says_so() -> None:
    none = [schema.empty_table() for schema in (tables.MICRO_GENRES, tables.FAMILIES, FILM_MAP)]
    bare = Reader(render_page({}, *none))
    assert bare.figures() == {}
    assert bare.words.count("not measured") > 40


def emptied(value: Any) -> Any:
    """The same shape with nothing measured."""
    if isinstance(value, dict):
        return {key: emptied(item) for key, item in value.items()}
    return [emptied(item) for item in value] if isinstance(value, list) else None


def test_missing_figures_anywhere_are_not_measured() -> None:
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


def test_tables_must_have_their_schema() -> None:
    report, genres, families, films = release(60)
    with pytest.raises(TableError, match="film_map.*movie_id"):
        render_page(report, genres, families, films.drop_columns(["movie_id"]))


def test_how_values_are_written() -> None:
    assert [whole(4930), whole(None), whole("many")] == ["4,930", "not measured", "many"]
    assert [decimal(0.31249), decimal(-0.0207), decimal(1204.4)] == [
        "0.312",
        "\u22120.021",
        "1,204",
    ]
    assert [share(1.0), share(0.974), share(True)] == ["100\u202f%", "97.4\u202f%", "yes"]
    assert [duration(s).replace("\u202f", " ") for s in (0.42, 12.34, 185, 59.97, 3725)] == [
        "0.42 s", "12.3 s", "3 min 05 s", "1 min 00 s", "1 h 02 min"]  # fmt: skip
    assert items([["War Epic", "Epic War"], "x"]) == "2: War Epic and Epic War; x"
    assert [items([]), items(None), plain({"a": 1})] == ["none", "not measured", '{"a": 1}']
    assert wrapped("Submarine Cold-War Thriller", 14) == "Submarine<br>Cold-War<br>Thriller"
    assert json.loads(script_json({"a": "</script>&\u2028"})) == {"a": "</script>&\u2028"}
    with pytest.raises(ValueError, match="JSON"):
        script_json(float("nan"))
