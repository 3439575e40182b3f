"""Files and folders: formats, compression, damage, and what the errors say."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SettingsError, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source
from tests.support.catalogue_files import (
    FILMS,
    SETTINGS,
    csv_text,
    failure,
    json_text,
    read,
    write,
    zstd,
)
from tests.support.contracts.source_contract import SourceContract


class _File(SourceContract):
    rows = len(FILMS)
    file: str
    data: bytes

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        return open_source(f"files:{write(folder / self.file, self.data)}", settings)

    def test_reads_the_films(self, source: Source) -> None:
        movies, rejects = self.read(source)
        titles = ["First Light", 'The "Other" Room', "Été", "No Id"]
        assert movies["title"].to_pylist() == titles
        assert movies["vote_average"].to_pylist() == [7.5, 6.0, None, 5.0]
        assert movies["movie_id"].to_pylist()[:3] == ["1", "2", "3"]
        assert movies["movie_id"].to_pylist()[3].startswith("t-")
        assert set(movies["source"].to_pylist()) == {self.file}
        (reject,) = rejects.to_pylist()
        assert (reject["row"], reject["movie_id"], reject["reason"]) == (4, "4", "wrong_type")
        assert "'vote_average': 'x'" in reject["detail"]


class TestCsv(_File):
    file, data = "films.csv", csv_text(FILMS).encode("utf-8-sig")


class TestSemicolons(_File):
    file, data = "films.csv", csv_text(FILMS, ";").encode()


class TestTsv(_File):
    file, data = "films.tsv", csv_text(FILMS, "\t").encode()


class TestGzip(_File):
    file, data = "films.csv.gz", gzip.compress(csv_text(FILMS).encode(), mtime=0)


class TestZstandard(_File):
    file, data = "films.CSV.zst", zstd(csv_text(FILMS).encode())


class TestJsonLines(_File):
    file, data = "films.jsonl", json_text(FILMS).encode()


class TestJsonLinesGzip(_File):
    file, data = "films.json.gz", gzip.compress(json_text(FILMS).encode(), mtime=0)


class TestFolder(SourceContract):
    """A folder with a CSV and a Parquet file, a hidden file and a text."""

    rows = 2 * len(FILMS) - 1

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        box = folder / "box"
        box.mkdir(exist_ok=True)
        write(box / "b.csv", csv_text(FILMS))
        write(box / "README.md", "Not films.")
        write(box / ".hidden.csv", "nothing to do with films")
        good = [film for film in FILMS if film["vote_average"] != "x"]
        pq.write_table(pa.Table.from_pylist(good), box / "a.parquet")
        return open_source(f"files:{box}", settings)

    def test_reads_its_files_by_name(self, source: Source) -> None:
        movies, _ = self.read(source)
        assert source.name == "box"
        assert movies["source"].to_pylist() == ["a.parquet"] * 4 + ["b.csv"] * 4
        assert movies["movie_id"].to_pylist()[:4] == movies["movie_id"].to_pylist()[4:]


def test_a_path_is_a_source(tmp_path: Path) -> None:
    assert open_source(str(write(tmp_path / "a.csv", "x")), SETTINGS).name == "a.csv"


@pytest.mark.parametrize("spec", ["", "files:", "smaple", "imdb:", "netflix:all", "a\0b"])
def test_an_unknown_source_is_an_error(spec: str) -> None:
    with pytest.raises(SourceError, match="files:PATH"):
        open_source(spec, SETTINGS)


def test_only_a_malformed_row_is_rejected(tmp_path: Path) -> None:
    text = "id,title,overview\n1,One,First film.\n2,Two\n\n3,Three,Third, film.\n4,Four,Fourth.\n"
    movies, rejects = read(write(tmp_path / "a.csv", text))
    assert [movie["row"] for movie in movies] == [1, 4]
    assert [(r["row"], r["reason"]) for r in rejects] == [
        (2, "malformed_row"),
        (3, "malformed_row"),
    ]
    assert "2 cells where the header has 3" in rejects[0]["detail"]


def test_a_line_that_is_not_a_json_object_is_rejected(tmp_path: Path) -> None:
    good = '{"id": 7, "title": "Seven", "overview": "A film."}'
    deep = "[" * 100_000
    text = "\n".join([good, '{"id": 8,', "[1]", "", deep, "1", good])
    movies, rejects = read(write(tmp_path / "a.jsonl", text))
    assert [movie["row"] for movie in movies] == [1, 6]
    assert [r["reason"] for r in rejects] == ["malformed_row"] * 4


def test_a_json_key_that_appears_late_is_read(tmp_path: Path) -> None:
    plain = {"id": 1, "title": "One", "overview": "A film."}
    text = json_text([*[plain] * 300, plain | {"tagline": "At last."}])
    assert read(write(tmp_path / "a.jsonl", text))[0][-1]["tagline"] == "At last."


def test_bytes_that_are_not_utf8_are_windows_1252(tmp_path: Path) -> None:
    data = b"id,title,overview\n1,Am\xe9lie,\x93Caf\xc3\xa9\x94 in Paris\n2,Next,Good row.\n"
    movies, rejects = read(write(tmp_path / "a.csv", data))
    assert movies[0]["title"] == "Amélie"
    assert movies[0]["overview"] == "\u201cCafé\u201d in Paris"
    assert len(movies) == 2 and not rejects


def test_a_lone_surrogate_becomes_a_replacement_character(tmp_path: Path) -> None:
    line = r'{"id": 1, "title": "A \ud83d", "overview": "Pair \ud83d\ude00.", "cast": ["\udcff"]}'
    (movie,), _ = read(write(tmp_path / "a.jsonl", line))
    assert movie["title"] == "A \ufffd"
    assert movie["overview"] == "Pair \U0001f600."
    assert movie["cast"] == ["\ufffd"]


def test_parquet_types_of_every_kind(tmp_path: Path) -> None:
    table = pa.table(
        {
            "movie_id": pa.array([603.0, None]),
            "title": pa.array(["One", "Two"]).dictionary_encode(),
            "overview": pa.array([b"Caf\xe9 life.", b"Plain."]),
            "genres": pa.array([["Drama", None, ""], []]),
            "keywords": pa.array([[{"id": 1, "name": "sea"}], None]),
            "release_date": pa.array([951_782_400 * 10**9 + 1, None], pa.timestamp("ns", "UTC")),
            "runtime": pa.array([90, 0]),
            "vote_average": pa.array([float("nan"), 5.0]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (one, two), rejects = read(tmp_path / "a.parquet")
    assert not rejects
    assert one["movie_id"] == "603" and two["movie_id"].startswith("t-")
    assert one["overview"] == "Café life."
    assert one["genres"] == ["Drama"] and two["genres"] is None
    assert one["keywords"] == ["sea"] and two["keywords"] is None
    assert (one["release_date"], one["year"]) == ("2000-02-29", 2000)
    assert (one["runtime_minutes"], two["runtime_minutes"]) == (90.0, None)
    assert (one["vote_average"], two["vote_average"]) == (None, 5.0)


def test_parquet_with_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    title = pa.array([b"Am\xe9lie"]).view(pa.string())
    table = pa.table({"id": [1], "title": title, "overview": ["A film of Paris."]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0][0]["title"] == "Amélie"


def test_errors_name_the_file_and_the_cause(tmp_path: Path) -> None:
    assert "no such file" in failure(tmp_path / "absent.csv")
    assert "is empty" in failure(write(tmp_path / "empty.csv", ""))
    assert "no rows" in failure(write(tmp_path / "header.csv", "id,title,overview\n"))
    assert "not a format" in failure(write(tmp_path / "films.xlsx", "x"))
    assert "not a format" in failure(write(tmp_path / "films.parquet.gz", "x"))
    assert "UTF-16" in failure(write(tmp_path / "wide.csv", "id,title".encode("utf-16")))
    assert "damaged" in failure(write(tmp_path / "not.csv.gz", "id,title,overview\n1,a,b\n"))
    assert "damaged" in failure(write(tmp_path / "not.jsonl.zst", "{}"))
    assert "damaged" in failure(write(tmp_path / "not.parquet", "PAR1 no PAR1"))
    assert "JSON object" in failure(write(tmp_path / "array.json", "[\n1,\n2]"))
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    assert "no rows" in failure(tmp_path / "none.parquet")
    (tmp_path / "folder").mkdir()
    assert "no catalogue" in failure(tmp_path / "folder")


def test_an_unclosed_quote_is_an_error(tmp_path: Path) -> None:
    text = 'id,title,overview\n1,One,"Never closed\n' + "2,Two,Second film.\n" * 1_000_000
    with pytest.raises(SourceError, match=r"quote\.csv.*field larger"):
        list(open_source(f"files:{write(tmp_path / 'quote.csv', text)}", SETTINGS).read())


def test_unknown_columns_are_listed_and_can_be_mapped(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "Nr,Name,Plot,Jahr\n9,Nine,A ninth film.,1999\n")
    message = failure(path)
    assert "'Nr', 'Name', 'Plot', 'Jahr'" in message and "column_map" in message
    columns = {"movie_id": "Nr", "title": "Name", "overview": "Plot", "year": "Jahr"}
    (movie,), _ = read(path, SourceSettings(column_map=columns))
    assert (movie["movie_id"], movie["title"], movie["year"]) == ("9", "Nine", 1999)
    assert "'Jahrgang'" in failure(path, SourceSettings(column_map={**columns, "year": "Jahrgang"}))
    with pytest.raises(SettingsError, match="'name'"):
        open_source(f"files:{path}", SourceSettings(column_map={"name": "Name"})).check()


def test_a_header_that_repeats_a_column_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "twice.csv", "id,title,title,overview\n1,a,b,c\n")
    assert "more than once" in failure(path)
