"""`POST /predict/...` over real HTTP semantics: answers, figures, the log, and what is refused."""

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
from serve.explorer.resources import RELEASE
from tests.serve.explorer.test_app import APP, AppTest, drawn, opened
from tests.support.films import EXACT, exact
from tests.support.genre_films import SEED, SETTINGS, divided_films

QUICK = SETTINGS.model_copy(update={"epochs": 1, "max_tokens": 16})
FILM = {"title": "Night Rain", "overview": "A detective hunts a killer through the rainy city."}
MODELS = ("transformation", "adaptation", "transformer")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three models, trained on the sample."""
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


def refused(response: Any, status: int) -> str:
    assert response.status_code == status
    assert response.headers["content-type"] == PROBLEM
    return str(response.json()["detail"])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("known", [("title", "overview"), ("title",), ("overview",)])
def test_a_film_is_answered(client: TestClient, model: str, known: tuple[str, ...]) -> None:
    response = client.post(f"/predict/{model}", json={name: FILM[name] for name in known})
    assert response.status_code == 200, response.text
    told = response.json()
    assert told["model"] == model and len(told["films"]) == 1
    assert told["predicted_genres"] and set(told["predicted_genres"]) <= set(told["confidence"])
    assert all(0 <= share <= 1 for share in told["confidence"].values())
    assert told["inference_time"] > 0


def test_a_batch_comes_back_in_its_order(client: TestClient) -> None:
    films = [FILM, {"title": "Love in Paris"}, {"overview": FILM["overview"]}]
    told = client.post("/predict/transformation", json={"films": films}).json()
    assert "predicted_genres" not in told
    for film, answer in zip(films, told["films"], strict=True):
        alone = client.post("/predict/transformation", json=film).json()
        assert answer["confidence"] == pytest.approx(alone["confidence"], abs=2e-4)


def test_reasons_come_when_asked_for(client: TestClient) -> None:
    told = client.post("/predict/transformation?explain=true", json=FILM).json()
    (film,) = told["films"]
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
        told = client.post("/predict/adaptation", json={"films": [FILM, FILM]}).json()
    labels = sum(len(film["predicted_genres"]) for film in told["films"])
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
        ({}, "there is neither"),
        ({"title": " ", "overview": ""}, "there is neither"),
        ({"title": 7}, "string"),
        ({"films": []}, "at least 1"),
        ({"films": [FILM] * 4}, "at most 3"),
        ({"title": "T", "genre": "War"}, "not permitted"),
        ([], "valid dictionary"),
    ],
)
def test_a_wrong_body_is_told(client: TestClient, body: Any, hint: str) -> None:
    response = client.post("/predict/adaptation", json=body)
    refused(response, 422)
    assert hint in json.dumps(response.json()["errors"])


def test_what_is_too_much_or_unknown_is_told(client: TestClient) -> None:
    long = {"overview": "x" * 2**20}
    assert "20000 characters" in refused(client.post("/predict/adaptation", json=long), 422)
    whole = client.post("/predict/adaptation", content=b"x" * (3 * 2**20))
    assert "longer than" in refused(whole, 413)
    assert "transformation, adaptation" in refused(client.post("/predict/nope", json=FILM), 404)
    batch = client.post("/predict/adaptation?explain=true", json={"films": [FILM]})
    assert "for one film" in refused(batch, 400)


def test_without_models_the_answer_says_how_to_train_some(
    snapshots: Snapshots, tmp_path: Path
) -> None:
    app = create_app(snapshots, ServeSettings(genres=tmp_path))
    told = refused(TestClient(app).post("/predict/transformer", json=FILM), 404)
    assert "microgenres genres train -m transformer" in told
    assert str(tmp_path) not in told


def test_models_lie_beside_the_releases() -> None:
    assert output_folder(Path("/films")) / FOLDER == Path("/films/genres")
    assert output_folder(Path("/films/releases/a1")) / FOLDER == Path("/films/genres")


def test_the_explorer_asks_the_models_that_the_settings_name(
    release: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RELEASE, str(release))
    monkeypatch.setenv("MICROGENRES_SERVE__GENRES", str(folder))
    app = opened(AppTest.from_file(str(APP), default_timeout=60), "genres")
    assert len(app.selectbox[0].options) == len(MODELS)


def test_the_explorer_predicts_and_says_why(
    release: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "releases").mkdir()
    place = tmp_path / "releases" / release.name
    place.symlink_to(release, target_is_directory=True)
    (tmp_path / "genres").symlink_to(folder, target_is_directory=True)
    monkeypatch.setenv(RELEASE, str(place))
    app = opened(AppTest.from_file(str(APP), default_timeout=60), "genres")
    assert app.selectbox[0].options == [
        "nearest films (ML-KNN)",
        "classifier chains",
        "fine-tuned transformer",
    ]
    app.text_area[0].set_value(FILM["overview"])
    app.button[0].click().run()
    assert not app.exception, app.exception
    words = drawn(app)
    assert "Probability of each genre" in words and "Words that drove it" in words
    app.text_area[0].set_value(" ")
    app.button[0].click().run()
    assert "Nothing to read" in drawn(app)
