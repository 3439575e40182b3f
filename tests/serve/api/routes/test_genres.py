"""`POST /predict/{model}` over HTTP: predictions, metrics, log lines and errors."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from pipeline.genres.data.files import put
from pipeline.genres.training.registry import FOLDER, register
from pipeline.genres.training.train import Job, train
from pipeline.release.lookup import output_folder
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import ServeSettings
from serve.api.app import create_app
from serve.api.problems import PROBLEM
from serve.api.snapshot import Snapshots
from tests.support.films import EXACT, exact
from tests.support.genre_films import SEED, SETTINGS, divided_films

QUICK = SETTINGS.model_copy(update={"epochs": 1, "max_tokens": 16})
FILM = {"title": "Night Rain", "overview": "A detective hunts a killer through the rainy city."}
MODELS = ("transformation", "adaptation", "transformer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all three models, trained on the sample."""
    divided = divided_films()
    place = tmp_path_factory.mktemp("models") / "genres"
    films = str(put(place / "data", "films", divided.films))
    table = pa.table(
        {"movie_id": divided.films["movie_id"], "vector": column_of_vectors(divided.vectors)}
    )
    vectors = str(put(place / "data", "vectors-both", table))
    jobs = [
        Job(
            model=name,
            inputs="both",
            films=films,
            folder=str(place / "models"),
            seed=SEED,
            vectors=None if name == "transformer" else vectors,
            settings=QUICK,
            embed=EXACT,
            revision=exact().revision,
        )
        for name in MODELS
    ]
    register(place, [train(job) for job in jobs])
    return place


@pytest.fixture(scope="module")
def client(snapshots: Snapshots, folder: Path) -> TestClient:
    settings = ServeSettings(genres=folder, max_batch=3)
    return TestClient(create_app(snapshots, settings), raise_server_exceptions=False)


def error_detail(response: Any, status: int) -> str:
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    return str(response.json()["detail"])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("known", [("title", "overview"), ("title",), ("overview",)])
def test_genres_of_one_film_are_predicted(
    client: TestClient, model: str, known: tuple[str, ...]
) -> None:
    response = client.post(f"/predict/{model}", json={name: FILM[name] for name in known})
    assert response.status_code == 200, response.text
    result = response.json()
    assert result["model"] == model and len(result["films"]) == 1
    assert result["predicted_genres"] and set(result["predicted_genres"]) <= set(
        result["confidence"]
    )
    assert all(0 <= share <= 1 for share in result["confidence"].values())
    assert result["inference_time"] > 0


def test_a_batch_is_answered_in_its_order(client: TestClient) -> None:
    films = [FILM, {"title": "Love in Paris"}, {"overview": FILM["overview"]}]
    result = client.post("/predict/transformation", json={"films": films}).json()
    assert "predicted_genres" not in result
    for film, answer in zip(films, result["films"], strict=True):
        alone = client.post("/predict/transformation", json=film).json()
        assert answer["confidence"] == pytest.approx(alone["confidence"], abs=2e-4)


def test_explain_adds_reasons(client: TestClient) -> None:
    result = client.post("/predict/transformation?explain=true", json=FILM).json()
    (film,) = result["films"]
    assert set(film["reasons"]) == set(film["predicted_genres"])
    assert "reasons" not in client.post("/predict/transformation", json=FILM).json()["films"][0]


def test_predictions_are_logged_and_counted(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    def counted() -> dict[str, float]:
        families = text_string_to_metric_families(client.get("/metrics").text)
        return {
            sample.name: sample.value
            for family in families
            for sample in family.samples
            if sample.labels.get("model") == "adaptation" and "bucket" not in sample.name
        }

    before = counted()
    with caplog.at_level(logging.INFO, logger="serve.access"):
        result = client.post("/predict/adaptation", json={"films": [FILM, FILM]}).json()
    labels = sum(len(film["predicted_genres"]) for film in result["films"])
    after = counted()
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["microgenres_predicted_films_total"] == 2
    assert grown["microgenres_predicted_genres_total"] == labels
    assert grown["microgenres_predict_seconds_count"] == 1
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "serve.access"]
    (line,) = [line for line in lines if line["event"] == "predict"]
    assert (line["endpoint"], line["films"], line["labels"]) == ("/predict/adaptation", 2, labels)
    assert line["ms"] > 0


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({}, "both missing"),
        ({"title": " ", "overview": ""}, "both missing"),
        ({"title": 7}, "title: must be a text"),
        ({"films": []}, "at least 1"),
        ({"films": [FILM] * 4}, "at most 3"),
        ({"title": "T", "genre": "War"}, "genre: is not a field here"),
        ([], "must be a JSON object"),
    ],
)
def test_an_invalid_body_is_explained(client: TestClient, body: Any, hint: str) -> None:
    response = client.post("/predict/adaptation", json=body)
    error_detail(response, 422)
    problem = response.json()
    assert hint in problem["detail"] or hint in json.dumps(problem["errors"])
    assert "FilmToPredict" not in response.text and "check_" not in response.text


def test_limits_and_unknown_models_are_explained(client: TestClient) -> None:
    long = {"overview": "x" * 2**20}
    assert "20000 characters" in error_detail(client.post("/predict/adaptation", json=long), 422)
    whole = client.post("/predict/adaptation", content=b"x" * (3 * 2**20))
    assert "longer than" in error_detail(whole, 413)
    assert "transformation, adaptation" in error_detail(
        client.post("/predict/nope", json=FILM), 404
    )
    batch = client.post("/predict/adaptation?explain=true", json={"films": [FILM]})
    assert "for one film" in error_detail(batch, 400)


def test_an_untrained_model_names_the_command_to_train_it(
    snapshots: Snapshots, tmp_path: Path
) -> None:
    app = create_app(snapshots, ServeSettings(genres=tmp_path))
    result = error_detail(TestClient(app).post("/predict/transformer", json=FILM), 404)
    assert "microgenres genres train -m transformer" in result
    assert str(tmp_path) not in result


def test_the_default_folder_of_models_is_beside_the_releases() -> None:
    assert output_folder(Path("/films")) / FOLDER == Path("/films/genres")
    assert output_folder(Path("/films/releases/a1")) / FOLDER == Path("/films/genres")
