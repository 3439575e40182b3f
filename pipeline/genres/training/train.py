"""One model of one split, trained, measured and kept: what a worker of the cluster is handed.

The folder is named by a fingerprint of all that the model depends on, so a model that is there is
found, not trained again.
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
from pipeline.genres.models.classifier import Classifier, fitted, model_named
from pipeline.genres.models.finetune import Progress
from pipeline.genres.models.metrics import figures
from pipeline.genres.models.scorers import FeatureScorer, Held, Scorer, TransformerScorer
from pipeline.genres.training.persistence import MANIFEST, keep, open_model, read_manifest
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import EmbedSettings, GenreSettings

__all__ = ["PREDICTIONS", "Job", "job_folder", "sides", "train"]

VERSION = 3  # raised by hand whenever a model trained from the same films would be another

# What a model told of every film of validation and test.
PREDICTIONS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("part", pa.string()),
        ("genres", pa.list_(pa.string())),  # told, not true
        ("probabilities", pa.list_(pa.float32())),  # in the order of the manifest's genres
    ]
)


@dataclass(frozen=True)
class Job:
    """What to train: small, so that it can travel to a worker.

    Attributes
    ----------
    films, vectors : Parquet files of FILMS, and of (movie_id, vector) of the same films in the same
        order; no vectors where the model needs none.
    embed, revision : how the vectors were made: settings, and SHA-256 of the weights.
    fold : None for the split itself; else the fold that is measured, the next one validates.
    members : folders of the models of a blend.
    seconds : how long fine-tuning may take in this call; None: as long as it needs.
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


def job_folder(job: Job) -> Path:
    """Where the model of a job is kept: `MODEL-INPUTS[-FOLD]-FINGERPRINT`.

    Films and vectors are known by their names, which `catalogue.put` makes of what they hold.
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


def sides(films: pa.Table, fold: int | None, folds: int) -> dict[str, np.ndarray]:
    """Rows of the films to train on, to validate on and to measure on, int64 each."""
    if fold is None:
        part = np.array(films.column("part").to_pylist(), object)
        names = ("train", "validation", "test")
        return {name: np.flatnonzero(part == name) for name in names}
    own = films.column("fold").to_numpy()
    after = (fold + 1) % folds
    return {
        "train": np.flatnonzero((own >= 0) & (own != fold) & (own != after)),
        "validation": np.flatnonzero(own == after),
        "test": np.flatnonzero(own == fold),
    }


def train(job: Job, progress: Progress | None = None) -> dict[str, Any]:
    """Train, measure and keep the model of a job; returns its manifest and `folder`.

    Raises
    ------
    finetune.Unfinished
        when `job.seconds` are over; the same job goes on from its checkpoint.
    ModelError
        when a side of the split is empty, or what the model needs is not given.
    """
    folder = job_folder(job)
    if (folder / MANIFEST).is_file():
        return read_manifest(folder) | {"folder": str(folder)}
    films = read_table(Path(job.films))
    labels, genres = label_matrix(films)
    texts = texts_of(films).compose(job.inputs)
    vectors = None if job.vectors is None else matrix_of(read_table(Path(job.vectors)))
    rows = sides(films, job.fold, job.settings.folds)
    for name, own in rows.items():
        if not len(own):
            raise ModelError(f"model {job.model!r}: no films for {name}; give a larger catalogue")
    held = {
        name: Held([texts[i] for i in own], None if vectors is None else vectors[own], labels[own])
        for name, own in rows.items()
    }
    checkpoint = folder.with_name(f".checkpoint-{folder.name}")
    started = time.perf_counter()
    scorer = _scorer(job, checkpoint, progress)
    made, told = fitted(
        job.model,
        job.inputs,
        genres,
        scorer,
        held["train"],
        held["validation"],
        job.settings,
        job.seed,
    )
    seconds = time.perf_counter() - started
    about: dict[str, Any] = {
        "films": {name: len(own) for name, own in rows.items()},
        "fold": job.fold,
        "seed": job.seed,
        "data": file_sha256(Path(job.films)),
        "fit": told,
        "seconds": round(seconds, 2),
        "metrics": {},
    }
    if made.needs_vectors:
        about["embed"] = {
            "settings": job.embed.model_dump(mode="json"),
            "revision": job.revision,
        }
    predictions = []
    for name in ("validation", "test"):
        probabilities = made.probabilities(held[name].texts, held[name].vectors)
        told_genres = made.decided(probabilities)
        about["metrics"][name] = figures(told_genres, held[name].labels)
        predictions.append(_table(films, rows[name], name, made, told_genres, probabilities))
    _keep(made, folder, job.settings, about, pa.concat_tables(predictions))
    shutil.rmtree(checkpoint, ignore_errors=True)
    return read_manifest(folder) | {"folder": str(folder)}


def _scorer(job: Job, checkpoint: Path, progress: Progress | None) -> Scorer:
    model = model_named(job.model)
    if model.family == "blend":
        return BlendScorer([open_model(Path(member)) for member in job.members])
    if model.loss is not None:
        return TransformerScorer(
            job.settings, model.loss, checkpoint=checkpoint, seconds=job.seconds, progress=progress
        )
    assert model.representation is not None, "what is no blend and no transformer has features"
    return FeatureScorer(model.representation, model.estimator, job.settings)


def _table(
    films: pa.Table,
    rows: np.ndarray,
    part: str,
    made: Classifier,
    told: np.ndarray,
    probabilities: np.ndarray,
) -> pa.Table:
    columns = [
        films.column("movie_id").take(pa.array(rows)).combine_chunks(),
        pa.array([part] * len(rows), pa.string()),
        pa.array(made.named(told), PREDICTIONS.field("genres").type),
        pa.array(list(probabilities.astype(np.float32)), PREDICTIONS.field("probabilities").type),
    ]
    return pa.table(columns, schema=PREDICTIONS)


def _keep(
    made: Classifier,
    folder: Path,
    settings: GenreSettings,
    about: dict[str, Any],
    predictions: pa.Table,
) -> None:
    aside = folder.with_name(f"{folder.name}.predictions.parquet")
    aside.unlink(missing_ok=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    sha256, size = write_table(aside, predictions)
    about["predictions"] = {"file": aside.name, "sha256": sha256, "bytes": size}
    keep(made, folder, settings, about)
