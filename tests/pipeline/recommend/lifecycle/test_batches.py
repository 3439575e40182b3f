"""Batches of ratings: ingested once, in order or late, and complete after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.recommend.lifecycle.batches import (
    ingest_by_week,
    list_batches,
    list_rating_files,
    read_ratings_file,
)
from pipeline.recommend.lifecycle.database import UpkeepDatabase
from pipeline.schemas.ratings import RATINGS

WEEK = 7 * 86_400
START = 1_461_542_400  # Monday 2016-04-25


def batch(*rows: tuple[int, int, float, int]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(c, t) for c, t in zip(columns, RATINGS.types, strict=True)], RATINGS)


def test_a_week_is_ingested_once_and_late_weeks_are_marked(
    database: UpkeepDatabase, tmp_path: Path
) -> None:
    two = batch((1, 5, 4.0, START + WEEK), (1, 6, 2.0, START + 2 * WEEK + 5))
    first = ingest_by_week(tmp_path, database, "two.csv", two, {"wrong_type": 3})
    assert [(r["week"], r["new"], r["late"]) for r in first] == [
        ("2016-05-02", True, False),
        ("2016-05-09", True, False),
    ]
    again = ingest_by_week(tmp_path, database, "again.csv", two, {"wrong_type": 3})
    assert [r["new"] for r in again] == [False, False]
    (late,) = ingest_by_week(tmp_path, database, "late.csv", batch((2, 5, 1.0, START)), {})
    assert late["late"] and late["new"]
    batches = list_batches(tmp_path, database)
    assert [row["week"] for row, _ in batches] == ["2016-04-25", "2016-05-02", "2016-05-09"]
    assert all(path.is_file() for _, path in batches)
    assert sum(row["rows_in"] for row, _ in batches) == 6
    assert [row["rejected"] for row, _ in batches] == [{}, {"wrong_type": 3}, {}]
    assert batches[0][0]["statistics"] == {
        "users": 1,
        "counts": [0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        "first_second": START,
        "last_second": START,
    }


@pytest.mark.parametrize(
    "moment", ["before the file is published", "before the row", "after the row"]
)
def test_a_batch_is_complete_after_a_kill(
    database: UpkeepDatabase, url: str, tmp_path: Path, moment: str
) -> None:
    file = tmp_path / "week.csv"
    lines = [f"{user},7,3.5,{START + user}" for user in range(1, 41)]
    file.write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    child = [sys.executable, "-m", "tests.support.killed_ingest"]
    child += [url, str(tmp_path), str(file), moment]
    killed = subprocess.run(child, check=False, timeout=120, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    ingest_by_week(tmp_path, database, "week.csv", *read_ratings_file(file))
    ((row, path),) = list_batches(tmp_path, database)
    assert row["kept"] == 40 and read_ratings_file(path)[0].num_rows == 40
    assert [p.name for p in (tmp_path / "batches").iterdir()] == [path.name]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    file.write_text("userId,movieId,rating,timestamp\n1,2,999,5\n")
    with pytest.raises(SourceError, match=r"week\.csv: none of its rows is a rating"):
        read_ratings_file(file)
    with pytest.raises(SourceError, match=r"absent\.csv"):
        read_ratings_file(tmp_path / "absent.csv")


def test_folders_give_their_files_of_ratings(tmp_path: Path) -> None:
    for name in ("b.csv", "a.parquet", "README"):
        (tmp_path / name).touch()
    files = list_rating_files([str(tmp_path / "README"), str(tmp_path)])
    assert [path.name for path in files] == ["README", "a.parquet", "b.csv"]
    with pytest.raises(SourceError, match="nowhere: there is no such file or folder"):
        list_rating_files([str(tmp_path / "nowhere")])
