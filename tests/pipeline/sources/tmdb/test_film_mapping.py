"""A response as a row, rows as a catalogue, and the catalogue as a source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.lib.tmdb_films import FIRST_ID, films
from benchmarks.lib.tmdb_server import TmdbServer
from pipeline.errors import SourceError
from pipeline.settings import FetchSettings, SourceSettings
from pipeline.sources import Source, open_source
from pipeline.sources.files.columns import choose_columns
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.catalogue_writer import write_films
from pipeline.sources.tmdb.client import Response
from pipeline.sources.tmdb.fetch_manifest import FILMS, known_films, write_manifest
from pipeline.sources.tmdb.film_mapping import CATALOGUE, film_request, film_row
from pipeline.sources.tmdb.response_cache import CACHE_FILE, ResponseCache
from tests.support.contracts.source_contract import SourceContract

SETTINGS = FetchSettings()
SERVER = TmdbServer(films(30))


def details(film: int) -> dict[str, Any]:
    parts = film_request(film, SETTINGS).params
    parsed: dict[str, Any] = json.loads(
        SERVER.details(film, {name: str(value) for name, value in parts.items()})
    )
    return parsed


def build(folder: Path, count: int = 5) -> Path:
    """Write a folder like that of a fetch; TMDB does not have every fourth film."""
    with ResponseCache(folder / CACHE_FILE) as cache:
        for film in range(FIRST_ID, FIRST_ID + count):
            gone = film % 4 == 3
            body = json.dumps({"status_code": 34} if gone else details(film)).encode()
            cache.put(film_request(film, SETTINGS).key, Response(404 if gone else 200, body))
        wanted = range(FIRST_ID, FIRST_ID + count + 1)
        written = write_films(folder / FILMS, wanted, cache, SETTINGS)
    summary = {"sha256": written.sha256, "films": written.films, "missing": written.missing}
    write_manifest(folder, {"films": summary})
    return folder


def test_a_row_has_every_field(tmp_path: Path) -> None:
    film = details(124)
    row = film_row(film)
    assert set(row) == set(CATALOGUE.names)
    for name in (
        "id",
        "imdb_id",
        "title",
        "overview",
        "release_date",
        "poster_path",
        "backdrop_path",
        "vote_average",
        "vote_count",
        "popularity",
        "budget",
        "revenue",
        "runtime",
        "status",
        "original_language",
    ):
        assert row[name] == (film[name] or None if isinstance(film[name], str) else film[name])
    assert row["genres"] == [genre["name"] for genre in film["genres"]]
    assert row["keywords"] == [keyword["name"] for keyword in film["keywords"]["keywords"]]
    assert row["origin_country"] == film["origin_country"]
    assert row["production_countries"] == [c["iso_3166_1"] for c in film["production_countries"]]
    assert [p["name"] for p in row["cast"]] == [p["name"] for p in film["credits"]["cast"]]
    assert row["cast"][0].keys() == {"id", "name", "character"}
    assert len(row["crew"]) == len(film["credits"]["crew"])
    assert row["directors"] == [
        p["name"] for p in film["credits"]["crew"] if p["job"] == "Director"
    ]
    first = film["reviews"]["results"][1]
    assert row["reviews"][1] == {
        "id": first["id"],
        "author": first["author"],
        "content": first["content"],
        "created_at": first["created_at"],
        "rating": first["author_details"]["rating"],
    }
    assert row["reviews_total"] == film["reviews"]["total_results"] > len(row["reviews"]) == 20
    more = [{"results": [{"id": "z", "content": "More."}]}]
    assert film_row(film, more)["reviews"][20]["content"] == "More."
    pa.Table.from_pylist([row], CATALOGUE)


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"id": "x", "title": 3, "vote_count": "many", "budget": 2**70, "adult": "no"},
        {"genres": None, "keywords": [], "credits": [], "reviews": "none"},
        {"genres": [None, 3, {"name": ""}, {"name": "Drama"}], "credits": {"cast": [None, {}]}},
        {"title": "half \ud83d", "popularity": True, "runtime": 93.5},
    ],
)
def test_absent_and_mistyped_values_are_null(odd: dict[str, Any]) -> None:
    row = pa.Table.from_pylist([film_row(odd)], CATALOGUE).to_pylist()[0]
    for name in ("title", "vote_count", "budget", "adult", "popularity", "runtime"):
        assert row[name] is None or (name, row[name]) == ("title", "half \ufffd")
    assert row["genres"] in ([], ["Drama"])


def test_keys_differ_by_film_and_language() -> None:
    german = FetchSettings(language="de-DE")
    requests = [film_request(603, SETTINGS), film_request(604, SETTINGS), film_request(603, german)]
    assert len({request.key for request in requests}) == 3
    assert not any(request.key.startswith("list/") for request in requests)


def test_a_summary_counts_every_film(tmp_path: Path) -> None:
    folder = build(tmp_path, 10)
    table = pq.read_table(folder / FILMS)
    assert table.schema.equals(CATALOGUE)
    assert table.schema.metadata[b"attribution"].decode() == ATTRIBUTION
    assert table.column("id").to_pylist() == [100, 101, 102, 104, 105, 106, 108, 109]
    assert known_films(folder) == (100, 101, 102, 104, 105, 106, 108, 109, 110)
    few = FetchSettings(min_votes=3_300)
    with ResponseCache(folder / CACHE_FILE) as cache:
        written = write_films(tmp_path / "few.parquet", range(100, 111), cache, few)
    assert (written.not_there, written.missing) == ([103, 107], [110])
    enough = [id for id in table.column("id").to_pylist() if details(id)["vote_count"] >= 3_300]
    assert pq.read_table(tmp_path / "few.parquet").column("id").to_pylist() == enough
    assert 0 < written.films == len(enough) == 8 - written.few_votes < 8


def test_the_same_responses_give_the_same_bytes(tmp_path: Path) -> None:
    one, other = build(tmp_path / "a", 12), build(tmp_path / "b", 12)
    assert (one / FILMS).read_bytes() == (other / FILMS).read_bytes()


def test_row_groups_lose_no_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sources.tmdb.catalogue_writer._ROW_GROUP", 2)
    folder = build(tmp_path, 8)
    assert pq.read_table(folder / FILMS).column("id").to_pylist() == [100, 101, 102, 104, 105, 106]
    assert pq.ParquetFile(folder / FILMS).num_row_groups == 3


# --- as a source


class TestTmdb(SourceContract):
    rows = 4

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        if not (folder / "fetch" / FILMS).exists():
            build(folder / "fetch", 5)
        return open_source(f"tmdb:{folder}", settings)

    def test_settings_do_not_change_how_columns_are_read(self, tmp_path: Path) -> None:
        odd = SourceSettings(dialect="imdb", column_map={"title": "Name"})
        movies, rejects = self.read(self.make(tmp_path, odd))
        assert rejects.num_rows == 0
        found = movies.to_pylist()[0]
        film = details(100)
        assert found["movie_id"] == "100"
        assert found["title"] == film["title"]
        assert found["keywords"] == [keyword["name"] for keyword in film["keywords"]["keywords"]]
        assert found["cast"] == [person["name"] for person in film["credits"]["cast"]]
        assert found["directors"] == ["F.W. Murnau"] or found["directors"]
        assert found["countries"] == film["origin_country"]
        assert found["poster_path"] == "/poster100.jpg"
        assert found["runtime_minutes"] == film["runtime"]
        assert (found["source"], found["row"]) == ("tmdb", 1)

    def test_the_file_alone_reads_the_same(self, tmp_path: Path) -> None:
        movies, _ = self.read(self.make(tmp_path, SourceSettings()))
        path = tmp_path / "fetch" / FILMS
        files, rejects = self.read(open_source(f"files:{path}", SourceSettings()))
        assert rejects.num_rows == 0
        assert files.drop_columns(["source"]).equals(movies.drop_columns(["source"]))
        plan = choose_columns(CATALOGUE.names, {})
        assert plan.uses["movie_id"].names[0] == "id"
        assert plan.uses["imdb_id"].names == ("imdb_id",)
        assert plan.uses["countries"].names == ("production_countries", "origin_country")

    def test_a_folder_without_a_fetch_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no fetch has ended"):
            open_source(f"tmdb:{tmp_path}", SourceSettings()).check()

    def test_an_altered_catalogue_is_an_error(self, tmp_path: Path) -> None:
        source = self.make(tmp_path, SourceSettings())
        with (tmp_path / "fetch" / FILMS).open("ab") as handle:
            handle.write(b"x")
        with pytest.raises(SourceError, match="fetch again"):
            next(iter(source.read()))
