"""The lifecycle of a recommender: train, monitor, retrain, roll back, serve; and after a kill."""

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
from pipeline.recommend.data.films import Films, link_films
from pipeline.recommend.data.ingest import PreparedRatings, prepare
from pipeline.recommend.data.synthetic import generate
from pipeline.recommend.data.temporal_split import find_boundaries, select_between, split_by_week
from pipeline.recommend.lifecycle.batches import ingest_by_week
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from pipeline.recommend.lifecycle.monitor import monitor
from pipeline.recommend.serving.recommender import ListQuery, RecommenderService
from pipeline.schemas.ratings import RATINGS
from pipeline.settings import UpkeepSettings
from tests.support.ratings import SEED, SETTINGS, SIZE, add_micro_genres

UPKEEP = UpkeepSettings(min_rows=300, new_share=5.0)

_CHILD = [sys.executable, "-m", "tests.support.killed_upkeep"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> PreparedRatings:
    place = tmp_path_factory.mktemp("synthetic")
    generate(place / "movielens", SIZE, seed=SEED)
    return prepare(place / "movielens", place / "ratings" / "data")


@pytest.fixture
def lifecycle(prepared: PreparedRatings, tmp_path: Path) -> Iterator[RecommenderLifecycle]:
    """A recommender whose first version is the model `bias`; the data are shared by a link."""
    (tmp_path / "data").symlink_to(prepared.folder.parent)
    database = UpkeepDatabase(database_url(tmp_path))
    recommender = RecommenderLifecycle(tmp_path, database, SETTINGS, UPKEEP, SEED)
    recommender.train(prepared, rated_films(prepared), "bias")
    yield recommender
    database.close()


def rated_films(prepared: PreparedRatings) -> Films:
    return add_micro_genres(link_films(prepared.films(), None))


def select_buffer(lifecycle: RecommenderLifecycle, prepared: PreparedRatings) -> pa.Table:
    whole = prepared.whole()
    return select_between(
        whole,
        find_boundaries([whole.column("timestamp").to_numpy()], lifecycle.settings).buffer,
        None,
    )


def lower_stars(ratings: pa.Table) -> pa.Table:
    """Return the ratings with one star less, at least 0.5."""
    stars = np.maximum(ratings.column("rating").to_numpy() - 1.0, 0.5).astype(np.float32)
    return ratings.set_column(2, RATINGS.field("rating"), pa.array(stars))


def test_the_first_version_is_evaluated_and_served(
    lifecycle: RecommenderLifecycle, prepared: PreparedRatings
) -> None:
    champion = lifecycle.database.champion()
    assert champion is not None and champion["model"] == "bias"
    assert 0.5 < champion["figures"]["rmse"] < 1.2 and champion["figures"]["users"] > 20
    again = lifecycle.train(prepared, rated_films(prepared), "bias")
    assert again["version"] == champion["version"]
    assert [d["kind"] for d in lifecycle.database.decisions()] == ["promote"]


def test_usual_weeks_raise_no_alert_and_lower_stars_do(
    lifecycle: RecommenderLifecycle, prepared: PreparedRatings
) -> None:
    later = select_buffer(lifecycle, prepared)
    halves = (
        select_between(later, None, _middle(later)),
        select_between(later, _middle(later), None),
    )
    ingest_by_week(lifecycle.folder, lifecycle.database, "usual", halves[0], {})
    usual = monitor(lifecycle)
    assert usual and not [f for f in usual if "ks" in f["alerts"] and f["ks"] < 0.05]
    before = len(lifecycle.database.metrics())
    monitor(lifecycle)
    assert len(lifecycle.database.metrics()) == before, "a batch is checked once"
    assert lifecycle.database.decisions()[-1]["kind"] == "wait"
    ingest_by_week(lifecycle.folder, lifecycle.database, "lower", lower_stars(halves[1]), {})
    found = monitor(lifecycle)
    assert found and {"ks", "mean_change"} <= set(found[-1]["alerts"])
    alert = lifecycle.database.alerts()[-1]
    assert alert["value"] > alert["threshold"]
    result = lifecycle.retrain()
    assert result["due"] and "alerts since the promotion" in result["why"]
    row = lifecycle.database.versions(version=result["version"])[0]
    assert row["status"] == ("champion" if result["promoted"] else "refused")
    evidence = lifecycle.database.decisions()[-1]["evidence"]
    assert set(evidence) == {"ndcg", "rmse", "mae"}


def _middle(ratings: pa.Table) -> int:
    weeks = split_by_week(ratings)
    return weeks[len(weeks) // 2][0]


def test_a_retrain_that_is_not_due_is_stored_as_a_decision(lifecycle: RecommenderLifecycle) -> None:
    result = lifecycle.retrain()
    assert not result["due"] and lifecycle.database.decisions()[-1]["kind"] == "nothing to do"
    with pytest.raises(ModelError, match="nothing to roll back to"):
        lifecycle.rollback()
    assert lifecycle.retrain(force=True)["due"] is False, "there is nothing new to learn from"


def test_versions_change_while_requests_continue(
    lifecycle: RecommenderLifecycle, prepared: PreparedRatings
) -> None:
    service = RecommenderService(lifecycle.folder, database_url(lifecycle.folder))
    old = service.current
    lifecycle.train(prepared, rated_films(prepared), "item-knn")
    assert service.current is old and service.reload() and service.current.model.name == "item-knn"
    found = old.recommend(old.profile_of([]), ListQuery(top_k=3))
    assert found, "a running request finishes with the old version"
    assert lifecycle.rollback() == old.version
    assert service.reload() and service.current.version == old.version
    assert not service.reload()


def test_lists_match_the_query_and_have_reasons(
    lifecycle: RecommenderLifecycle, prepared: PreparedRatings
) -> None:
    service = RecommenderService(lifecycle.folder, database_url(lifecycle.folder))
    served = service.current
    user = int(prepared.whole().column("user_id")[0].as_py())
    own = served.profile_of(service.rated_by(user))
    seen = {int(served.films.ids[row]) for row in own.indices}
    found = served.recommend(
        own, ListQuery(top_k=20, clusters=(1, 2), year_from=1980, year_to=2010)
    )
    assert 0 < len(found) <= 20
    for film in found:
        assert film["cluster"] in (1, 2)
        assert film["year"] is not None and 1980 <= film["year"] <= 2010
        assert film["film_id"] not in seen
        assert 0.5 <= film["expected_rating"] <= 5 and film["reason"]["text"]
    assert [f["score"] for f in found] == sorted((f["score"] for f in found), reverse=True)
    everything = served.recommend(own, ListQuery(top_k=len(served.films), seen=True))
    assert {film["film_id"] for film in everything} == set(served.films.ids.tolist())
    assert service.rated_by(10**9) == []
    assert served.recommend(own, ListQuery(year_from=2200)) == []


@pytest.mark.parametrize(
    "when", ["before the model is saved", "before the row", "before the promotion"]
)
def test_training_resumes_after_a_kill(
    prepared: PreparedRatings, tmp_path: Path, when: str
) -> None:
    (tmp_path / "data").symlink_to(prepared.folder.parent)
    child = [*_CHILD, str(tmp_path), str(prepared.folder), "train", when]
    killed = subprocess.run(child, check=False, timeout=200, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    database = UpkeepDatabase(database_url(tmp_path))
    RecommenderLifecycle(tmp_path, database, SETTINGS, UPKEEP, SEED).train(
        prepared, rated_films(prepared), "bias"
    )
    (row,) = database.versions()
    assert row["status"] == "champion"
    assert [d["kind"] for d in database.decisions()] == ["promote"]
    assert os.listdir(tmp_path / "versions") == [row["version"]]
    database.close()


@pytest.mark.parametrize("when", ["during the check", "after training", "before the promotion"])
def test_monitoring_and_retraining_resume_after_a_kill(
    prepared: PreparedRatings, tmp_path: Path, when: str
) -> None:
    results = {}
    for name, moment in (("killed", when), ("whole", "never")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "data").symlink_to(prepared.folder.parent)
        child = [*_CHILD, str(folder), str(prepared.folder), "monitor"]
        if moment != "never":
            killed = subprocess.run([*child, moment], check=False, timeout=200, capture_output=True)
            assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
        subprocess.run([*child, "never"], check=True, timeout=200, capture_output=True)
        database = UpkeepDatabase(database_url(folder))
        checked = [row["figures"]["batches"] for row in database.metrics()]
        versions = {row["version"]: row["status"] for row in database.versions()}
        alerts = [(row["kind"], row["value"]) for row in database.alerts()]
        results[name] = checked, versions, alerts
        assert sorted(os.listdir(folder / "versions")) == sorted(versions)
        database.close()
    checked, versions, alerts = results["killed"]
    assert results["killed"] == results["whole"]
    assert checked and alerts and len({str(batches) for batches in checked}) == len(checked)
    assert sorted(versions.values()) in (["champion", "retired"], ["champion", "refused"])
