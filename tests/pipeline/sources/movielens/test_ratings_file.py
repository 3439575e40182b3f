"""Ratings in the forms that people's files have: scales, times, ids, common names, rejects."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.ratings_file import RatingsFile

HEAD = "userId,movieId,rating,timestamp\n"
TIME = 964_982_703


def read(
    place: Path, text: str, name: str = "ratings.csv"
) -> tuple[pa.Table, list[dict[str, object]]]:
    """Write a file of ratings, and return its valid rows and its rejects."""
    (place / name).write_text(text, encoding="utf-8")
    chunks = list(RatingsFile(DataFile(place / name)).rows())
    good = pa.concat_tables([chunk.good for chunk in chunks])
    return good, [row for chunk in chunks for row in chunk.rejects.to_pylist()]


def stars(place: Path, *cells: str) -> list[float]:
    """Return the stars of ratings that are written as `cells`."""
    rows = [f'{user},1,"{cell}",{TIME}' for user, cell in enumerate(cells, 1)]
    good, rejects = read(place, HEAD + "\n".join(rows) + "\n")
    assert not rejects
    return [float(value) for value in good.column("rating").to_pylist()]


def test_bad_rows_are_rejected_with_file_row_and_reason(tmp_path: Path) -> None:
    rows = [
        "1,1,4.0,964982703",
        "1,2,4.0",
        "1,x,4.0,964982703",
        "2,1,9.0,964982703",
        "",
        "2,1,3.5,964982703,7",
        "3,1,3.5,-5",
        "3,2,nan,964982703",
        "4,2,0.5,964982704",
    ]
    good, rejects = read(tmp_path, HEAD + "\n".join(rows) + "\n")
    assert good.to_pylist() == [
        {"user_id": 1, "film_id": 1, "rating": 4.0, "timestamp": 964982703, "row": 1},
        {"user_id": 4, "film_id": 2, "rating": 0.5, "timestamp": 964982704, "row": 8},
    ]
    assert {r["row"]: r["reason"] for r in rejects} == {
        2: "malformed_row",
        3: "wrong_type",
        4: "rating_out_of_range",
        5: "malformed_row",
        6: "impossible_time",
        7: "rating_out_of_range",
    }
    assert {r["file"] for r in rejects} == {"ratings.csv"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("8", "10", "1", "7.5"), [4.0, 5.0, 0.5, 3.75]),
        (("80", "100", "1", "50"), [4.0, 5.0, 0.5, 2.5]),
        (("80%", "100 %", "30%"), [4.0, 5.0, 1.5]),
        (("8/10", "9/10"), [4.0, 4.5]),
        (("4,5", "3", "0.5"), [4.5, 3.0, 0.5]),
        (("★★★★½", "★"), [4.5, 1.0]),
        (("4 stars", "1 star"), [4.0, 1.0]),
        (("0.5", "3.5", "5"), [0.5, 3.5, 5.0]),
        (("0.8", "1", "0.05"), [4.0, 5.0, 0.5]),
        (("1", "0.5", "1"), [1.0, 0.5, 1.0]),
    ],
)
def test_scales_are_found_from_all_ratings(
    tmp_path: Path, cells: tuple[str, ...], expected: list[float]
) -> None:
    assert stars(tmp_path, *cells) == pytest.approx(expected)


def test_a_scale_and_missing_times_are_noted(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("uid,iid,score\n1,1,8\n1,2,10\n2,1,6\n")
    source = RatingsFile(DataFile(tmp_path / "r.csv"))
    assert "r.csv: ratings up to 10 are scaled to 5 stars" in source.notes
    assert any("has no times" in note for note in source.notes)
    (chunk,) = source.rows()
    times = chunk.good.column("timestamp").to_pylist()
    assert len(set(times)) == 3 and all(0 < time < 7 * 86_400 for time in times)


@pytest.mark.parametrize(
    ("cell", "second"),
    [
        ("964982703", TIME),
        ("964982703.0", TIME),
        ("964982703000", TIME),
        ("964982703000000", TIME),
        ("2000-07-30 18:45:03", TIME),
        ("2000-07-30T18:45:03Z", TIME),
        ("2000-07-30T20:45:03+02:00", TIME),
        ("2000-07-30 18:45:03.500", TIME),
        ("2000-07-30", TIME - TIME % 86_400),
        ("07/30/2000 6:45:03 PM", TIME),
        ("30.07.2000", TIME - TIME % 86_400),
        ("20000730", TIME - TIME % 86_400),
    ],
)
def test_times_of_any_form_are_seconds(tmp_path: Path, cell: str, second: int) -> None:
    good, rejects = read(tmp_path, f"{HEAD}1,1,4.0,{cell}\n")
    assert not rejects and good.column("timestamp").to_pylist() == [second]


@pytest.mark.parametrize(
    "header",
    [
        "user_id,movie_id,rating,timestamp",
        "user,item,score,unix_time",
        "UID,IID,Rating,Time",
        '"userId","movieId","rating","timestamp"',
        "user_id:token,item_id:token,rating:float,timestamp:float",
        "userID,itemID,stars,date",
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_common_names_and_separators(tmp_path: Path, header: str, separator: str) -> None:
    text = f"{header}\n7,9,4.5,{TIME}\n8,9,3.0,{TIME}\n".replace(",", separator)
    good, rejects = read(tmp_path, text)
    assert not rejects
    assert good.select(["user_id", "film_id", "rating"]).to_pydict() == {
        "user_id": [7, 8],
        "film_id": [9, 9],
        "rating": [4.5, 3.0],
    }


def test_a_row_without_a_time_does_not_change_the_others(tmp_path: Path) -> None:
    good, rejects = read(tmp_path, f"{HEAD}7,9,4.5,{TIME}\n8,9,3.0,\n")
    assert good.column("timestamp").to_pylist() == [TIME]
    assert [(r["row"], r["reason"]) for r in rejects] == [(2, "wrong_type")]


def test_a_stray_quote_hides_no_row(tmp_path: Path) -> None:
    rows = [f"{user},9,3.0,{TIME}" for user in range(1, 30)]
    rows[4] = f'"5,9,3.0,{TIME}'
    rows[9] = f'10,9,"4,5",{TIME}'
    good, rejects = read(tmp_path, HEAD + "\n".join(rows) + "\n")
    assert good.column("user_id").to_pylist() == list(range(1, 30)) and not rejects
    assert good.column("rating").to_pylist()[9] == 4.5


def test_ids_of_imdb_serve_as_ids(tmp_path: Path) -> None:
    good, _ = read(tmp_path, "user,tconst,rating\nanna,tt0114709,9\nben,tt0114709,7\n")
    assert len(set(good.column("film_id").to_pylist())) == 1
    assert good.column("rating").to_pylist() == [4.5, 3.5]


def test_row_names_and_a_comma_at_the_end(tmp_path: Path) -> None:
    good, _ = read(tmp_path, f'{HEAD}"1",7,9,4.5,{TIME}\n"2",8,9,3.0,{TIME}\n')
    assert good.column("user_id").to_pylist() == [7, 8]
    good, _ = read(tmp_path, f"{HEAD}7,9,4.5,{TIME},\n8,9,3.0,{TIME},\n")
    assert good.column("user_id").to_pylist() == [7, 8]
    good, _ = read(tmp_path, "\ufeff" + f"{HEAD}7,9,4.5,{TIME}\r\n8,9,3.0,{TIME}\r\n")
    assert good.column("user_id").to_pylist() == [7, 8]


def test_text_ids_of_users_are_stable_and_never_equal_numbers(tmp_path: Path) -> None:
    text = f"{HEAD}a1f,9,4.5,{TIME}\n42,9,3.0,{TIME}\nb77,9,3.0,{TIME}\na1f,8,1.0,{TIME}\n"
    users = read(tmp_path, text)[0].column("user_id").to_pylist()
    assert users[0] == users[3] and users[0] != users[2] and users[1] == 42
    assert users == read(tmp_path, text, "again.csv")[0].column("user_id").to_pylist()
    assert all(user >= 2**62 for user in (users[0], users[2]))


def test_a_parquet_file_of_other_names_is_read(tmp_path: Path) -> None:
    table = pa.table({"user": [1, 2], "item": [3, 3], "rating": [8, 10]})
    pq.write_table(table, tmp_path / "r.parquet")
    (chunk,) = RatingsFile(DataFile(tmp_path / "r.parquet")).rows()
    assert chunk.good.column("rating").to_pylist() == [4.0, 5.0]


def test_other_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"r\.csv: its columns are a, b; .* userId, movieId"):
        read(tmp_path, "a,b\n1,2\n", "r.csv")
    (tmp_path / "x.csv").write_bytes(bytes(100))
    with pytest.raises(SourceError, match=r"x\.csv: is no text"):
        RatingsFile(DataFile(tmp_path / "x.csv"))


CELL = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=True).map(str),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='\0\r\n"'), max_size=8),
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=8))
def test_every_row_is_kept_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    place = tmp_path_factory.mktemp("fuzz")
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    good, rejects = read(place, HEAD + "\n".join(lines) + "\n")
    assert good.num_rows + len(rejects) == len(rows)
    assert all(0.5 <= value <= 5 for value in good.column("rating").to_pylist())
