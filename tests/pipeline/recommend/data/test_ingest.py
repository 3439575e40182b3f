"""Ratings to partitions: nothing lost, the last rating counts; and ratings made in that shape."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SettingsError, SourceError
from pipeline.recommend.data import ingest
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.sources.movielens.source import MovieLens
from tests.pipeline.sources.movielens.test_source import HEAD, folder_of

SIZE = Size(ratings=20_000, films=600, tag_films=80, tags=40)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("generated")
    generate(place, SIZE, seed=7)
    return place


def test_partitions_hold_every_rating_once_by_user(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PARTITION_BYTES", 100_000)
    seen: list[int] = []
    prepared = prepare(made, tmp_path, seen.append)
    assert seen[-1] == prepared.manifest["kept"] == SIZE.ratings
    assert len(prepared.partitions) > 3
    users = [set(table.column("user_id").to_pylist()) for table in prepared.ratings()]
    assert sum(map(len, users)) == len(set.union(*users))
    whole = prepared.whole()
    (source,) = [c.good for c in MovieLens(made).ratings()]
    keys = [("user_id", "ascending"), ("film_id", "ascending")]
    assert whole.sort_by(keys).to_pydict() == source.drop(["row"]).sort_by(keys).to_pydict()
    for table in prepared.ratings():
        user, time = (table.column(c).to_numpy() for c in ("user_id", "timestamp"))
        assert (np.lexsort((time, user)) == np.arange(len(user))).all()


def test_it_is_prepared_once_and_whole(made: Path, tmp_path: Path) -> None:
    left = tmp_path / ".ratings-killed"
    first = prepare(made, tmp_path)
    stamp = (first.folder / "manifest.json").stat().st_mtime_ns
    left = tmp_path / f".{first.folder.name}-0123"
    left.mkdir()
    assert prepare(made, tmp_path) == first
    assert (first.folder / "manifest.json").stat().st_mtime_ns == stamp
    assert not list(first.folder.glob(".raw*"))


def test_a_film_rated_again_counts_once_and_all_rows_reconcile(tmp_path: Path) -> None:
    rows = ["1,1,4.0,200", "1,1,2.0,100", "1,2,3.0,100", "2,1,1.0,100", "2,1,5.0,100", "x,1,1,1"]
    place = tmp_path / "in"
    place.mkdir()
    prepared = prepare(folder_of(place, HEAD + "\n".join(rows) + "\n"), tmp_path / "out")
    told = prepared.manifest
    assert (told["rows_in"], told["kept"], told["rejected"]) == (6, 3, 3)
    assert told["rejects"] == {"rated_again": 2, "wrong_type": 1}
    kept = {(r["user_id"], r["film_id"]): r["rating"] for r in prepared.whole().to_pylist()}
    assert kept == {(1, 1): 4.0, (1, 2): 3.0, (2, 1): 5.0}
    again = [r["row"] for r in prepared.rejects().to_pylist() if r["reason"] == "rated_again"]
    assert again == [2, 4]


def test_no_rating_at_all_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    with pytest.raises(SourceError, match="none of its 1 rows is a rating"):
        prepare(folder_of(place, HEAD + "1,1,77,5\n"), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_what_is_made_has_the_shape_of_movielens(made: Path) -> None:
    (chunk,) = MovieLens(made).ratings()
    assert chunk.good.num_rows == SIZE.ratings and chunk.rejects.num_rows == 0
    user, film, rating = (chunk.good.column(c).to_numpy() for c in ("user_id", "film_id", "rating"))
    assert len(set(zip(user.tolist(), film.tolist(), strict=True))) == len(user)
    assert set(np.unique(rating * 2)) == set(range(1, 11))
    assert 3.2 < rating.mean() < 3.8
    for ids in (user, film):  # few have much: a tenth holds far more than a tenth
        count = np.sort(np.unique(ids, return_counts=True)[1])[::-1]
        assert count[: len(count) // 10].sum() > 0.3 * len(ids)
    years = {f["film_id"]: f["year"] for f in MovieLens(made).films()[0].to_pylist()}
    when = 1970 + chunk.good.column("timestamp").to_numpy() // 31_556_952
    assert all(years[f] <= w for f, w in zip(film.tolist(), when.tolist(), strict=True))
    scores = sum(table.num_rows for table in MovieLens(made).genome())
    assert scores == SIZE.tag_films * SIZE.tags


def test_the_same_seed_makes_the_same_bytes(made: Path, tmp_path: Path) -> None:
    generate(tmp_path, SIZE, seed=7)
    for path in made.iterdir():
        ours, theirs = ((f / path.name).read_bytes() for f in (tmp_path, made))
        assert hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest(), path.name
    with pytest.raises(FileExistsError):
        generate(tmp_path, SIZE, seed=7)
    with pytest.raises(SettingsError, match="at least 1,000"):
        Size.of(10)


def test_the_real_latest_small_is_prepared_whole(test_data: Path, tmp_path: Path) -> None:
    place = test_data / "ml-latest-small"
    if not place.is_dir():
        pytest.skip("ml-latest-small is not there")
    prepared = prepare(place, tmp_path)
    assert sum(pq.read_metadata(path).num_rows for path in prepared.partitions) == 100_836
