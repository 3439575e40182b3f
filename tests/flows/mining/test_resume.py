"""Mining again in a folder with a release: micro-genres keep their ids."""

from __future__ import annotations

import csv
import random
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from pipeline.storage.verify import verify_release
from tests.support.mine_command import FILMS, Mined, answer, lines, run

# The first test waits for the shared run.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def again(server: str, mined: Mined, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """Mine again into a copy of the folder, with shuffled rows and one per cent of changed films.

    Three films are removed, and three have the overview and keywords of other films.
    """
    folder = tmp_path_factory.mktemp("again")
    header, *rows = list(csv.reader(lines()))
    random.Random(11).shuffle(rows)
    for row, source in zip(rows[3:6], rows[6:9], strict=True):
        for name in ("overview", "keywords"):
            row[header.index(name)] = source[header.index(name)]
    catalogue = folder / "films.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows[3:]])
    shutil.copytree(mined.out, folder / "out")
    return run([f"files:{catalogue}"], folder / "out", 2)


def test_nine_of_ten_micro_genres_keep_their_id(mined: Mined, again: Mined) -> None:
    manifest = verify_release(again.release.path)
    assert (manifest["kind"], manifest["parent"]) == ("mined", mined.release.id)
    assert (manifest["generation"], manifest["counts"]["released"]) == (1, FILMS - 3)
    before, now = (
        {
            row["micro_genre_id"]: row["micro_genre_name"]
            for row in m.release.micro_genres.to_pylist()
        }
        for m in (mined, again)
    )
    continued = before.keys() & now.keys()
    assert len(continued) >= 0.9 * len(before)
    lineage = pq.read_table(again.release.path / "lineage.parquet").to_pylist()
    events = {(row["previous_id"], row["micro_genre_id"]): row for row in lineage}
    assert len(events) == len(lineage)
    for name in continued:
        row = events[name, name]
        assert row["event"] == ("kept" if before[name] == now[name] else "renamed")
        assert row["share_of_previous"] >= 0.15
    ended = {row["previous_id"] for row in lineage if row["event"] in ("merged", "gone")}
    assert ended == before.keys() - now.keys()
    begun = {row["micro_genre_id"] for row in lineage if row["event"] in ("split", "born")}
    assert begun == now.keys() - before.keys()
    counted = again.release.report.lineage
    assert sum(counted.values()) == len(lineage)
    assert counted["kept"] + counted["renamed"] == len(continued)


def test_a_film_changes_its_id_only_with_its_micro_genre(mined: Mined, again: Mined) -> None:
    place: list[dict[str, str]] = []
    for m in (mined, again):
        genre = {r["cluster"]: r["micro_genre_id"] for r in m.release.micro_genres.to_pylist()}
        films = m.release.movies.select(["movie_id", "cluster"]).to_pylist()
        place.append({film["movie_id"]: genre[film["cluster"]] for film in films})
    both = place[0].keys() & place[1].keys()
    assert len(both) == FILMS - 3
    lineage = pq.read_table(again.release.path / "lineage.parquet").to_pylist()
    pairs = [(r["previous_id"], r["micro_genre_id"], r["shared_films"]) for r in lineage]
    for one, other, shared in pairs:
        if one and other:
            assert sum(place[0][i] == one and place[1][i] == other for i in both) == shared
    stayed = np.mean([place[0][film] == place[1][film] for film in both])
    assert stayed >= 0.85
    grown = answer("history", "--out", again.out)
    assert [release["kind"] for release in grown["releases"]] == ["mined", "mined"]
