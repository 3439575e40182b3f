"""The record on SQLite and on PostgreSQL, and batches that survive a kill at any moment."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from flows.services.prefect_server import free_port
from pipeline.errors import ModelError, SettingsError, SourceError, StoreError
from pipeline.recommend.lifecycle.batches import ingest, ingested, ratings_file
from pipeline.recommend.lifecycle.database import TABLES, Record, record_url
from pipeline.schemas.ratings import RATINGS
from tests.support.postgresql import postgres, programs

WEEK = 7 * 86_400
START = 1_461_542_400  # Monday 2016-04-25


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield record_url(tmp_path_factory.mktemp("record"))
        return
    folder = programs()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: CI must have it")
        pytest.skip("PostgreSQL is not installed")
    port = free_port()
    password = secrets.token_hex(8)
    with postgres(folder, port, "upkeep", password):
        yield f"postgresql://upkeep:{password}@127.0.0.1:{port}/upkeep"


@pytest.fixture
def record(url: str) -> Iterator[Record]:
    made = Record(url)
    with made.transaction() as connection:
        for name in ("alerts", "metrics", "decisions", "ingestions", "versions"):
            connection.execute(TABLES[name].delete())
    yield made
    made.close()


def batch(*rows: tuple[int, int, float, int]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(c, t) for c, t in zip(columns, RATINGS.types, strict=True)], RATINGS)


def version(record: Record, name: str) -> None:
    assert record.add_once(
        "versions", version=name, model="bias", status="challenger", learnt_before=1, figures={}
    )


def test_tables_are_as_the_migrations_make_them(record: Record) -> None:
    found = sa.inspect(record.engine)
    for name, table in TABLES.items():
        columns = {column["name"] for column in found.get_columns(name)}
        assert columns == {column.name for column in table.columns}, name


def test_a_version_is_promoted_and_rolled_back_with_its_decisions(record: Record) -> None:
    assert record.champion() is None
    for name in ("a", "b"):
        version(record, name)
    assert not record.add_once(
        "versions", version="a", model="bias", status="challenger", learnt_before=1, figures={}
    )
    record.promote("a", "first")
    record.promote("b", "better", evidence={"ahead": 0.1})
    champion = record.champion()
    assert champion is not None and champion["version"] == "b"
    record.promote("a", "asked for", kind="roll back")
    statuses = {row["version"]: row["status"] for row in record.rows("versions")}
    assert statuses == {"a": "champion", "b": "retired"}
    told = [(row["kind"], row["version"]) for row in record.rows("decisions")]
    assert told == [("promote", "a"), ("promote", "b"), ("roll back", "a")]
    with pytest.raises(ModelError, match="no version 'c'"):
        record.promote("c", "?")
    assert len(record.rows("decisions")) == 3


def test_a_batch_is_ingested_once_by_week_and_late_ones_are_told(
    record: Record, tmp_path: Path
) -> None:
    two = batch((1, 5, 4.0, START + WEEK), (1, 6, 2.0, START + 2 * WEEK + 5))
    told = ingest(tmp_path, record, "two.csv", two, {"wrong_type": 3})
    assert [(t["week"], t["new"], t["late"]) for t in told] == [
        ("2016-05-02", True, False),
        ("2016-05-09", True, False),
    ]
    again = ingest(tmp_path, record, "again.csv", two, {"wrong_type": 3})
    assert [t["new"] for t in again] == [False, False]
    (late,) = ingest(tmp_path, record, "late.csv", batch((2, 5, 1.0, START)), {})
    assert late["late"] and late["new"]
    rows = ingested(tmp_path, record)
    assert [row["week"] for row, _ in rows] == ["2016-04-25", "2016-05-02", "2016-05-09"]
    assert all(path.is_file() for _, path in rows)
    assert sum(row["rows_in"] for row, _ in rows) == 6
    assert [row["rejected"] for row, _ in rows] == [{}, {"wrong_type": 3}, {}]


@pytest.mark.parametrize("when", ["before the file", "before the row", "after the row"])
def test_a_kill_loses_and_doubles_nothing(
    record: Record, url: str, tmp_path: Path, when: str
) -> None:
    file = tmp_path / "week.csv"
    lines = [f"{user},7,3.5,{START + user}" for user in range(1, 41)]
    file.write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    child = [sys.executable, "-c", _CHILD, url, str(tmp_path), str(file), when]
    killed = subprocess.run(child, check=False, timeout=120, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    ingest(tmp_path, record, "week.csv", *ratings_file(file))
    ((row, path),) = ingested(tmp_path, record)
    assert row["kept"] == 40 and ratings_file(path)[0].num_rows == 40
    left = [p.name for p in (tmp_path / "batches").iterdir()]
    assert left == [path.name]


_CHILD = """
import os, signal, sys
from pathlib import Path
from pipeline.recommend import batches
from pipeline.recommend.lifecycle.database import Record
url, folder, file, when = sys.argv[1:]
record = Record(url)
def kill(): os.kill(os.getpid(), signal.SIGKILL)
write, add = batches.write_table, record.add_once
def written(path, table):
    told = write(path, table)
    if when == "before the file": kill()
    return told
def added(name, /, **values):
    if when == "before the row": kill()
    told = add(name, **values)
    if when == "after the row": kill()
    return told
batches.write_table, record.add_once = written, added
ratings, rejected = batches.ratings_file(Path(file))
batches.ingest(Path(folder), record, "week.csv", ratings, rejected)
"""


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    file.write_text("userId,movieId,rating,timestamp\n1,2,99,5\n")
    with pytest.raises(SourceError, match=r"week\.csv: none of its rows is a rating"):
        ratings_file(file)
    with pytest.raises(SourceError, match=r"absent\.csv"):
        ratings_file(tmp_path / "absent.csv")
    with pytest.raises(SettingsError, match=r"upkeep\.database"):
        Record("nonsense")
    with pytest.raises(StoreError, match="does not answer"):
        Record(f"sqlite:///{tmp_path}/no/such/folder/upkeep.db")
