"""`/recommend` and its kin: lists for users known and new, a reload that drops no request."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from pipeline.recommend.data.films import films_of
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.synthetic import generate
from pipeline.recommend.lifecycle.champion import Keeper
from pipeline.recommend.lifecycle.database import Record, record_url
from pipeline.recommend.lifecycle.monitor import monitor
from pipeline.settings import ServeSettings, UpkeepSettings
from serve.api.app import create_app
from serve.api.middleware import KEY_HEADER
from serve.api.problems import PROBLEM
from serve.api.snapshot import Snapshots
from serve.explorer.resources import RELEASE
from tests.serve.explorer.test_app import APP, AppTest, drawn, opened
from tests.support.ratings import SEED, SETTINGS, SIZE, with_micro_genres

KEY = {KEY_HEADER: "k"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, release: Path) -> Iterator[Keeper]:
    """An output folder with the release and two recommenders, item KNN served."""
    out = tmp_path_factory.mktemp("out")
    shutil.copytree(release, out / "releases" / release.name)
    generate(out / "movielens", SIZE, seed=SEED)
    folder = out / "ratings"
    prepared = prepare(out / "movielens", folder / "data")
    films = with_micro_genres(films_of(prepared.films(), None))
    record = Record(record_url(folder))
    keeper = Keeper(folder, record, SETTINGS, UpkeepSettings(), SEED)
    for name in ("bias", "hybrid"):
        keeper.first(prepared, films, name)
    yield keeper
    record.close()


@pytest.fixture(scope="module")
def client(kept: Keeper) -> TestClient:
    (release,) = (kept.folder.parent / "releases").iterdir()
    settings = ServeSettings(api_key=SecretStr("k"))
    app = create_app(Snapshots(release, settings), settings)
    return TestClient(app, raise_server_exceptions=False, headers=KEY)


def asked(client: TestClient, path: str = "/recommend", **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_known_user_gets_films_not_rated_yet_each_with_a_reason(client: TestClient) -> None:
    told = asked(client, user_id=2, top_k=7)
    assert told["known_ratings"] > 3 and len(told["films"]) == 7
    scores = [film["score"] for film in told["films"]]
    assert scores == sorted(scores, reverse=True)
    assert all(film["reason"]["text"].startswith("because you rated") for film in told["films"])
    everything = asked(client, user_id=2, top_k=100, seen=True)
    assert len(everything["films"]) == 100


def test_someone_new_is_answered_by_what_was_rated(client: TestClient) -> None:
    first = asked(client, user_id=2, top_k=5)["films"]
    rated = [{"film_id": first[0]["film_id"], "rating": 5}, {"film_id": 10**9, "rating": 1}]
    told = asked(client, ratings=rated, micro_genre=[1, 2], year_from=1980, year_to=2012)
    assert told["known_ratings"] == 1 and told["user_id"] is None and told["films"]
    for film in told["films"]:
        assert film["cluster"] in (1, 2) and 1980 <= film["year"] <= 2012
        assert film["film_id"] != first[0]["film_id"]
    nobody = asked(client, user_id=10**12)
    assert nobody["known_ratings"] == 0 and len(nobody["films"]) == 10


def test_stars_come_in_the_order_asked(client: TestClient) -> None:
    films = [film["film_id"] for film in asked(client, user_id=3, top_k=2)["films"]]
    pairs = [{"user_id": 3, "film_id": film} for film in (films[1], films[0], 10**9)]
    told = asked(client, "/predict_batch", pairs=pairs)["predictions"]
    assert [p["film_id"] for p in told] == [pair["film_id"] for pair in pairs]
    assert told[2]["expected_rating"] is None
    assert all(0.5 <= p["expected_rating"] <= 5 for p in told[:2])


def test_the_model_tells_what_it_is(client: TestClient, kept: Keeper) -> None:
    told = client.get("/model").json()
    champion = kept.record.champion()
    assert champion is not None and told["model_version"] == champion["version"]
    assert told["model"] == "hybrid" and told["figures"]["ndcg"] > 0


def test_a_reload_drops_no_request(client: TestClient, kept: Keeper) -> None:
    seen: list[tuple[int, str]] = []

    def ask() -> None:
        for _ in range(8):
            response = client.post("/recommend", json={"user_id": 2})
            seen.append((response.status_code, response.json().get("model_version", "")))

    before = client.get("/model").json()["model_version"]
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    other = kept.rollback()
    told = asked(client, "/reload-model")
    for thread in threads:
        thread.join()
    assert told == {"model_version": other, "changed": True}
    assert len(seen) == 24 and {status for status, _ in seen} == {200}
    assert {version for _, version in seen} <= {before, other}
    assert asked(client, "/reload-model")["changed"] is False
    assert asked(client, user_id=2)["model_version"] == other


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_id": 1, "ratings": []},
        {"user_id": -1},
        {"ratings": [{"film_id": 1, "rating": 9}]},
        {"user_id": 1, "top_k": 0},
        {"user_id": 1, "top_k": 10_000},
        {"user_id": "x"},
    ],
)
def test_a_wrong_body_is_told(client: TestClient, body: dict[str, Any]) -> None:
    response = client.post("/recommend", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM


def test_a_reload_needs_the_key_and_a_missing_model_is_told(
    client: TestClient, snapshots: Snapshots
) -> None:
    assert client.post("/reload-model", headers={KEY_HEADER: "other"}).status_code == 401
    without = TestClient(create_app(snapshots, ServeSettings()))
    assert without.post("/reload-model").status_code == 403
    told = without.post("/recommend", json={"user_id": 1})
    assert told.status_code == 404 and "ratings train" in told.json()["detail"]


def test_the_explorer_recommends_with_reasons(
    kept: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    (release,) = (kept.folder.parent / "releases").iterdir()
    monkeypatch.setenv(RELEASE, str(release))
    app = opened(AppTest.from_file(str(APP), default_timeout=60), "for-you")
    assert "Nothing rated yet" in drawn(app)
    app.multiselect[0].select(app.multiselect[0].options[3]).run()
    assert not app.exception, app.exception
    assert "1 ratings." in drawn(app) and "because you rated" in drawn(app)


def test_the_explorer_shows_what_was_decided(kept: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    (release,) = (kept.folder.parent / "releases").iterdir()
    monkeypatch.setenv(RELEASE, str(release))
    monitor(kept)
    app = opened(AppTest.from_file(str(APP), default_timeout=60), "monitoring")
    champion = kept.record.champion()
    assert champion is not None and champion["version"] in drawn(app)
    kinds = {kind for frame in app.dataframe for kind in frame.value.get("kind", [])}
    assert {"promote", "wait"} <= kinds
