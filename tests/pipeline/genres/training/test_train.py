"""From a job to a kept model, a registry, a report, answers and a catalogue's predictions."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pipeline.errors import CorruptFileError, ModelError, SettingsError
from pipeline.genres.data.files import join_files, put
from pipeline.genres.evaluation.evaluate import evaluate
from pipeline.genres.evaluation.export import write_report
from pipeline.genres.models.classifier import MODELS, model_named
from pipeline.genres.serving.predict_stage import PREDICTED, model_mark, predict
from pipeline.genres.serving.predictor import Asking
from pipeline.genres.training.persistence import MANIFEST, embedder, read_manifest
from pipeline.genres.training.registry import REGISTRY, choose, read_registry, register
from pipeline.genres.training.train import PREDICTIONS, Job, job_folder, sides, train
from pipeline.inference.encoder import Encoder
from pipeline.schemas.vectors import column_of_vectors
from tests.support.films import EXACT, exact
from tests.support.genre_films import SEED, SETTINGS, Divided, divided_films

NAMES = ("logistic-tfidf", "transformation", "adaptation")
OVERVIEW = "A detective hunts a killer through the rain, and finds that the police are in on it."


@pytest.fixture(scope="module")
def divided() -> Divided:
    return divided_films()


@pytest.fixture(scope="module")
def jobs(divided: Divided, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """A job for each model, over the sample."""
    folder = tmp_path_factory.mktemp("out") / "genres"
    films = str(put(folder / "data", "films", divided.films))
    table = pa.table(
        {"movie_id": divided.films["movie_id"], "vector": column_of_vectors(divided.vectors)}
    )
    vectors = str(put(folder / "data", "vectors-both", table))
    return {
        name: Job(
            model=name,
            inputs="both",
            films=films,
            folder=str(folder / "models"),
            vectors=None if name == "logistic-tfidf" else vectors,
            settings=SETTINGS,
            seed=SEED,
            embed=EXACT,
            revision=exact().revision,
        )
        for name in (*NAMES, "blend")
    }


@pytest.fixture(scope="module")
def folder(jobs: dict[str, Job]) -> Path:
    """`DIR/genres` with the three models trained and registered, one of them on a fold too."""
    made = [train(jobs[name]) for name in NAMES]
    made.append(train(replace(jobs["logistic-tfidf"], fold=1)))
    place = Path(jobs["adaptation"].folder).parent
    register(place, made)
    return place


@pytest.fixture(scope="module")
def asking(folder: Path) -> Asking:
    return Asking(folder, Encoder(exact()))


def test_a_trained_model_is_found_again(jobs: dict[str, Job], folder: Path) -> None:
    job = jobs["transformation"]
    made = job_folder(job)
    before = (made / "manifest.json").stat().st_mtime_ns
    assert train(job)["folder"] == str(made)
    assert (made / "manifest.json").stat().st_mtime_ns == before
    other = replace(job, settings=SETTINGS.model_copy(update={"chains": 3}))
    assert job_folder(other) != made
    unmeasured = replace(job, settings=SETTINGS.model_copy(update={"bootstrap": 99}))
    assert job_folder(unmeasured) == made


def test_predictions_are_of_the_films_that_were_held_out(
    jobs: dict[str, Job], folder: Path, divided: Divided
) -> None:
    made = job_folder(jobs["adaptation"])
    told = pq.read_table(made.with_name(f"{made.name}.predictions.parquet"))
    assert told.schema == PREDICTIONS
    rows = sides(divided.films, None, SETTINGS.folds)
    ids = np.array(divided.films["movie_id"].to_pylist(), object)
    for part in ("validation", "test"):
        own = told.filter(pc.equal(told["part"], part))
        assert own["movie_id"].to_pylist() == ids[rows[part]].tolist()
    assert all(told["genres"].to_pylist())


def test_a_fold_is_measured_on_itself(divided: Divided) -> None:
    rows = sides(divided.films, 4, SETTINGS.folds)
    fold = divided.films["fold"].to_numpy()
    assert set(fold[rows["test"]]) == {4} and set(fold[rows["validation"]]) == {0}
    assert set(fold[rows["train"]]) == {1, 2, 3}


def test_a_blend_needs_members_of_one_kind(jobs: dict[str, Job], folder: Path) -> None:
    members = tuple(str(job_folder(jobs[name])) for name in NAMES[:2])
    made = train(replace(jobs["blend"], members=members))
    assert made["members"] == list(NAMES[:2])
    with pytest.raises(ModelError, match="a blend has members"):
        train(jobs["blend"])


def test_the_registry_names_what_answers(folder: Path, tmp_path: Path) -> None:
    known = read_registry(folder)
    assert [row["fold"] for row in known["models"] if row["name"] == "logistic-tfidf"] == [None, 1]
    assert set(known["serving"]) == {"transformation", "adaptation"}
    assert choose(known, "adaptation", "T", "") == known["serving"]["adaptation"]["both"]
    several = {"serving": {"adaptation": {"title": "t", "both": "b"}}}
    assert choose(several, "adaptation", "T", "") == "t"
    assert choose(several, "adaptation", "T", "O") == choose(several, "adaptation", "", "O") == "b"
    with pytest.raises(ModelError, match="genres train --model transformer"):
        choose(known, "transformer", "T", "O")
    with pytest.raises(ModelError, match="microgenres genres train"):
        read_registry(tmp_path)
    (tmp_path / REGISTRY).write_text("{")
    with pytest.raises(CorruptFileError, match="train again"):
        read_registry(tmp_path)


def test_an_unknown_model_is_told(jobs: dict[str, Job]) -> None:
    with pytest.raises(SettingsError, match="'nope' is unknown; there are logistic-bow"):
        model_named("nope")
    assert all(set(model.members) <= set(MODELS) for model in MODELS.values())


def test_the_evaluation_is_of_all_models_on_the_same_films(folder: Path, divided: Divided) -> None:
    found = evaluate(folder, 50, SEED)
    assert found["films"]["test"] == len(divided.sides["test"].texts)
    models = found["inputs"]["both"]["models"]
    assert set(NAMES) <= set(models)
    scores = [row["jaccard"] for row in models.values()]
    assert scores == sorted(scores, reverse=True)
    known = {
        row["name"]: row["metrics"]
        for row in read_registry(folder)["models"]
        if row["fold"] is None
    }
    for name in NAMES:
        assert models[name]["jaccard"] == pytest.approx(known[name]["jaccard"])
    assert "ahead_of_baseline" in models["adaptation"]
    assert "ahead_of_baseline" not in models["logistic-tfidf"]
    assert [row["folds"] for row in found["folds"]] == [1]
    json.dumps(found, allow_nan=False)


def test_the_report_stands_alone(folder: Path) -> None:
    report = write_report(folder, 50, SEED)
    page = (report / "report.html").read_text()
    for word in ("adaptation", "Drama", "Words that drove predictions", "95 %", "Cross-validation"):
        assert word in page, word
    assert "<script" not in page and "src=" not in page and "http://" not in page
    told = json.loads((report / "report.json").read_text())
    assert told["genres"] == evaluate(folder, 50, SEED)["genres"]
    card = (report / "MODEL_CARD.md").read_text()
    assert "| transformation |" in card and "## Limits" in card


@pytest.mark.parametrize("name", ["transformation", "adaptation"])
def test_a_film_is_answered(asking: Asking, name: str) -> None:
    films = [("Night Rain", OVERVIEW), ("Night Rain", ""), ("", OVERVIEW)]
    answers = asking.ask(name, films)
    for answer in answers:
        assert answer["predicted_genres"]
        assert set(answer["predicted_genres"]) <= set(answer["confidence"])
        assert answer["inference_time"] > 0
        shares = list(answer["confidence"].values())
        assert shares == sorted(shares, reverse=True)
    (alone,) = asking.ask(name, films[2:])
    assert alone["confidence"] == pytest.approx(answers[2]["confidence"], abs=2e-4)


def test_reasons_are_words_of_the_text(asking: Asking) -> None:
    (answer,) = asking.ask("transformation", [("Night Rain", OVERVIEW)], why=True)
    assert set(answer["reasons"]) == set(answer["predicted_genres"])
    words = [reason for found in answer["reasons"].values() for reason in found]
    assert words and all(reason["word"] in f"night rain {OVERVIEW.lower()}" for reason in words)
    assert all(reason["weight"] > 0 for reason in words)
    (wordless,) = asking.ask("transformation", [("!", "!")], why=True)
    assert all(found == [] for found in wordless["reasons"].values())


def test_vectors_of_other_weights_are_refused(
    folder: Path, jobs: dict[str, Job], tmp_path: Path
) -> None:
    assert embedder(job_folder(jobs["adaptation"])) == exact()
    with pytest.raises(ModelError, match="reads no vectors"):
        embedder(job_folder(jobs["logistic-tfidf"]))
    other = tmp_path / "other"
    shutil.copytree(job_folder(jobs["adaptation"]), other)
    told = read_manifest(other)
    told["about"]["embed"]["revision"] = "0" * 64
    (other / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ModelError, match="install the same weights, or train again"):
        embedder(other)


def test_a_catalogue_is_predicted_alike_in_any_pieces(
    folder: Path, divided: Divided, tmp_path: Path
) -> None:
    model = folder / "models" / choose(read_registry(folder), "transformation", "T", "O")
    own = exact()
    mark = model_mark(model)
    films = divided.films.slice(0, 40)
    told = [str(model), mark, own.revision, own.dtype]
    whole = predict(films, EXACT, *told)["predicted"]
    assert whole.schema == PREDICTED and all(whole["predicted_genres"].to_pylist())
    parts = [predict(films.slice(n, 16), EXACT, *told)["predicted"] for n in (0, 16, 32)]
    pieces = pa.concat_tables(parts)
    assert pieces["movie_id"].to_pylist() == films["movie_id"].to_pylist()
    first, second = (
        np.array(table["confidence"].to_pylist(), np.float32) for table in (whole, pieces)
    )
    np.testing.assert_allclose(first, second, atol=2e-4)
    for number, part in enumerate(parts):
        pq.write_table(part, tmp_path / f"{number}.parquet")
    joined = tmp_path / "all.parquet"
    assert join_files([str(tmp_path / f"{n}.parquet") for n in range(3)], joined) == 40
    assert pq.read_table(joined).equals(pieces)
    assert predict(films.slice(0, 0), EXACT, *told)["predicted"].num_rows == 0
