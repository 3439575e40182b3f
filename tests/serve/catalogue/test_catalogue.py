"""Queries of the catalogue, checked against the films of the release."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.errors import ReleaseError
from pipeline.release.lookup import NotInReleaseError
from serve.catalogue.catalogue import Catalogue, Filters, Sort
from serve.catalogue.database import fetch_rows
from serve.catalogue.filters import FACETS
from tests.support.films import THEMES
from tests.support.served_release import PARTS, TITLES


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["movie_id"] for row in rows]


class TestWords:
    @pytest.mark.parametrize("title", TITLES)
    def test_a_title_of_any_characters_finds_its_film_first(
        self, catalogue: Catalogue, title: str
    ) -> None:
        assert catalogue.films(Filters(words=title)).rows[0]["title"] == title

    @pytest.mark.parametrize(
        ("words", "title"),
        [
            ("BOOT das", "Das Boot"),
            ("dás böot", "Das Boot"),
            ("boo", "Das Boot"),
            ("quoted one's", TITLES[1]),
            ("script alert", TITLES[3]),
            ("الغواصة", TITLES[4]),
            ("千尋", TITLES[6]),
            ("神隠し", TITLES[6]),
            ("100%_sure", TITLES[5]),
            (".*", TITLES[2]),
        ],
    )
    def test_case_accents_order_and_punctuation_are_ignored(
        self, catalogue: Catalogue, words: str, title: str
    ) -> None:
        assert title in [row["title"] for row in catalogue.films(Filters(words=words)).rows]

    @pytest.mark.parametrize("words", ["%", "oot", "\\d\\d", "' OR 1=1 --", "</b>zz", "\u202e"])
    def test_special_characters_are_plain_text(self, catalogue: Catalogue, words: str) -> None:
        assert "Das Boot" not in [
            row["title"] for row in catalogue.films(Filters(words=words)).rows
        ]

    @pytest.mark.parametrize("words", ["\0", "\ud800", "a\0b", "x" * 5_000, "a " * 500, "??!", " "])
    def test_no_query_fails(self, catalogue: Catalogue, words: str) -> None:
        page = catalogue.films(Filters(words=words))
        assert page.total >= len(page.rows)

    def test_every_text_of_a_film_is_searched(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        film = next(f for f in films if f["keywords"] and f["tagline"])
        for words in (" ".join(film["overview"].split()[:6]), film["keywords"][0], film["tagline"]):
            assert film["movie_id"] in catalogue.ids(Filters(words=words))
        assert len(catalogue.ids(Filters(words="agnes varda"))) == 8

    def test_matches_in_titles_come_first(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        found = catalogue.films(Filters(words="film")).rows
        in_title = ["film" in row["title"].casefold() for row in found]
        assert in_title == sorted(in_title, reverse=True) and any(in_title)


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "matches"),
        [
            (Filters(micro_genres=(1, 2)), lambda f: f["cluster"] in (1, 2)),
            (Filters(families=(1,)), lambda f: f["family"] == 1),
            (Filters(families=(0, "Tender")), lambda f: True),
            (Filters(families=("Tender",)), lambda f: f["family_name"] == "Tender"),
            (Filters(genres=("War", "Horror")), lambda f: {"War", "Horror"} & set(f["genres"])),
            (Filters(languages=("fr",)), lambda f: f["language"] == "fr"),
            (Filters(year_from=1970, year_to=1980), lambda f: 1970 <= (f["year"] or 0) <= 1980),
            (Filters(rating_from=5, rating_to=6), lambda f: 5 <= (f["vote_average"] or 0) <= 6),
            (Filters(votes_from=3_000), lambda f: f["vote_count"] >= 3_000),
            (Filters(weak=True), lambda f: f["weak"]),
            (Filters(weak=False, families=(0,)), lambda f: not f["weak"] and not f["family"]),
            (Filters(genres=("' OR true --",)), lambda f: False),
        ],
    )
    def test_a_filter_selects_the_matching_films(
        self, catalogue: Catalogue, films: list[dict[str, Any]], filters: Filters, matches: Any
    ) -> None:
        expected = [film["movie_id"] for film in films if matches(film)]
        assert catalogue.ids(filters) == expected
        assert catalogue.films(filters, limit=1).total == len(expected)
        assert [films[row]["movie_id"] for row in catalogue.find_rows(filters)] == expected

    def test_the_map_has_every_film(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        columns = ["movie_id", "title", "year", "cluster", "x", "y"]
        points = catalogue.films_table(columns)
        assert points.column_names == columns
        assert points["movie_id"].to_pylist() == [film["movie_id"] for film in films]

    def test_within_limits_filters_to_a_micro_genre(self, catalogue: Catalogue) -> None:
        assert catalogue.ids(Filters().within(2)) == catalogue.ids(Filters(micro_genres=(2,)))
        assert catalogue.ids(Filters(micro_genres=(1,)).within(2)) == []


class TestPages:
    @pytest.mark.parametrize(
        "sort", ["relevance", "rating", "popularity", "year", "title", "similarity"]
    )
    @pytest.mark.parametrize("descending", [None, True, False])
    def test_pages_together_are_the_whole_selection_in_order(
        self, catalogue: Catalogue, sort: Sort, descending: bool | None
    ) -> None:
        pages = [catalogue.films(None, sort, descending, start, 7) for start in range(0, 49, 7)]
        found = [row for page in pages for row in page.rows]
        assert {page.total for page in pages} == {40}
        assert sorted(ids(found)) == catalogue.ids()
        column = {"relevance": "popularity", "rating": "vote_average"}.get(sort, sort)
        if column != "title":
            known = [row[column] for row in found if row[column] is not None]
            assert known == sorted(known, reverse=descending is not False)
            assert all(row[column] is None for row in found[len(known) :])

    def test_a_page_after_the_last_one_is_empty_but_counts_the_films(
        self, catalogue: Catalogue
    ) -> None:
        page = catalogue.films(offset=1_000)
        assert (page.total, page.rows) == (40, [])

    def test_a_film_equals_its_row_of_the_release(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        for film in films[::9]:
            found = catalogue.film(film["movie_id"])
            assert found.pop("runner_up_name") == THEMES[film["runner_up"]]
            description = PARTS.get(film["cluster"], {}).get("description")
            assert found.pop("micro_genre_description") == description
            assert (
                found.pop("micro_genre_id")
                == catalogue.micro_genre(film["cluster"])["micro_genre_id"]
            )
            runner_up = catalogue.micro_genre(film["runner_up"])
            assert found.pop("runner_up_id") == runner_up["micro_genre_id"]
            assert found == film
        with pytest.raises(NotInReleaseError, match="'nope'"):
            catalogue.film("nope")

    def test_similar_films_are_the_stored_neighbours(
        self, catalogue: Catalogue, release: Path
    ) -> None:
        near = pq.read_table(release / "neighbours.parquet")
        for movie_id in ("m0000", "m0023"):
            own = near.filter(pc.equal(near["movie_id"], movie_id)).sort_by("rank")
            found = catalogue.similar(movie_id)
            assert ids(found) == own["neighbour_id"].to_pylist()
            assert [row["similarity"] for row in found] == own["similarity"].to_pylist()
            assert found[0]["title"] == catalogue.film(found[0]["movie_id"])["title"]
        assert len(catalogue.similar("m0000", 3)) == 3
        assert catalogue.similar("m0000", 0) == []


class TestFacets:
    def test_a_facet_is_counted_without_its_own_filter(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        chosen = Filters(genres=("War",), languages=("en",), year_from=1962)
        facets = catalogue.facets(chosen)
        assert list(facets) == list(FACETS)
        without = {
            "genres": replace(chosen, genres=()),
            "languages": replace(chosen, languages=()),
            "decades": replace(chosen, year_from=None),
            "micro_genres": chosen,
            "families": chosen,
        }
        columns = {"micro_genres": "cluster", "families": "family", "languages": "language"}
        for facet, filters in without.items():
            selected = [film for film in films if film["movie_id"] in set(catalogue.ids(filters))]
            expected: dict[Any, int] = {}
            for film in selected:
                if facet == "genres":
                    values = film["genres"]
                elif facet == "decades":
                    values = [] if film["year"] is None else [film["year"] // 10 * 10]
                else:
                    values = [film[columns[facet]]]
                for value in values:
                    expected[value] = expected.get(value, 0) + 1
            assert {row["value"]: row["films"] for row in facets[facet]} == expected
        assert facets["micro_genres"][0]["name"] == THEMES[facets["micro_genres"][0]["value"]]


def test_several_threads_may_query_at_once(catalogue: Catalogue) -> None:
    sequential = [catalogue.films(Filters(words=t)).total for t in TITLES] * 5
    with ThreadPoolExecutor(8) as pool:
        parallel = list(pool.map(lambda t: catalogue.films(Filters(words=t)).total, TITLES * 5))
    assert parallel == sequential


@pytest.mark.parametrize(
    "sql",
    [
        "COPY film TO 'x.csv'",
        "SELECT * FROM read_text('/etc/hosts')",
        "ATTACH 'x.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_the_database_has_no_access_to_files_or_network(catalogue: Catalogue, sql: str) -> None:
    with pytest.raises(duckdb.Error):
        fetch_rows(catalogue._connection, sql)


def test_a_release_of_an_older_layout_is_refused(release: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(release, old)
    table = pq.read_table(old / "movies.parquet").drop_columns(["x", "y"])
    pq.write_table(table, old / "movies.parquet")
    manifest = json.loads((old / "manifest.json").read_bytes())
    manifest["files"]["movies.parquet"]["bytes"] = (old / "movies.parquet").stat().st_size
    (old / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"'x', 'y'.*mine again"):
        Catalogue(old)


def test_neighbours_that_name_missing_films_are_refused(release: Path, tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    shutil.copytree(release, odd)
    pq.write_table(pq.read_table(odd / "movies.parquet").slice(1), odd / "movies.parquet")
    manifest = json.loads((odd / "manifest.json").read_bytes())
    manifest["files"]["movies.parquet"]["bytes"] = (odd / "movies.parquet").stat().st_size
    (odd / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"neighbours\.parquet"):
        Catalogue(odd)
