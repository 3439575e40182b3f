from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.intake import Intake, take_in
from pipeline.settings import SourceSettings
from pipeline.store import Store

HEADER = "movie_id,title,year,overview\n"
SETTINGS = SourceSettings(chunk_rows=100)


def catalogue(path: Path, ids: list[int], broken: int = 0) -> str:
    rows = [f"{i},Film {i},1999,A film about the number {i} and its friends.\n" for i in ids]
    rows += ["too,few\n"] * broken
    path.write_text(HEADER + "".join(rows), encoding="utf-8")
    return f"files:{path}"


def ids_of(store: Store, intake: Intake) -> list[set[str]]:
    return [set(store.read(ref).column("movie_id").to_pylist()) for ref in intake.partitions]


def test_every_row_is_in_one_partition_or_rejected(tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    first = catalogue(tmp_path / "a.csv", list(range(900)), broken=3)
    second = catalogue(tmp_path / "b.csv", list(range(800, 1_200)))
    intake = take_in(store, [first, second], SETTINGS)
    assert intake.rows_in == 1_303
    assert store.read(intake.rejects).num_rows == 3
    assert sum(ref.rows or 0 for ref in intake.partitions) == 1_300
    parts = ids_of(store, intake)
    assert len(parts) > 1
    assert sum(map(len, parts)) == 1_200  # a film's rows meet in one partition


def test_partitions_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    ids = list(range(700))
    one = take_in(Store(tmp_path / "1"), [catalogue(tmp_path / "a.csv", ids)], SETTINGS)
    before = ids_of(Store(tmp_path / "1"), one)
    random.Random(1).shuffle(ids)
    two = take_in(Store(tmp_path / "2"), [catalogue(tmp_path / "b.csv", ids)], SETTINGS)
    assert ids_of(Store(tmp_path / "2"), two) == before


def test_a_resumed_intake_writes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    source = catalogue(tmp_path / "a.csv", list(range(300)))
    first = take_in(store, [source], SETTINGS)
    files = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert take_in(store, [source], SETTINGS) == first
    assert files == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*") if p.is_file()}


def test_the_limit_is_a_sample_that_does_not_depend_on_order(tmp_path: Path) -> None:
    ids = list(range(500))
    one = take_in(Store(tmp_path / "1"), [catalogue(tmp_path / "a.csv", ids)], SETTINGS, limit=60)
    ids.reverse()
    two = take_in(Store(tmp_path / "2"), [catalogue(tmp_path / "b.csv", ids)], SETTINGS, limit=60)
    kept = set().union(*ids_of(Store(tmp_path / "1"), one))
    assert len(kept) == 60 == one.rows_in
    assert kept == set().union(*ids_of(Store(tmp_path / "2"), two))


def test_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    specs = [catalogue(tmp_path / "a.csv", [1]), catalogue(tmp_path / "x" / "a.csv", [2])]
    with pytest.raises(SourceError, match=r"a\.csv"):
        take_in(Store(tmp_path / "out"), specs, SETTINGS)


def test_a_bad_source_commits_nothing(tmp_path: Path) -> None:
    good = catalogue(tmp_path / "a.csv", [1, 2])
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not a table")
    with pytest.raises(SourceError, match=r"bad\.parquet"):
        take_in(Store(tmp_path / "out"), [good, f"files:{tmp_path / 'bad.parquet'}"], SETTINGS)
    assert not [p for p in (tmp_path / "out" / "work").rglob("*") if p.is_file()]
