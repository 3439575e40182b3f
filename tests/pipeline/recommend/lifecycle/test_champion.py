"""A recommender's life: learnt, watched, learnt anew, rolled back, asked; and a kill in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pipeline.errors import ModelError
from pipeline.recommend.data.ingest import Prepared, prepare
from pipeline.recommend.data.synthetic import generate
from pipeline.recommend.data.temporal_split import between, borders, weeks
from pipeline.recommend.lifecycle.batches import ingest
from pipeline.recommend.lifecycle.champion import Keeper
from pipeline.recommend.lifecycle.database import Record, record_url
from pipeline.recommend.lifecycle.monitor import monitor
from pipeline.recommend.serving.recommender import Recommending, Wish
from pipeline.schemas.ratings import RATINGS
from pipeline.settings import UpkeepSettings
from tests.support.ratings import SEED, SETTINGS, SIZE, with_micro_genres

UPKEEP = UpkeepSettings(min_rows=300, new_share=5.0)

_CHILD = [sys.executable, "-m", "tests.support.killed_upkeep"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    place = tmp_path_factory.mktemp("made")
    generate(place / "movielens", SIZE, seed=SEED)
    return prepare(place / "movielens", place / "ratings" / "data")


@pytest.fixture
def kept(prepared: Prepared, tmp_path: Path) -> Iterator[Keeper]:
    """A keeper whose first version, of biases, is served; the data are shared by a link."""
    (tmp_path / "data").symlink_to(prepared.folder.parent)
    record = Record(record_url(tmp_path))
    made = Keeper(tmp_path, record, SETTINGS, UPKEEP, SEED)
    made.first(prepared, films_of(prepared), "bias")
    yield made
    record.close()


def films_of(prepared: Prepared):  # type: ignore[no-untyped-def]
    from pipeline.recommend.data.films import films_of as joined

    return with_micro_genres(joined(prepared.films(), None))


def buffered(kept: Keeper, prepared: Prepared) -> pa.Table:
    whole = prepared.whole()
    return between(
        whole, borders([whole.column("timestamp").to_numpy()], kept.settings).buffer, None
    )


def lower(ratings: pa.Table) -> pa.Table:
    """The same ratings, most of them a star lower."""
    stars = np.maximum(ratings.column("rating").to_numpy() - 1.0, 0.5).astype(np.float32)
    return ratings.set_column(2, RATINGS.field("rating"), pa.array(stars))


def test_the_first_version_is_measured_and_served(kept: Keeper, prepared: Prepared) -> None:
    champion = kept.record.champion()
    assert champion is not None and champion["model"] == "bias"
    assert 0.5 < champion["figures"]["rmse"] < 1.2 and champion["figures"]["users"] > 20
    again = kept.first(prepared, films_of(prepared), "bias")
    assert again["version"] == champion["version"]
    assert [d["kind"] for d in kept.record.rows("decisions")] == ["promote"]


def test_weeks_like_before_raise_nothing_and_lower_stars_do(
    kept: Keeper, prepared: Prepared
) -> None:
    later = buffered(kept, prepared)
    halves = between(later, None, _middle(later)), between(later, _middle(later), None)
    ingest(kept.folder, kept.record, "usual", halves[0], {})
    usual = monitor(kept)
    assert usual and not [f for f in usual if "ks" in f["alerts"] and f["ks"] < 0.05]
    before = len(kept.record.rows("metrics"))
    monitor(kept)
    assert len(kept.record.rows("metrics")) == before, "a batch is judged once"
    assert kept.record.rows("decisions")[-1]["kind"] == "wait"
    ingest(kept.folder, kept.record, "lower", lower(halves[1]), {})
    found = monitor(kept)
    assert found and {"ks", "mean_change"} <= set(found[-1]["alerts"])
    assert kept.record.rows("alerts")[-1]["value"] > kept.record.rows("alerts")[-1]["threshold"]
    told = kept.retrain()
    assert told["due"] and "alerts since the promotion" in told["why"]
    row = kept.record.rows("versions", version=told["version"])[0]
    assert row["status"] == ("champion" if told["promoted"] else "refused")
    evidence = kept.record.rows("decisions")[-1]["evidence"]
    assert set(evidence) == {"ndcg", "rmse", "mae"}


def _middle(ratings: pa.Table) -> int:
    start = weeks(ratings)
    return start[len(start) // 2][0]


def test_nothing_due_is_written_down(kept: Keeper) -> None:
    told = kept.retrain()
    assert not told["due"] and kept.record.rows("decisions")[-1]["kind"] == "nothing to do"
    with pytest.raises(ModelError, match="nothing to go back to"):
        kept.rollback()
    assert kept.retrain(force=True)["due"] is False, "there is nothing new to learn from"


def test_another_version_is_served_and_rolled_back_while_requests_go_on(
    kept: Keeper, prepared: Prepared
) -> None:
    asking = Recommending(kept.folder, record_url(kept.folder))
    old = asking.current
    kept.first(prepared, films_of(prepared), "item-knn")
    assert asking.current is old and asking.reload() and asking.current.model.name == "item-knn"
    assert old.recommend(old.profile_of([]), Wish(top_k=3))  # a request under way ends with it
    assert kept.rollback() == old.version
    assert asking.reload() and asking.current.version == old.version
    assert not asking.reload()


def test_lists_keep_to_the_wish_and_give_reasons(kept: Keeper, prepared: Prepared) -> None:
    asking = Recommending(kept.folder, record_url(kept.folder))
    served = asking.current
    user = int(prepared.whole().column("user_id")[0].as_py())
    own = served.profile_of(asking.rated_by(user))
    seen = {int(served.films.ids[row]) for row in own.indices}
    found = served.recommend(own, Wish(top_k=20, clusters=(1, 2), year_from=1980, year_to=2010))
    assert 0 < len(found) <= 20
    for film in found:
        assert film["cluster"] in (1, 2) and 1980 <= film["year"] <= 2010
        assert film["film_id"] not in seen
        assert 0.5 <= film["expected_rating"] <= 5 and film["reason"]["text"]
    assert [f["score"] for f in found] == sorted((f["score"] for f in found), reverse=True)
    everything = served.recommend(own, Wish(top_k=len(served.films), seen=True))
    assert {film["film_id"] for film in everything} == set(served.films.ids.tolist())
    assert asking.rated_by(10**9) == []
    assert served.recommend(own, Wish(year_from=2200)) == []


@pytest.mark.parametrize("when", ["before it is kept", "before the row", "before the promotion"])
def test_a_kill_while_learning_loses_and_doubles_nothing(
    prepared: Prepared, tmp_path: Path, when: str
) -> None:
    (tmp_path / "data").symlink_to(prepared.folder.parent)
    child = [*_CHILD, str(tmp_path), str(prepared.folder), "learn", when]
    killed = subprocess.run(child, check=False, timeout=200, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    record = Record(record_url(tmp_path))
    Keeper(tmp_path, record, SETTINGS, UPKEEP, SEED).first(prepared, films_of(prepared), "bias")
    (row,) = record.rows("versions")
    assert row["status"] == "champion"
    assert [d["kind"] for d in record.rows("decisions")] == ["promote"]
    assert os.listdir(tmp_path / "versions") == [row["version"]]
    record.close()


@pytest.mark.parametrize("when", ["within the judgement", "after learning", "before the promotion"])
def test_a_kill_of_the_upkeep_ends_as_if_there_had_been_none(
    prepared: Prepared, tmp_path: Path, when: str
) -> None:
    told = {}
    for name, moment in (("killed", when), ("whole", "never")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "data").symlink_to(prepared.folder.parent)
        child = [*_CHILD, str(folder), str(prepared.folder), "watch"]
        if moment != "never":
            killed = subprocess.run([*child, moment], check=False, timeout=200, capture_output=True)
            assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        subprocess.run([*child, "never"], check=True, timeout=200, capture_output=True)
        record = Record(record_url(folder))
        judged = [row["figures"]["batches"] for row in record.rows("metrics")]
        versions = {row["version"]: row["status"] for row in record.rows("versions")}
        alerts = [(row["kind"], row["value"]) for row in record.rows("alerts")]
        told[name] = judged, versions, alerts
        assert sorted(os.listdir(folder / "versions")) == sorted(versions)
        record.close()
    judged, versions, alerts = told["killed"]
    assert told["killed"] == told["whole"]
    assert judged and alerts and len({str(batches) for batches in judged}) == len(judged)
    assert sorted(versions.values()) in (["champion", "retired"], ["champion", "refused"])
