"""Files, folders and patterns: forms, compression, damage, hashes, and what the errors say."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SettingsError, SourceError
from pipeline.schemas.reading import combine_losses
from pipeline.settings import SourceSettings
from pipeline.sources import Source, open_source
from tests.support.catalogue_files import (
    FILMS,
    SETTINGS,
    csv_text,
    failure,
    json_text,
    noise,
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
        titles = ["First Light", 'The "Other" Room', "Été", "Bad Vote", "No Id"]
        assert movies["title"].to_pylist() == titles
        assert movies["vote_average"].to_pylist() == [7.5, 6.0, None, None, 5.0]
        assert movies["movie_id"].to_pylist()[:4] == ["1", "2", "3", "4"]
        assert movies["movie_id"].to_pylist()[4].startswith("t-")
        assert set(movies["source"].to_pylist()) == {self.file}
        assert rejects.num_rows == 0

    def test_an_unreadable_cell_is_counted(self, source: Source) -> None:
        (loss,) = combine_losses(chunk.losses for chunk in source.read()).to_pylist()
        assert (loss["column"], loss["cells"], loss["example_row"]) == ("vote_average", 1, 4)
        assert (loss["file_column"], loss["example"]) == ("vote_average", "x")


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
        assert movies["source"].to_pylist() == ["a.parquet"] * 4 + ["b.csv"] * 5
        assert movies["movie_id"].to_pylist()[:3] == movies["movie_id"].to_pylist()[4:7]


def test_a_path_is_a_source(tmp_path: Path) -> None:
    assert open_source(str(write(tmp_path / "a.csv", "x")), SETTINGS).name == "a.csv"


@pytest.mark.parametrize("spec", ["", "files:", "smaple", "imdb:", "netflix:all", "a\0b"])
def test_an_unknown_source_is_an_error(spec: str) -> None:
    with pytest.raises(SourceError, match="files:PATH"):
        open_source(spec, SETTINGS)


def test_a_ragged_row_costs_at_most_itself(tmp_path: Path) -> None:
    text = "id,title,overview\n1,One,First film.\n2,Two\n\n3,Three,Third, film.\n4,Four,Fourth.\n"
    movies, rejects = read(write(tmp_path / "a.csv", text))
    rows = {movie["row"]: movie for movie in movies}
    assert (rows[1]["overview"], rows[4]["overview"]) == ("First film.", "Fourth.")
    assert sorted([*rows, *(reject["row"] for reject in rejects)]) == [1, 2, 3, 4]
    assert all(reject["reason"] == "malformed_row" for reject in rejects)


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
    assert "plain text" in failure(write(tmp_path / "films.xlsx", "x"))
    assert "no rows" in failure(write(tmp_path / "not.jsonl.zst", "{}"))
    assert "damaged" in failure(write(tmp_path / "not.parquet", "PAR1 no PAR1"))
    assert "array.json: " in failure(write(tmp_path / "array.json", "[\n1,\n2]"))
    pq.write_table(pa.table({"id": pa.array([], pa.int64())}), tmp_path / "none.parquet")
    assert "no rows" in failure(tmp_path / "none.parquet")
    (tmp_path / "folder").mkdir()
    assert "no catalogue" in failure(tmp_path / "folder")


def test_columns_that_are_not_found_are_listed_and_can_be_mapped(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},Wall {n},A keeper of a light hides map {n} at sea.,1999\n" for n in range(9)
    )
    path = write(tmp_path / "mine.csv", "Nr,Bezeichner,Langfassung,Jahr\n" + rows)
    message = failure(path)
    assert "\n" not in message
    assert "'Nr', 'Bezeichner', 'Langfassung', 'Jahr'" in message
    assert 'column_map = { title = "Bezeichner", overview = "Langfassung" }' in message
    columns = {"movie_id": "Nr", "title": "Bezeichner", "overview": "Langfassung"}
    movie = read(path, SourceSettings(column_map=columns))[0][8]
    # The map adds to what is found by its name.
    assert (movie["movie_id"], movie["title"], movie["year"]) == ("8", "Wall 8", 1999)
    wrong = failure(path, SourceSettings(column_map={**columns, "year": "Jahrgang"}))
    assert "'Jahrgang'" in wrong and "did you mean 'Jahr'?" in wrong
    with pytest.raises(SettingsError, match=r"did you mean 'runtime_minutes'\?"):
        open_source(f"files:{path}", SourceSettings(column_map={"runtime": "Nr"})).check()


def test_a_map_for_other_files_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", csv_text(FILMS))
    columns = {"overview": "extract", "release_date": "out"}
    assert read(path, SourceSettings(column_map=columns)) == read(path)
    strict = SourceSettings(column_map=columns, dialect="columns")
    assert "lacks" in failure(path, strict)


def test_a_header_that_repeats_a_column_gives_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "twice.csv", "id,title,title,overview\n1,a,b,c\n")
    assert read(path)[0][0]["title"] == "a"
    (table,) = open_source(f"files:{path}", SETTINGS).tables()
    assert len(table.not_used) == 1


def test_a_wrong_path_names_the_nearest_file(tmp_path: Path) -> None:
    write(tmp_path / "films.csv", csv_text(FILMS))
    assert "did you mean 'films.csv'?" in failure(tmp_path / "flims.csv")
    with pytest.raises(SourceError, match=r"did you mean 'films\.csv'\?"):
        open_source(str(tmp_path / "film.csv"), SETTINGS)


def test_a_pattern_and_a_folder_give_all_files(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "deep/a.csv", "year=1999/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path / name, csv_text(FILMS))
    flat = open_source(f"files:{tmp_path}/*.csv", SETTINGS)
    assert flat.name == "*.csv"
    assert [table.name for table in flat.tables()] == ["a.csv", "b.csv"]
    source = open_source(f"files:{tmp_path}", SETTINGS)
    # Names that repeat have their folders; a folder gives a column.
    assert [table.name for table in source.tables()] == ["a.csv", "b.csv", "deep/a.csv", "c.csv"]
    films = [film for chunk in source.read() for film in chunk.movies.to_pylist()]
    assert {film["year"] for film in films if film["source"] == "c.csv"} == {1999}
    assert {film["year"] for film in films if film["source"] != "c.csv"} == {None}
    with pytest.raises(SourceError, match="no file matches"):
        open_source(f"files:{tmp_path}/*.parquet", SETTINGS).check()


def test_files_that_are_no_tables_are_passed_over_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", csv_text(FILMS))
    write(tmp_path / "about.txt", "These films were collected by a friend of ours\n" * 5)
    films, note = open_source(f"files:{tmp_path}", SETTINGS).tables()
    assert (films.role, note.name, note.role) == ("films", "about.txt", "not read")
    assert "about.txt" in note.notes[0]


def test_types_are_filtered_whatever_their_spelling(tmp_path: Path) -> None:
    kinds = ["Movie", "movie", "film", "TV Show", "tvSeries", ""]
    lines = "".join(f"{i},t{i},An overview of it.,{kind}\n" for i, kind in enumerate(kinds))
    path = write(tmp_path / "a.csv", "id,title,overview,type\n" + lines)
    assert len(read(path)[0]) == len(kinds)
    movies, rejects = read(path, SourceSettings(types=("movie",)))
    assert [movie["movie_id"] for movie in movies] == ["0", "1", "2", "5"]
    assert {(r["row"], r["reason"]) for r in rejects} == {(4, "other_type"), (5, "other_type")}
    movies, _ = read(path, SourceSettings(types=("TV Series",)))
    assert [movie["movie_id"] for movie in movies] == ["3", "4", "5"]


def test_the_summary_says_what_becomes_of_each_column(tmp_path: Path) -> None:
    text = "id;Titel;Inhalt;Regal\n1;Eins;Ein Film vom Meer.;A7\n"
    (table,) = open_source(f"files:{write(tmp_path / 'a.csv', text)}", SETTINGS).tables()
    assert (table.form, table.role) == ("CSV, utf-8, separated by semicolons", "films")
    assert dict(table.columns) == {
        "movie_id": ("id",),
        "title": ("Titel",),
        "overview": ("Inhalt",),
    }
    assert table.not_used == ("Regal",)
    assert "no column for year" in table.notes[-1]


def test_a_pipe_is_an_error_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in failure(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match=r"pipe\.csv"):
        open_source(f"files:{tmp_path}", SETTINGS).content_hash()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_file_is_an_error(tmp_path: Path, suffix: str) -> None:
    text = csv_text(noise(20_000))
    whole = gzip.compress(text.encode()) if suffix == ".gz" else zstd(text.encode())
    path = write(tmp_path / f"cut.csv{suffix}", whole[:-50])
    with pytest.raises(SourceError, match=r"cut\.csv.*damaged or incomplete"):
        list(open_source(f"files:{path}", SETTINGS).read())


def test_a_damaged_parquet_page_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    films = noise(5_000)
    pq.write_table(
        pa.Table.from_pylist(films), path, row_group_size=1_000, write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    write(path, bytes(data))
    with pytest.raises(SourceError, match=r"a\.parquet.*past data row"):
        list(open_source(f"files:{path}", SETTINGS).read())


@pytest.mark.parametrize("name", ["bomb.csv", "bomb.csv.gz", "bomb.csv.zst", "bomb.parquet"])
def test_decompression_stops_at_the_limit(tmp_path: Path, name: str) -> None:
    films = [FILMS[0]] * 20_000
    text = csv_text(films).encode()
    path = tmp_path / name
    if name.endswith(".parquet"):
        varied = [dict(film, overview=str(i) * 20) for i, film in enumerate(films)]
        pq.write_table(pa.Table.from_pylist(varied), path)
    else:
        write(path, {"v": text, "z": gzip.compress(text), "t": zstd(text)}[name[-1]])
    small = SourceSettings(max_file_bytes=600_000)
    with pytest.raises(SourceError, match="max_file_bytes"):
        list(open_source(f"files:{path}", small).read())
    enough = SourceSettings(max_file_bytes=6_000_000)
    assert sum(c.rows_in for c in open_source(f"files:{path}", enough).read()) == 20_000


def test_an_endless_line_is_not_read_into_memory(tmp_path: Path) -> None:
    data = gzip.compress(b"id,title,overview\n1,a," + bytes(2**25))
    assert len(data) < 2**17
    assert "longer than" in failure(write(tmp_path / "line.csv.gz", data))


def test_hashes_of_different_contents_differ(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.csv", "x\n"), write(tmp_path / "b.csv", "y\n")
    assert len({open_source(f"files:{p}", SETTINGS).content_hash() for p in (one, two)}) == 2
    before = open_source(f"files:{tmp_path}", SETTINGS).content_hash()
    two.write_text("z\n")
    assert open_source(f"files:{tmp_path}", SETTINGS).content_hash() != before
