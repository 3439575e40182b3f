from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.ingest.spool import CatalogueFile, RowSpool, hash_texts
from pipeline.schemas.mining import MOVIES
from pipeline.schemas.reading import ROW_KEYS
from tests.support.ingest_rows import PLOTS, spool_of, table_of


def test_no_text_has_the_hash_0_and_no_other() -> None:
    hashes = hash_texts(pa.array(["a", "", None, "b", "a"]))
    assert (hashes == 0).tolist() == [False, True, True, False, False]
    assert hashes[0] == hashes[4] != hashes[3]


@pytest.mark.parametrize(
    ("movie_id", "own", "imdb"),
    [
        ("603", True, 0),
        ("tt0133093", False, 133093),
        ("tt01330", True, 0),  # too short for an id of IMDb
        ("TT-7", True, 0),
        ("t-0123456789abcdef", False, 0),  # derived from title and year
        ("0", True, 0),
    ],
)
def test_kinds_of_ids_without_keys(tmp_path: Path, movie_id: str, own: bool, imdb: int) -> None:
    movies = pa.Table.from_pylist([{"movie_id": movie_id, "source": "a.csv", "row": 1}], MOVIES)
    spool = RowSpool(tmp_path, "films")
    spool.add("a.csv", 0, movies, ROW_KEYS.empty_table())
    values = spool.values()
    assert (bool(values.own[0]), int(values.imdb[0])) == (own, imdb)


def test_zeros_before_a_number_do_not_count(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, {"a.csv": [{"id": i, "title": "x"} for i in ("7", "007", "70")]})
    own = spool.values().own
    assert own[0] == own[1] != own[2]


def test_an_id_of_the_file_may_look_derived(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, {"a.csv": [{"id": "t-0123456789abcdef", "title": "x"}]})
    assert spool.values().own[0]


def test_rows_come_back_in_parts(tmp_path: Path) -> None:
    files = {
        name: [{"id": f"{name}{n}", "title": f"Film {n}", "overview": PLOTS[n]} for n in range(4)]
        for name in ("a.csv", "b.csv", "c.csv")
    }
    spool = spool_of(tmp_path, files)
    assert len(spool) == 12
    assert spool.files[1] == CatalogueFile(1, "b.csv", "b.csv")
    rows = np.asarray([1, 2, 9])
    parts = [(at.tolist(), t["movie_id"].to_pylist()) for at, t in spool.parts(rows, ["movie_id"])]
    assert parts == [([1, 2], ["a.csv1", "a.csv2"]), ([9], ["c.csv1"])]
    assert spool.take_ids(rows) == ["a.csv1", "a.csv2", "c.csv1"]
    titles = spool.titles(rows)
    assert titles[0] == titles[2] != titles[1]


def test_the_order_of_a_row_does_not_depend_on_where_it_stands(tmp_path: Path) -> None:
    rows = [{"id": str(n), "title": f"Film {n}", "overview": PLOTS[n] * 9} for n in range(4)]
    one = spool_of(tmp_path / "1", {"a.csv": rows, "b.csv": rows}).order()
    two = spool_of(tmp_path / "2", {"b.csv": rows[::-1], "a.csv": rows[::-1]}).order()
    assert len(set(one.tolist())) == 8
    assert one.tolist() == two[::-1].tolist()


def test_no_rows_are_no_part(tmp_path: Path) -> None:
    spool = RowSpool(tmp_path, "films")
    spool.add("a.csv", 0, *table_of("a.csv", []))
    assert (len(spool), spool.paths) == (0, [])
