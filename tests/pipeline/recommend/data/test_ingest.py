"""Ratings to partitions: no row is lost, the last rating counts; and synthetic ratings."""

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
from tests.pipeline.sources.movielens.test_source import HEAD, write_folder

SIZE = Size(ratings=20_000, films=600, tag_films=80, tags=40)


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    generate(folder, SIZE, seed=7)
    return folder


def test_partitions_contain_every_rating_once(
    synthetic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "PARTITION_BYTES", 100_000)
    prepared = prepare(synthetic, tmp_path)
    assert prepared.manifest.rows_in == prepared.manifest.kept == SIZE.ratings
    assert len(prepared.partitions) > 3
    users = [set(table.column("user_id").to_pylist()) for table in prepared.ratings()]
    assert sum(map(len, users)) == len(set.union(*users))
    whole = prepared.whole()
    (source,) = [c.good for c in MovieLens(synthetic).ratings()]
    keys = [("user_id", "ascending"), ("film_id", "ascending")]
    assert whole.sort_by(keys).to_pydict() == source.drop(["row"]).sort_by(keys).to_pydict()
    for table in prepared.ratings():
        user, time = (table.column(c).to_numpy() for c in ("user_id", "timestamp"))
        assert (np.lexsort((time, user)) == np.arange(len(user))).all()


def test_prepared_ratings_are_reused(synthetic: Path, tmp_path: Path) -> None:
    first = prepare(synthetic, tmp_path)
    stamp = (first.folder / "manifest.json").stat().st_mtime_ns
    abandoned = tmp_path / f".{first.folder.name}-0123"
    abandoned.mkdir()
    assert prepare(synthetic, tmp_path) == first
    assert (first.folder / "manifest.json").stat().st_mtime_ns == stamp
    assert not list(first.folder.glob(".raw*"))


def test_repeated_ratings_are_rejected_and_all_rows_are_counted(tmp_path: Path) -> None:
    rows = ["1,1,4.0,200", "1,1,2.0,100", "1,2,3.0,100", "2,1,1.0,100", "2,1,5.0,100", "x,1,1,1"]
    place = tmp_path / "in"
    place.mkdir()
    prepared = prepare(write_folder(place, HEAD + "\n".join(rows) + "\n"), tmp_path / "out")
    manifest = prepared.manifest
    assert (manifest.rows_in, manifest.kept, manifest.rejected) == (6, 3, 3)
    assert manifest.rejects == {"rated_again": 2, "wrong_type": 1}
    stars = {(r["user_id"], r["film_id"]): r["rating"] for r in prepared.whole().to_pylist()}
    assert stars == {(1, 1): 4.0, (1, 2): 3.0, (2, 1): 5.0}
    repeated = [r["row"] for r in prepared.rejects().to_pylist() if r["reason"] == "rated_again"]
    assert repeated == [2, 4]


def test_a_file_without_a_valid_rating_is_an_error_and_leaves_no_files(tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    with pytest.raises(SourceError, match="none of its 1 rows is a rating"):
        prepare(write_folder(place, HEAD + "1,1,777,5\n"), tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_synthetic_ratings_resemble_movielens(synthetic: Path) -> None:
    (chunk,) = MovieLens(synthetic).ratings()
    assert chunk.good.num_rows == SIZE.ratings and chunk.rejects.num_rows == 0
    user, film, rating = (chunk.good.column(c).to_numpy() for c in ("user_id", "film_id", "rating"))
    assert len(set(zip(user.tolist(), film.tolist(), strict=True))) == len(user)
    assert set(np.unique(rating * 2)) == set(range(1, 11))
    assert 3.2 < rating.mean() < 3.8
    for ids in (user, film):  # power law: the top tenth has far more than a tenth
        count = np.sort(np.unique(ids, return_counts=True)[1])[::-1]
        assert count[: len(count) // 10].sum() > 0.3 * len(ids)
    years = {f["film_id"]: f["year"] for f in MovieLens(synthetic).films()[0].to_pylist()}
    when = 1970 + chunk.good.column("timestamp").to_numpy() // 31_556_952
    assert all(years[f] <= w for f, w in zip(film.tolist(), when.tolist(), strict=True))
    scores = sum(table.num_rows for table in MovieLens(synthetic).genome())
    assert scores == SIZE.tag_films * SIZE.tags


def test_the_same_seed_gives_the_same_bytes(synthetic: Path, tmp_path: Path) -> None:
    generate(tmp_path, SIZE, seed=7)
    for path in synthetic.iterdir():
        ours, theirs = ((f / path.name).read_bytes() for f in (tmp_path, synthetic))
        assert hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest(), path.name
    with pytest.raises(FileExistsError):
        generate(tmp_path, SIZE, seed=7)
    with pytest.raises(SettingsError, match="at least 1,000"):
        Size.of(10)


def test_every_rating_of_ml_latest_small_is_prepared(test_data: Path, tmp_path: Path) -> None:
    place = test_data / "ml-latest-small"
    if not place.is_dir():
        pytest.skip("ml-latest-small is not installed")
    prepared = prepare(place, tmp_path)
    assert sum(pq.read_metadata(path).num_rows for path in prepared.partitions) == 100_836
