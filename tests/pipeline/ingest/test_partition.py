from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cleaning.clean import clean
from pipeline.errors import SourceError
from pipeline.ingest.partition import PartitionedCatalogue, read_catalogue
from pipeline.schemas.mining import MOVIES, REJECTS
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import SourceChunk
from pipeline.sources.files.source import FilesSource
from pipeline.storage.work_store import WorkStore

HEADER = "movie_id,title,year,overview\n"
SETTINGS = SourceSettings(chunk_rows=100)


def write_csv(path: Path, ids: list[int], broken: int = 0) -> str:
    rows = [f"{i},Film {i},1999,A film about the number {i} and its friends.\n" for i in ids]
    rows += ["too,few\n"] * broken
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return f"files:{path}"


def ids_of(store: WorkStore, catalogue: PartitionedCatalogue) -> list[set[str]]:
    return [set(store.read(ref).column("movie_id").to_pylist()) for ref in catalogue.partitions]


def test_every_row_is_in_one_partition_or_rejected(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "out")
    first = write_csv(tmp_path / "a.csv", list(range(900)), broken=3)
    second = write_csv(tmp_path / "b.csv", list(range(800, 1_200)))
    catalogue = read_catalogue(store, [first, second], SETTINGS)
    assert catalogue.rows_in == 1_303
    assert store.read(catalogue.rejects).num_rows == 3
    assert sum(ref.rows or 0 for ref in catalogue.partitions) == 1_300
    parts = ids_of(store, catalogue)
    assert len(parts) > 1
    assert sum(map(len, parts)) == 1_200  # all rows of a film are in one partition


def test_partitions_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    ids = list(range(700))
    one = read_catalogue(WorkStore(tmp_path / "1"), [write_csv(tmp_path / "a.csv", ids)], SETTINGS)
    before = ids_of(WorkStore(tmp_path / "1"), one)
    random.Random(1).shuffle(ids)
    two = read_catalogue(WorkStore(tmp_path / "2"), [write_csv(tmp_path / "b.csv", ids)], SETTINGS)
    assert ids_of(WorkStore(tmp_path / "2"), two) == before


def test_a_resumed_run_writes_nothing(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "out")
    source = write_csv(tmp_path / "a.csv", list(range(300)))
    first = read_catalogue(store, [source], SETTINGS)

    def written() -> dict[Path, tuple[int, bytes]]:
        """Return each file with its inode, which changes when a file is replaced."""
        files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
        return {path: (path.stat().st_ino, path.read_bytes()) for path in files}

    before = written()
    assert read_catalogue(store, [source], SETTINGS) == first
    assert written() == before


def test_the_limit_is_a_sample_that_does_not_depend_on_order(tmp_path: Path) -> None:
    ids = list(range(500))
    one = read_catalogue(
        WorkStore(tmp_path / "1"), [write_csv(tmp_path / "a.csv", ids)], SETTINGS, limit=60
    )
    ids.reverse()
    two = read_catalogue(
        WorkStore(tmp_path / "2"), [write_csv(tmp_path / "b.csv", ids)], SETTINGS, limit=60
    )
    sample = set().union(*ids_of(WorkStore(tmp_path / "1"), one))
    assert len(sample) == 60 == one.rows_in
    assert sample == set().union(*ids_of(WorkStore(tmp_path / "2"), two))


def test_sources_with_the_same_name_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    specs = [
        write_csv(tmp_path / "a.csv", [1]),
        write_csv(tmp_path / "x" / "a.csv", [2]),
    ]
    with pytest.raises(SourceError, match=r"a\.csv"):
        read_catalogue(WorkStore(tmp_path / "out"), specs, SETTINGS)


def test_a_bad_source_commits_nothing(tmp_path: Path) -> None:
    good = write_csv(tmp_path / "a.csv", [1, 2])
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not a table")
    with pytest.raises(SourceError, match=r"bad\.parquet"):
        read_catalogue(
            WorkStore(tmp_path / "out"), [good, f"files:{tmp_path / 'bad.parquet'}"], SETTINGS
        )
    assert not [p for p in (tmp_path / "out" / "work").rglob("*") if p.is_file()]


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the names of the sources whose rows are read."""
    names: list[str] = []
    read = FilesSource.read

    def counted(self: FilesSource) -> Iterator[SourceChunk]:
        names.append(self.name)
        yield from read(self)

    monkeypatch.setattr(FilesSource, "read", counted)
    return names


def committed(folder: Path) -> list[Path]:
    return [path for path in (folder / "work").rglob("*") if path.is_file()]


def test_a_resumed_run_reads_no_row_again(tmp_path: Path, readings: list[str]) -> None:
    store = WorkStore(tmp_path / "out")
    spec = write_csv(tmp_path / "a.csv", list(range(600)), broken=2)
    first = read_catalogue(store, [spec], SETTINGS)
    assert read_catalogue(store, [spec], SETTINGS) == first
    assert readings == ["a.csv"]
    forced = read_catalogue(store, [spec], SETTINGS, resume=False)
    assert readings == ["a.csv"] * 2
    assert forced.partitions == first.partitions
    assert forced.rejects.sha256 == first.rejects.sha256


@pytest.mark.parametrize("change", ["content", "settings", "limit"])
def test_a_change_of_content_settings_or_limit_reads_again(
    tmp_path: Path, readings: list[str], change: str
) -> None:
    store = WorkStore(tmp_path / "out")
    spec = write_csv(tmp_path / "a.csv", list(range(50)))
    read_catalogue(store, [spec], SETTINGS)
    if change == "content":
        write_csv(tmp_path / "a.csv", list(range(51)))
    settings = SourceSettings(century_pivot=40) if change == "settings" else SETTINGS
    again = read_catalogue(store, [spec], settings, limit=10 if change == "limit" else None)
    assert len(readings) == 2
    assert again.rows_in == {"content": 51, "settings": 50, "limit": 10}[change]


@pytest.mark.parametrize("harm", ["removed", "altered"])
def test_a_damaged_partition_is_rebuilt(
    tmp_path: Path, readings: list[str], harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = WorkStore(tmp_path / "out")
    spec = write_csv(tmp_path / "a.csv", list(range(600)))
    first = read_catalogue(store, [spec], SETTINGS)
    victim = tmp_path / "out" / first.partitions[1].path
    if harm == "removed":
        victim.unlink()
    else:
        victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    again = read_catalogue(store, [spec], SETTINGS)
    assert len(readings) == 2
    assert "computed again" in caplog.text
    assert [ref.sha256 for ref in again.partitions] == [ref.sha256 for ref in first.partitions]
    assert store.read(again.partitions, verify=True).num_rows == 600


def test_rows_in_are_rows_out_and_rejects_of_each_source(tmp_path: Path) -> None:
    store = WorkStore(tmp_path / "out")
    (tmp_path / "many").mkdir()
    specs = [
        write_csv(tmp_path / "a.csv", list(range(250)), broken=4),
        write_csv(tmp_path / "b.csv", list(range(100, 420)), broken=1),
        f"files:{tmp_path / 'many'}",
    ]
    write_csv(tmp_path / "many" / "c.csv", [1, 2, 3])
    write_csv(tmp_path / "many" / "d.csv", [3, 4], broken=2)
    catalogue = read_catalogue(store, specs, SETTINGS)
    movies, rejects = store.read(catalogue.partitions), store.read(catalogue.rejects)
    assert (movies.schema, rejects.schema) == (MOVIES, REJECTS)
    assert catalogue.rows_in == movies.num_rows + rejects.num_rows == 254 + 321 + 7
    assert [source["name"] for source in catalogue.sources] == ["a.csv", "b.csv", "many"]
    assert [source["rows"] for source in catalogue.sources] == [254, 321, 7]
    places = pa.concat_tables([table.select(["source", "row"]) for table in (movies, rejects)])
    found = sorted((row["source"], row["row"]) for row in places.to_pylist())
    expected = {"a.csv": 254, "b.csv": 321, "c.csv": 3, "d.csv": 4}
    assert found == [(name, row) for name, n in expected.items() for row in range(1, n + 1)]


def test_cleaned_partitions_do_not_depend_on_the_order_of_rows_or_sources(tmp_path: Path) -> None:
    ids = list(range(500))
    texts = [
        f"{i % 400},Film {i % 400},1999,{'Longer ' * (i % 7)}story of number {i}." for i in ids
    ]
    cleaned = []
    for turn in range(3):
        folder = tmp_path / str(turn)
        folder.mkdir()
        random.Random(turn).shuffle(texts)
        (folder / "a.csv").write_text(HEADER + "\n".join(texts), encoding="utf-8")
        specs = [
            f"files:{folder / 'a.csv'}",
            write_csv(folder / "b.csv", list(range(900, 1_000))),
        ]
        store = WorkStore(folder / "out")
        catalogue = read_catalogue(store, specs[::-1] if turn == 2 else specs, SETTINGS)
        cleaned_parts = [clean(store.read(ref), CleanSettings()) for ref in catalogue.partitions]
        assert sum(len(part["movies"]) + len(part["rejects"]) for part in cleaned_parts) == 600
        # the number of a row is its position in the file
        cleaned.append([part["movies"].drop_columns(["row"]) for part in cleaned_parts])
    assert sum(map(len, cleaned[0])) == 500
    for other in cleaned[1:]:
        assert all(a.equals(b) for a, b in zip(cleaned[0], other, strict=True))


def test_partitions_do_not_depend_on_the_chunk_size(tmp_path: Path) -> None:
    spec = write_csv(tmp_path / "a.csv", list(range(600)), broken=1)
    hashes = []
    for rows in (7, 100_000):
        store = WorkStore(tmp_path / str(rows))
        catalogue = read_catalogue(store, [spec], SourceSettings(chunk_rows=rows))
        hashes.append([ref.sha256 for ref in (*catalogue.partitions, catalogue.rejects)])
    assert hashes[0] == hashes[1]


def test_nothing_is_read_if_sources_have_the_same_name(tmp_path: Path, readings: list[str]) -> None:
    spec = write_csv(tmp_path / "a.csv", [1])
    with pytest.raises(SourceError, match="2 times"):
        read_catalogue(WorkStore(tmp_path / "out"), [spec, spec], SETTINGS)
    assert not readings
    assert not committed(tmp_path / "out")


def test_a_larger_limit_adds_films_and_all_rows_of_a_film_stay(tmp_path: Path) -> None:
    ids = [*range(300), *range(300)]
    spec = write_csv(tmp_path / "a.csv", ids, broken=2)
    samples = {}
    for limit in (0, 20, 80, 1_000):
        store = WorkStore(tmp_path / str(limit))
        catalogue = read_catalogue(store, [spec], SETTINGS, limit=limit)
        movies = store.read(catalogue.partitions)
        samples[limit] = set(movies.column("movie_id").to_pylist())
        assert len(movies) == 2 * len(samples[limit]) == 2 * min(limit, 300)
        assert catalogue.rows_in == len(movies) + 2
    assert samples[20] < samples[80] < samples[1_000]


def test_a_source_that_fails_midway_commits_nothing(tmp_path: Path, readings: list[str]) -> None:
    good = write_csv(tmp_path / "a.csv", list(range(300)))
    table = pa.table(
        {
            "movie_id": [str(i) for i in range(5_000)],
            "title": [f"Film {i}" for i in range(5_000)],
            "overview": [f"A film about the number {i} and its friends." for i in range(5_000)],
        }
    )
    torn = tmp_path / "b.parquet"
    pq.write_table(table, torn, row_group_size=1_000, compression="zstd")
    data = bytearray(torn.read_bytes())
    last = pq.ParquetFile(torn).metadata.row_group(4).column(2)
    start = last.dictionary_page_offset or last.data_page_offset
    data[start : start + last.total_compressed_size] = bytes(last.total_compressed_size)
    torn.write_bytes(data)
    seen: list[int] = []
    with pytest.raises(SourceError, match=r"b\.parquet"):
        seen.extend(chunk.rows_in for chunk in FilesSource(torn, SETTINGS).read())
    assert seen  # the failure is not at the beginning
    readings.clear()
    store = WorkStore(tmp_path / "out")
    with pytest.raises(SourceError, match=r"b\.parquet"):
        read_catalogue(store, [good, f"files:{torn}"], SETTINGS)
    assert readings == ["a.csv", "b.parquet"]
    assert not committed(tmp_path / "out")
    assert read_catalogue(store, [good], SETTINGS).rows_in == 300


def test_a_source_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv"):
        read_catalogue(WorkStore(tmp_path / "out"), [write_csv(tmp_path / "a.csv", [])], SETTINGS)
    assert not committed(tmp_path / "out")
