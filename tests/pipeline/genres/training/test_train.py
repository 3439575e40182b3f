"""From a job to a saved model, the registry, the report and predictions."""

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
from pipeline.genres.models.classifier import MODELS, find_model
from pipeline.genres.serving.predict_stage import PREDICTED, fingerprint_model, predict
from pipeline.genres.serving.predictor import GenrePredictor
from pipeline.genres.training.documents import Registry
from pipeline.genres.training.persistence import MANIFEST, find_embedder, read_manifest
from pipeline.genres.training.registry import REGISTRY, choose_model, read_registry, register
from pipeline.genres.training.train import PREDICTIONS, Job, job_folder, part_rows, train
from pipeline.inference.encoder import Encoder
from pipeline.schemas.vectors import column_of_vectors
from pipeline.storage.model_folder import write_json
from tests.support.films import EXACT, exact
from tests.support.genre_films import SEED, SETTINGS, Divided, divided_films

NAMES = ("logistic-tfidf", "transformation", "adaptation")
OVERVIEW = "A detective hunts a killer through the rain, and finds that the police are in on it."


@pytest.fixture(scope="module")
def divided() -> Divided:
    return divided_films()


@pytest.fixture(scope="module")
def jobs(divided: Divided, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Job]:
    """A job for each model on the sample."""
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
            dtype="float32",
        )
        for name in (*NAMES, "blend")
    }


@pytest.fixture(scope="module")
def folder(jobs: dict[str, Job]) -> Path:
    """`DIR/genres` with three registered models, one of them also trained on a fold."""
    trained = [train(jobs[name]) for name in NAMES]
    trained.append(train(replace(jobs["logistic-tfidf"], fold=1)))
    genres = Path(jobs["adaptation"].folder).parent
    register(genres, trained)
    return genres


@pytest.fixture(scope="module")
def predictor(folder: Path) -> GenrePredictor:
    return GenrePredictor(folder, Encoder(exact()))


def test_an_existing_model_is_not_trained_again(jobs: dict[str, Job], folder: Path) -> None:
    job = jobs["transformation"]
    model = job_folder(job)
    before = (model / "manifest.json").stat().st_mtime_ns
    assert train(job).folder == model
    assert (model / "manifest.json").stat().st_mtime_ns == before
    other = replace(job, settings=SETTINGS.model_copy(update={"chains": 3}))
    assert job_folder(other) != model
    unmeasured = replace(job, settings=SETTINGS.model_copy(update={"bootstrap": 99}))
    assert job_folder(unmeasured) == model


def test_predictions_cover_validation_and_test_films(
    jobs: dict[str, Job], folder: Path, divided: Divided
) -> None:
    model = job_folder(jobs["adaptation"])
    predictions = pq.read_table(model.with_name(f"{model.name}.predictions.parquet"))
    assert predictions.schema == PREDICTIONS
    rows = part_rows(divided.films, None, SETTINGS.folds)
    ids = np.array(divided.films["movie_id"].to_pylist(), object)
    for part in ("validation", "test"):
        own = predictions.filter(pc.equal(predictions["part"], part))
        assert own["movie_id"].to_pylist() == ids[rows[part]].tolist()
    assert all(predictions["genres"].to_pylist())


def test_a_fold_is_its_own_test_part(divided: Divided) -> None:
    rows = part_rows(divided.films, 4, SETTINGS.folds)
    fold = divided.films["fold"].to_numpy()
    assert set(fold[rows["test"]]) == {4} and set(fold[rows["validation"]]) == {0}
    assert set(fold[rows["train"]]) == {1, 2, 3}


def test_a_blend_needs_members(jobs: dict[str, Job], folder: Path) -> None:
    members = tuple(str(job_folder(jobs[name])) for name in NAMES[:2])
    blend = train(replace(jobs["blend"], members=members))
    assert blend.manifest.members == NAMES[:2]
    with pytest.raises(ModelError, match="a blend has members"):
        train(jobs["blend"])


def test_the_registry_lists_the_models_that_are_served(folder: Path, tmp_path: Path) -> None:
    known = read_registry(folder)
    assert [row.fold for row in known.models if row.name == "logistic-tfidf"] == [None, 1]
    assert set(known.serving) == {"transformation", "adaptation"}
    assert choose_model(known, "adaptation", "T", "") == known.serving["adaptation"]["both"]
    several = Registry(serving={"adaptation": {"title": "t", "both": "b"}})
    assert choose_model(several, "adaptation", "T", "") == "t"
    assert (
        choose_model(several, "adaptation", "T", "O")
        == choose_model(several, "adaptation", "", "O")
        == "b"
    )
    with pytest.raises(ModelError, match="genres train --model transformer"):
        choose_model(known, "transformer", "T", "O")
    with pytest.raises(ModelError, match="microgenres genres train"):
        read_registry(tmp_path)
    (tmp_path / REGISTRY).write_text("{")
    with pytest.raises(CorruptFileError, match="train again"):
        read_registry(tmp_path)


def test_an_unknown_model_is_an_error() -> None:
    with pytest.raises(SettingsError, match="'nope' is unknown: use one of logistic-bow"):
        find_model("nope")
    assert all(set(model.members) <= set(MODELS) for model in MODELS.values())


def test_all_models_are_evaluated_on_the_same_films(folder: Path, divided: Divided) -> None:
    found = evaluate(folder, 50, SEED)
    assert found["films"]["test"] == len(divided.parts["test"].texts)
    models = found["inputs"]["both"]["models"]
    assert set(NAMES) <= set(models)
    scores = [row["jaccard"] for row in models.values()]
    assert scores == sorted(scores, reverse=True)
    known = {row.name: row.figures for row in read_registry(folder).models if row.fold is None}
    for name in NAMES:
        assert models[name]["jaccard"] == pytest.approx(known[name]["jaccard"])
    assert "ahead_of_baseline" in models["adaptation"]
    assert "ahead_of_baseline" not in models["logistic-tfidf"]
    assert [row["folds"] for row in found["folds"]] == [1]
    json.dumps(found, allow_nan=False)


def test_the_report_needs_no_other_files(folder: Path) -> None:
    report = write_report(folder, 50, SEED)
    page = (report / "report.html").read_text()
    for word in ("adaptation", "Drama", "Words that drove predictions", "95 %", "Cross-validation"):
        assert word in page, word
    assert "<script" not in page and "src=" not in page and "http://" not in page
    written = json.loads((report / "report.json").read_text())
    assert written["genres"] == evaluate(folder, 50, SEED)["genres"]
    card = (report / "MODEL_CARD.md").read_text()
    assert "| transformation |" in card and "## Limits" in card


@pytest.mark.parametrize("name", ["transformation", "adaptation"])
def test_films_are_predicted(predictor: GenrePredictor, name: str) -> None:
    films = [("Night Rain", OVERVIEW), ("Night Rain", ""), ("", OVERVIEW)]
    predictions = predictor.predict(name, films)
    for prediction in predictions:
        assert prediction["predicted_genres"]
        assert set(prediction["predicted_genres"]) <= set(prediction["confidence"])
        assert prediction["inference_time"] > 0
        shares = list(prediction["confidence"].values())
        assert shares == sorted(shares, reverse=True)
    (alone,) = predictor.predict(name, films[2:])
    assert alone["confidence"] == pytest.approx(predictions[2]["confidence"], abs=2e-4)


def test_reasons_are_words_of_the_text(predictor: GenrePredictor) -> None:
    (prediction,) = predictor.predict("transformation", [("Night Rain", OVERVIEW)], why=True)
    assert set(prediction["reasons"]) == set(prediction["predicted_genres"])
    words = [reason for listed in prediction["reasons"].values() for reason in listed]
    assert words and all(reason["word"] in f"night rain {OVERVIEW.lower()}" for reason in words)
    assert all(reason["weight"] > 0 for reason in words)
    (wordless,) = predictor.predict("transformation", [("!", "!")], why=True)
    assert all(listed == [] for listed in wordless["reasons"].values())


def test_other_embedding_weights_are_an_error(
    folder: Path, jobs: dict[str, Job], tmp_path: Path
) -> None:
    assert find_embedder(job_folder(jobs["adaptation"])) == exact()
    with pytest.raises(ModelError, match="reads no vectors"):
        find_embedder(job_folder(jobs["logistic-tfidf"]))
    other = tmp_path / "other"
    shutil.copytree(job_folder(jobs["adaptation"]), other)
    manifest = json.loads((other / MANIFEST).read_bytes())
    assert manifest["about"]["embed"]["dtype"] == "float32"
    # whatever `auto` means on this machine, texts are encoded as those that the model learnt from
    for dtype in ("float32", "bfloat16"):
        manifest["about"]["embed"] |= {"dtype": dtype}
        manifest["about"]["embed"]["settings"] |= {"dtype": "auto"}
        (other / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        assert find_embedder(other).dtype == dtype
    manifest["about"]["embed"]["revision"] = "0" * 64
    (other / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match="install the same weights, or train again"):
        find_embedder(other)


def test_predictions_do_not_depend_on_the_pieces(
    folder: Path, divided: Divided, tmp_path: Path
) -> None:
    model = folder / "models" / choose_model(read_registry(folder), "transformation", "T", "O")
    own = exact()
    mark = fingerprint_model(model)
    films = divided.films.slice(0, 40)
    constants = [str(model), mark, own.revision, own.dtype]
    whole = predict(films, EXACT, *constants)["predicted"]
    assert whole.schema == PREDICTED and all(whole["predicted_genres"].to_pylist())
    parts = [predict(films.slice(n, 16), EXACT, *constants)["predicted"] for n in (0, 16, 32)]
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
    assert predict(films.slice(0, 0), EXACT, *constants)["predicted"].num_rows == 0


def test_documents_are_written_again_byte_for_byte(folder: Path, jobs: dict[str, Job]) -> None:
    paths = [folder / REGISTRY, *(job_folder(jobs[name]) / MANIFEST for name in NAMES)]
    before = [path.read_bytes() for path in paths]
    newer = json.loads(before[0]) | {"later": {"field": 1}}
    write_json(paths[0], newer)
    assert read_registry(folder).to_json() == newer, "unknown fields are preserved"
    paths[0].write_bytes(before[0])
    register(folder, [])
    for name in NAMES:
        path = job_folder(jobs[name])
        write_json(path / MANIFEST, read_manifest(path).to_json())
    assert [path.read_bytes() for path in paths] == before
