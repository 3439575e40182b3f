"""Readers accept any bytes or raise an error that names the file: no other error, no hang."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microgenres.cli.commands.release.film_input import read_films
from pipeline.cleaning.clean import REASONS as CLEANING
from pipeline.cleaning.clean import clean
from pipeline.errors import CorruptFileError, ReleaseError, SettingsError, SourceError, StoreError
from pipeline.fileio.manifest import (
    checked_name,
    checked_path,
    manifest_from_json,
    manifest_to_json,
)
from pipeline.fileio.parquet import read_table, write_table
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import REASONS as READING
from pipeline.sources import SourceChunk, open_source
from pipeline.storage.verify import verify_release

FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SMALL = SourceSettings(max_file_bytes=2**20, chunk_rows=7)
NAMES = [
    "id",
    "movie_id",
    "title",
    "year",
    "release_date",
    "overview",
    "genres",
    "keywords",
    "cast",
    "vote_average",
    "vote_count",
    "runtime",
    "tagline",
    "homepage",
]

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
CELL = st.one_of(
    st.text(max_size=30),
    st.text(st.sampled_from("[]{}'\"|,: \\0123456789-/.eNan\u202e\0\udc80"), max_size=30),
    st.sampled_from(["2001-02-30", "1/2/03", "[{'name': 'a'}]", '[{"name": 1}]', "1e999", "-0"]),
)


def read_chunks(path: Path) -> list[SourceChunk] | None:
    """Read a catalogue and check its chunks; return None if it is rejected by name."""
    source = open_source(f"files:{path}", SMALL)
    try:
        source.check()
        chunks = list(source.read())
    except SourceError as error:
        assert path.name in str(error)
        return None
    for chunk in chunks:
        assert 1 <= chunk.rows_in <= 7
        assert chunk.rows_in == chunk.movies.num_rows + chunk.rejects.num_rows
        for reject in chunk.rejects.to_pylist():
            assert reject["reason"] in READING
            assert reject["detail"]
        for movie in chunk.movies.to_pylist():
            assert movie["movie_id"]
    return chunks


def check_cleaning(chunks: list[SourceChunk]) -> None:
    """Check that cleaning accepts the rows of a source and loses none."""
    movies = pa.concat_tables([chunk.movies for chunk in chunks])
    tables = clean(movies, CleanSettings())
    assert tables["movies"].num_rows + tables["rejects"].num_rows == movies.num_rows
    assert set(tables["rejects"].column("reason").to_pylist()) <= set(CLEANING)
    ids = tables["movies"].column("movie_id").to_pylist()
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "name", ["f.csv", "f.tsv", "f.jsonl", "f.parquet", "f.csv.gz", "f.json.zst"]
)
@FUZZ
@given(data=st.binary(min_size=1, max_size=200))
def test_any_bytes_as_a_catalogue(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    chunks = read_chunks(path)
    if chunks:
        check_cleaning(chunks)


@FUZZ
@given(
    header=st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True),
    rows=st.lists(st.lists(CELL, max_size=7), min_size=1, max_size=9),
    separator=st.sampled_from(",;\t"),
    quoted=st.booleans(),
)
def test_any_cells_of_a_csv(
    tmp_path: Path, header: list[str], rows: list[list[str]], separator: str, quoted: bool
) -> None:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quoted else text

    lines = [separator.join(header), *(separator.join(map(cell, row)) for row in rows)]
    path = tmp_path / ("f.tsv" if separator == "\t" else "f.csv")
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    chunks = read_chunks(path)
    if chunks:
        check_cleaning(chunks)


@FUZZ
@given(rows=st.lists(st.dictionaries(st.sampled_from(NAMES), JSON), min_size=1, max_size=9))
def test_any_json_of_a_row(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / "f.jsonl"
    path.write_bytes("\n".join(map(json.dumps, rows)).encode())
    chunks = read_chunks(path)
    if chunks:
        assert sum(chunk.rows_in for chunk in chunks) == len(rows)
        check_cleaning(chunks)


@FUZZ
@given(place=st.integers(0, 2**16), byte=st.integers(1, 255), cut=st.integers(0, 2**16))
def test_any_damage_to_a_parquet_or_gzip_catalogue(
    tmp_path: Path, place: int, byte: int, cut: int
) -> None:
    films = [{"id": n, "title": f"Film {n}", "overview": "Of the sea."} for n in range(50)]
    whole, zipped = tmp_path / "w.parquet", tmp_path / "w.jsonl.gz"
    pq.write_table(pa.Table.from_pylist(films), whole)
    zipped.write_bytes(gzip.compress("\n".join(map(json.dumps, films)).encode(), mtime=0))
    for path in (whole, zipped):
        sound = path.read_bytes()
        flipped = bytearray(sound)
        flipped[place % len(sound)] ^= byte
        for data in (bytes(flipped), sound[: cut % len(sound)]):
            path.write_bytes(data)
            read_chunks(path)


@FUZZ
@given(place=st.integers(0, 2**16), byte=st.integers(1, 255), cut=st.integers(0, 2**16))
def test_any_damage_to_a_committed_table_is_found(
    tmp_path: Path, place: int, byte: int, cut: int
) -> None:
    path = tmp_path / "t.parquet"
    path.unlink(missing_ok=True)
    sha256, size = write_table(path, pa.table({"n": range(100), "t": ["text"] * 100}))
    sound = path.read_bytes()
    flipped = bytearray(sound)
    flipped[place % size] ^= byte
    for data in (bytes(flipped), sound[: cut % size], sound + b"x"):
        path.write_bytes(data)
        with pytest.raises(CorruptFileError, match=r"t\.parquet"):
            read_table(path, size=size, sha256=sha256)


MANIFEST = {
    "format": 1,
    "stage": "s",
    "key": "k",
    "fingerprint": "f",
    "rows_in": 1,
    "seconds": 0.5,
    "outputs": {"out": {"path": "work/s/k.parquet", "sha256": "0", "bytes": 1, "rows": 1}},
    "extra": {},
}


@FUZZ
@given(key=st.sampled_from([*MANIFEST, "path", "sha256", "bytes", "rows"]), value=JSON)
def test_any_value_in_a_manifest(key: str, value: Any) -> None:
    record = json.loads(json.dumps(MANIFEST))
    (record if key in record else record["outputs"]["out"])[key] = value
    try:
        manifest = manifest_from_json(json.dumps(record).encode(), name="m.json")
    except CorruptFileError as error:
        assert "m.json" in str(error)
    else:
        manifest_from_json(manifest_to_json(manifest), name="again")


@FUZZ
@given(data=st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_as_a_manifest(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(CorruptFileError):
        manifest_from_json(data, name="m.json")
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(ReleaseError):
        verify_release(tmp_path)


@FUZZ
@given(files=JSON, counts=JSON)
def test_any_json_in_a_release(tmp_path: Path, files: Any, counts: Any) -> None:
    record = {"files": files, "counts": counts}
    (tmp_path / "manifest.json").write_text(json.dumps(record))
    with pytest.raises(ReleaseError):
        verify_release(tmp_path)


PATHS = st.text(st.sampled_from("a./\\~:\0 %C\u202e"), max_size=12) | st.text(max_size=12)


@FUZZ
@given(path=PATHS)
def test_no_path_of_a_manifest_leaves_the_folder(tmp_path: Path, path: str) -> None:
    for check in (checked_path, lambda _, name: tmp_path / checked_name("piece", name)):
        try:
            found = check(tmp_path, path)
        except StoreError:
            continue
        assert found.resolve().is_relative_to(tmp_path.resolve())
        assert found != tmp_path or path in (".", "./")


@FUZZ
@given(
    data=st.binary(max_size=80)
    | st.lists(JSON, max_size=3).map(lambda rows: "\n".join(map(json.dumps, rows)).encode())
)
def test_any_bytes_as_unseen_films(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "films.jsonl"
    path.write_bytes(data)
    try:
        films = read_films(path)
    except SourceError as error:
        assert "films.jsonl" in str(error)
    else:
        assert films
        assert all(name and film["overview"] for name, film in films)


@FUZZ
@given(spec=st.text(max_size=20))
def test_any_text_as_a_source(spec: str) -> None:
    read_source: Callable[..., Any] = open_source
    try:
        read_source(spec, SMALL).check()
    except (SourceError, SettingsError):
        return
    assert spec in ("sample", "sample:")
