"""Train, measure and save one model: the job that a worker of the cluster runs.

A fingerprint of everything the model depends on names its folder, so an existing model is found and
not trained again.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.errors import ModelError
from pipeline.fileio.manifest import file_sha256, fingerprint
from pipeline.fileio.parquet import read_table, write_table
from pipeline.genres.data.films import Inputs, label_matrix, texts_of
from pipeline.genres.models.blend import BlendScorer
from pipeline.genres.models.classifier import Classifier, find_model, fit_classifier
from pipeline.genres.models.finetune import Progress
from pipeline.genres.models.metrics import Figures, measure
from pipeline.genres.models.scorers import (
    FeatureScorer,
    LabelledTexts,
    Scorer,
    TransformerScorer,
)
from pipeline.genres.training.documents import TrainedModel, TrainingRecord
from pipeline.genres.training.persistence import MANIFEST, open_model, read_manifest, save_model
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings, GenreSettings

__all__ = ["PREDICTIONS", "Job", "job_folder", "part_rows", "train"]

VERSION = 3  # raised by hand whenever the same films would give another model

# Predictions of a model for every film of validation and test.
PREDICTIONS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("part", pa.string()),
        ("genres", pa.list_(pa.string())),  # predicted genres
        ("probabilities", pa.list_(pa.float32())),  # in the order of the manifest's genres
    ]
)


@dataclass(frozen=True)
class Job:
    """What to train; small, because it is sent to a worker.

    Attributes
    ----------
    model : str
        Name in `classifier.MODELS`.
    inputs : {"title", "description", "both"}
        What the model reads of a film.
    films : str
        Parquet file of `FILMS`.
    vectors : str, optional
        Parquet file of (movie_id, vector) of the same films in the same order; None if the model
        needs no vectors.
    folder : str
        Folder of all models.
    settings : GenreSettings
        Settings of the models.
    seed : int
        Seed of the random generator.
    fold : int, optional
        None for the split itself; otherwise the fold to measure, and the next fold validates.
    members : tuple of str
        Folders of the models of a blend.
    seconds : float, optional
        Time limit of fine-tuning in this call; None for no limit.
    embed : EmbedSettings
        Settings of the embedding model of the vectors.
    revision : str, optional
        SHA-256 of the weights of the embedding model.
    dtype : {"float32", "bfloat16"}, optional
        Number type in which it computed the vectors; None if the model needs none.
    """

    model: str
    inputs: Inputs
    films: str
    vectors: str | None
    folder: str
    settings: GenreSettings
    seed: int
    fold: int | None = None
    members: tuple[str, ...] = ()
    seconds: float | None = None
    embed: EmbedSettings = field(default_factory=EmbedSettings)
    revision: str | None = None
    dtype: str | None = None


def job_folder(job: Job) -> Path:
    """Return the folder of a job's model: `MODEL-INPUTS[-FOLD]-FINGERPRINT`.

    The names of the files of films and vectors identify their content, see `data.files.put`.
    """
    parts = [
        VERSION,
        job.model,
        job.inputs,
        job.fold,
        job.seed,
        Path(job.films).name,
        None if job.vectors is None else Path(job.vectors).name,
        job.settings.model_dump(mode="json", exclude={"bootstrap", "device"}),
        [Path(member).name for member in job.members],
    ]
    fold = "" if job.fold is None else f"-fold{job.fold}"
    return Path(job.folder) / f"{job.model}-{job.inputs}{fold}-{fingerprint(*parts)[:12]}"


def part_rows(films: pa.Table, fold: int | None, folds: int) -> dict[str, np.ndarray]:
    """Return the rows of the films to train on, to validate on and to measure on.

    Parameters
    ----------
    films : pyarrow.Table
        `FILMS` after the split.
    fold : int, optional
        None for the split itself; otherwise the fold to measure, and the next fold validates.
    folds : int
        Number of folds.

    Returns
    -------
    dict of str to ndarray of shape (n,), int64
        `train`, `validation` and `test`.
    """
    if fold is None:
        part = np.array(films.column("part").to_pylist(), object)
        names = ("train", "validation", "test")
        return {name: np.flatnonzero(part == name) for name in names}
    own = films.column("fold").to_numpy()
    following = (fold + 1) % folds
    return {
        "train": np.flatnonzero((own >= 0) & (own != fold) & (own != following)),
        "validation": np.flatnonzero(own == following),
        "test": np.flatnonzero(own == fold),
    }


def train(job: Job, progress: Progress | None = None) -> TrainedModel:
    """Train, measure and save the model of a job, unless it exists.

    Parameters
    ----------
    job : Job
    progress : callable, optional
        Called after each step of fine-tuning with the step, the number of steps and the loss.

    Returns
    -------
    TrainedModel

    Raises
    ------
    finetune.Unfinished
        If `job.seconds` have passed; the same job resumes from its checkpoint.
    ModelError
        If a part of the split is empty, or the model lacks vectors or members.
    """
    folder = job_folder(job)
    if (folder / MANIFEST).is_file():
        return TrainedModel(folder, read_manifest(folder))
    films = read_table(Path(job.films))
    labels, genres = label_matrix(films)
    texts = texts_of(films).compose(job.inputs)
    vectors = None if job.vectors is None else matrix_of(read_table(Path(job.vectors)))
    rows = part_rows(films, job.fold, job.settings.folds)
    for name, own in rows.items():
        if not len(own):
            raise ModelError(f"model {job.model!r}: no films for {name}; use a larger catalogue")
    parts = {
        name: LabelledTexts(
            [texts[i] for i in own], None if vectors is None else vectors[own], labels[own]
        )
        for name, own in rows.items()
    }
    checkpoint = folder.with_name(f".checkpoint-{folder.name}")
    started = time.perf_counter()
    classifier, report = fit_classifier(
        job.model,
        job.inputs,
        genres,
        _new_scorer(job, checkpoint, progress),
        parts["train"],
        parts["validation"],
        job.settings,
        job.seed,
    )
    seconds = time.perf_counter() - started
    metrics: dict[str, Figures] = {}
    predictions = []
    for name in ("validation", "test"):
        probabilities = classifier.probabilities(parts[name].texts, parts[name].vectors)
        given = classifier.decide(probabilities)
        metrics[name] = measure(given, parts[name].labels)
        predictions.append(_table(films, rows[name], name, classifier, given, probabilities))
    about: dict[str, Any] = {
        "films": {name: len(own) for name, own in rows.items()},
        "fold": job.fold,
        "seed": job.seed,
        "data": file_sha256(Path(job.films)),
        "fit": report,
        "seconds": round(seconds, 2),
        "metrics": metrics,
        "predictions": _write_predictions(folder, pa.concat_tables(predictions)),
    }
    if classifier.needs_vectors:
        settings = job.embed.model_dump(mode="json")
        about["embed"] = {"settings": settings, "revision": job.revision, "dtype": job.dtype}
    save_model(classifier, folder, job.settings, TrainingRecord.model_validate(about))
    shutil.rmtree(checkpoint, ignore_errors=True)
    return TrainedModel(folder, read_manifest(folder))


def _new_scorer(job: Job, checkpoint: Path, progress: Progress | None) -> Scorer:
    model = find_model(job.model)
    if model.family == "blend":
        return BlendScorer([open_model(Path(member)) for member in job.members])
    if model.loss is not None:
        return TransformerScorer(
            job.settings, model.loss, checkpoint=checkpoint, seconds=job.seconds, progress=progress
        )
    assert model.representation is not None, "other models than blend and transformer have features"
    return FeatureScorer(model.representation, model.estimator, job.settings)


def _table(
    films: pa.Table,
    rows: np.ndarray,
    part: str,
    classifier: Classifier,
    given: np.ndarray,
    probabilities: np.ndarray,
) -> pa.Table:
    """Return the predictions of one part: `PREDICTIONS`."""
    columns = [
        films.column("movie_id").take(pa.array(rows)).combine_chunks(),
        pa.array([part] * len(rows), pa.string()),
        pa.array(classifier.genre_names(given), PREDICTIONS.field("genres").type),
        pa.array(list(probabilities.astype(np.float32)), PREDICTIONS.field("probabilities").type),
    ]
    return pa.table(columns, schema=PREDICTIONS)


def _write_predictions(folder: Path, predictions: pa.Table) -> dict[str, str | int]:
    """Write the predictions beside the model's folder; return file, SHA-256 and size."""
    path = folder.with_name(f"{folder.name}.predictions.parquet")
    path.unlink(missing_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    sha256, size = write_table(path, predictions)
    return {"file": path.name, "sha256": sha256, "bytes": size}
