"""The steps of the genres recipe that train: jobs to models on Dask, models to the registry."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from distributed import as_completed

from flows.events import Note, PieceDone, StageStarted, emit
from flows.genres.prepare import Plan, needs_vectors
from flows.runtime.context import Run
from flows.runtime.tasks import step
from pipeline.genres.data.films import Inputs
from pipeline.genres.models.classifier import model_named
from pipeline.genres.training.registry import FOLDER, register
from pipeline.genres.training.train import Job, job_folder, train

__all__ = ["register_models", "train_models"]


@step("train models")
def train_models(
    run: Run, films: str, vectors: Mapping[Inputs, str], plan: Plan
) -> list[dict[str, Any]]:
    """Every model of the plan on every input and fold; blends once their members are there."""
    jobs = _jobs(run, films, vectors, plan)
    started = time.perf_counter()
    emit(StageStarted("train", len(jobs)))
    members = [job for job in jobs if not model_named(job.model).members]
    done = _train(run, members, plan, 0, len(jobs))
    blends = [_with_members(job, members) for job in jobs if model_named(job.model).members]
    done += _train(run, blends, plan, len(done), len(jobs))
    rows = [
        {
            "model": m["name"],
            "inputs": m["inputs"],
            "fold": m["about"]["fold"],
            "jaccard": m["about"]["metrics"]["test"]["jaccard"],
            "seconds": m["about"]["seconds"],
        }
        for m in done
    ]
    run.told("train", time.perf_counter() - started, rows, f"{len(done)} models")
    return done


def _jobs(run: Run, films: str, vectors: Mapping[Inputs, str], plan: Plan) -> list[Job]:
    settings, jobs = run.settings.genres, []
    folds = [None, *(range(settings.folds) if plan.folds else ())]
    names = list(dict.fromkeys((*_members(plan.models), *plan.models)))
    for inputs in plan.inputs:
        for name in names:
            for fold in folds:
                needed = vectors.get(inputs) if needs_vectors(name) else None
                jobs.append(
                    Job(
                        model=name,
                        inputs=inputs,
                        films=films,
                        vectors=needed,
                        folder=str(run.store.root / FOLDER / "models"),
                        settings=settings,
                        seed=run.settings.seed,
                        fold=fold,
                        seconds=plan.seconds,
                        embed=run.settings.embed,
                        revision=run.model.revision,
                    )
                )
    return jobs


def _members(models: Sequence[str]) -> list[str]:
    return [member for name in models for member in model_named(name).members]


def _with_members(job: Job, known: Sequence[Job]) -> Job:
    folders = tuple(
        str(job_folder(other))
        for member in model_named(job.model).members
        for other in known
        if (other.model, other.inputs, other.fold) == (member, job.inputs, job.fold)
    )
    return replace(job, members=folders)


def _train(
    run: Run, jobs: Sequence[Job], plan: Plan, before: int, total: int
) -> list[dict[str, Any]]:
    made: dict[Job, dict[str, Any]] = {}
    if plan.here:
        for job in jobs:
            made[job] = train(job, lambda at, of, _: emit(PieceDone("fine-tune", at, of)))
            emit(PieceDone("train", before + len(made), total))
    else:
        futures = {}
        for job in jobs:
            future = run.client.submit(
                train,
                job,
                key=f"train-{job_folder(job).name}-{time.time_ns()}",
                pure=False,
                retries=run.settings.dask.retries,
            )
            futures[future] = job
        for future in as_completed(list(futures), loop=run.client.loop):
            made[futures[future]] = future.result()
            future.release()
            emit(PieceDone("train", before + len(made), total))
    return [made[job] for job in jobs]


@step("register models")
def register_models(run: Run, trained: list[dict[str, Any]]) -> dict[str, Any]:
    """The registry with these models in it."""
    told = register(run.store.root / FOLDER, trained)
    emit(Note(f"registered in {run.store.root / FOLDER}: {len(told['models'])} models"))
    return told
