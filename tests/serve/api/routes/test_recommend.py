"""Recommender endpoints: known and new users, expected ratings, reload without failed requests."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from pipeline.recommend.data.films import link_films
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.synthetic import generate
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle
from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url
from pipeline.recommend.lifecycle.monitor import monitor
from pipeline.settings import ServeSettings, UpkeepSettings
from serve.api.access import KEY_HEADER
from serve.api.app import create_app
from serve.api.problems import PROBLEM
from serve.api.snapshot import Snapshots
from serve.explorer.app import create_app as create_explorer
from tests.support.ratings import SEED, SETTINGS, SIZE, add_micro_genres

KEY = {KEY_HEADER: "k"}


@pytest.fixture(scope="module")
def lifecycle(
    tmp_path_factory: pytest.TempPathFactory, release: Path
) -> Iterator[RecommenderLifecycle]:
    """An output folder with the release and two recommenders."""
    out = tmp_path_factory.mktemp("out")
    shutil.copytree(release, out / "releases" / release.name)
    generate(out / "movielens", SIZE, seed=SEED)
    folder = out / "ratings"
    prepared = prepare(out / "movielens", folder / "data")
    films = add_micro_genres(link_films(prepared.films(), None))
    database = UpkeepDatabase(database_url(folder))
    lifecycle = RecommenderLifecycle(folder, database, SETTINGS, UpkeepSettings(), SEED)
    for name in ("bias", "hybrid"):
        lifecycle.train(prepared, films, name)
    yield lifecycle
    database.close()


@pytest.fixture(scope="module")
def client(lifecycle: RecommenderLifecycle) -> TestClient:
    (release,) = (lifecycle.folder.parent / "releases").iterdir()
    settings = ServeSettings(api_key=SecretStr("k"))
    app = create_app(Snapshots(release, settings), settings)
    return TestClient(app, raise_server_exceptions=False, headers=KEY)


def post(client: TestClient, path: str = "/recommend", **body: Any) -> Any:
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_known_user_gets_unrated_films_with_reasons(client: TestClient) -> None:
    result = post(client, user_id=2, top_k=7)
    assert result["known_ratings"] > 3 and len(result["films"]) == 7
    scores = [film["score"] for film in result["films"]]
    assert scores == sorted(scores, reverse=True)
    assert all(film["reason"]["text"].startswith("because you rated") for film in result["films"])
    everything = post(client, user_id=2, top_k=100, seen=True)
    assert len(everything["films"]) == 100


def test_a_new_user_gets_films_by_the_ratings_of_the_request(client: TestClient) -> None:
    first = post(client, user_id=2, top_k=5)["films"]
    rated = [{"film_id": first[0]["film_id"], "rating": 5}, {"film_id": 10**9, "rating": 1}]
    result = post(client, ratings=rated, micro_genre=[1, 2], year_from=1980, year_to=2012)
    assert result["known_ratings"] == 1 and result["user_id"] is None and result["films"]
    for film in result["films"]:
        assert film["cluster"] in (1, 2) and 1980 <= film["year"] <= 2012
        assert film["film_id"] != first[0]["film_id"]
    nobody = post(client, user_id=10**12)
    assert nobody["known_ratings"] == 0 and len(nobody["films"]) == 10


def test_stars_come_in_the_order_post(client: TestClient) -> None:
    films = [film["film_id"] for film in post(client, user_id=3, top_k=2)["films"]]
    pairs = [{"user_id": 3, "film_id": film} for film in (films[1], films[0], 10**9)]
    result = post(client, "/predict_batch", pairs=pairs)["predictions"]
    assert [p["film_id"] for p in result] == [pair["film_id"] for pair in pairs]
    assert result[2]["expected_rating"] is None
    assert all(0.5 <= p["expected_rating"] <= 5 for p in result[:2])


def test_the_model_describes_itself(client: TestClient, lifecycle: RecommenderLifecycle) -> None:
    result = client.get("/model").json()
    champion = lifecycle.database.champion()
    assert champion is not None and result["model_version"] == champion["version"]
    assert result["model"] == "hybrid" and result["figures"]["ndcg"] > 0


def test_a_reload_fails_no_request(client: TestClient, lifecycle: RecommenderLifecycle) -> None:
    seen: list[tuple[int, str]] = []

    def send_requests() -> None:
        for _ in range(8):
            response = client.post("/recommend", json={"user_id": 2})
            seen.append((response.status_code, response.json().get("model_version", "")))

    before = client.get("/model").json()["model_version"]
    threads = [threading.Thread(target=send_requests) for _ in range(3)]
    for thread in threads:
        thread.start()
    other = lifecycle.rollback()
    result = post(client, "/reload-model")
    for thread in threads:
        thread.join()
    assert result == {"model_version": other, "changed": True}
    assert len(seen) == 24 and {status for status, _ in seen} == {200}
    assert {version for _, version in seen} <= {before, other}
    assert post(client, "/reload-model")["changed"] is False
    assert post(client, user_id=2)["model_version"] == other


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
def test_an_invalid_body_is_422(client: TestClient, body: dict[str, Any]) -> None:
    response = client.post("/recommend", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == PROBLEM


def test_a_reload_needs_the_key_and_a_missing_model_is_404(
    client: TestClient, snapshots: Snapshots
) -> None:
    assert client.post("/reload-model", headers={KEY_HEADER: "other"}).status_code == 401
    without = TestClient(create_app(snapshots, ServeSettings()))
    assert without.post("/reload-model").status_code == 403
    result = without.post("/recommend", json={"user_id": 1})
    assert result.status_code == 404 and "ratings train" in result.json()["detail"]


def test_the_explorer_recommends_films_in_the_order_of_the_stars_shown(
    lifecycle: RecommenderLifecycle,
) -> None:
    (release,) = (lifecycle.folder.parent / "releases").iterdir()
    site = TestClient(create_explorer(release, ServeSettings(), UpkeepSettings()))
    page = site.get("/for-you")
    assert page.status_code == 200
    assert "You have rated no film yet" in page.text
    title = re.search('<strong dir="auto">(.*?)</strong>', page.text)
    assert title is not None
    found = site.get("/for-you", params={"add": unescape(title[1])})
    rated = str(found.url.query.decode() if isinstance(found.url.query, bytes) else found.url.query)
    if "rated=" not in rated:  # several films have the title: choose one
        link = re.search('href="(for-you[^"]*rated=[^"]*)"', found.text)
        assert link is not None
        found = site.get("/" + unescape(link[1]))
    assert "by 1 rating of yours" in found.text and "because you rated" in found.text
    stars = [float(text) for text in re.findall("about ([0-9.]+) stars", found.text)]
    assert len(stars) > 5 and stars == sorted(stars, reverse=True)
    assert site.get("/for-you", params={"rated": "1:9"}).status_code == 400
    assert site.get("/for-you", params={"rated": "x"}).status_code == 400


def test_the_explorer_shows_the_decisions_of_the_monitor(lifecycle: RecommenderLifecycle) -> None:
    (release,) = (lifecycle.folder.parent / "releases").iterdir()
    monitor(lifecycle)
    champion = lifecycle.database.champion()
    site = TestClient(create_explorer(release, ServeSettings(), UpkeepSettings()))
    page = site.get("/monitoring")
    assert page.status_code == 200
    assert champion is not None and champion["version"] in page.text
