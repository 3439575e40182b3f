"""The training steps of the genres recipe: train models on Dask, register them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from distributed import as_completed

from flows.events import Note, PieceDone, StageStarted, emit
from flows.genres.prepare import Plan, needs_vectors
from flows.runtime.context import RunContext
from flows.runtime.tasks import step
from pipeline.genres.data.films import Inputs
from pipeline.genres.models.classifier import find_model
from pipeline.genres.training.documents import Registry, TrainedModel
from pipeline.genres.training.registry import FOLDER, register
from pipeline.genres.training.train import Job, job_folder, train

__all__ = ["register_models", "train_models"]


@step("train models")
def train_models(
    run: RunContext, films: str, vectors: Mapping[Inputs, str], plan: Plan
) -> list[TrainedModel]:
    """Train every model of the plan on every input and fold; blends after their members."""
    jobs = _jobs(run, films, vectors, plan)
    started = time.perf_counter()
    emit(StageStarted("train", len(jobs)))
    members = [job for job in jobs if not find_model(job.model).members]
    done = _train(run, members, plan, 0, len(jobs))
    blends = [_with_members(job, members) for job in jobs if find_model(job.model).members]
    done += _train(run, blends, plan, len(done), len(jobs))
    rows = [
        {
            "model": model.manifest.name,
            "inputs": model.manifest.inputs,
            "fold": model.manifest.about.fold,
            "jaccard": model.manifest.about.metrics["test"]["jaccard"],
            "seconds": model.manifest.about.seconds,
        }
        for model in done
    ]
    run.show("train", time.perf_counter() - started, rows, f"{len(done)} models")
    return done


def _jobs(run: RunContext, films: str, vectors: Mapping[Inputs, str], plan: Plan) -> list[Job]:
    """Return the jobs of the plan; the members of blends come first."""
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
                        revision=run.weights.revision,
                        dtype=None if needed is None else run.dtype_choice.dtype,
                    )
                )
    return jobs


def _members(models: Sequence[str]) -> list[str]:
    return [member for name in models for member in find_model(name).members]


def _with_members(job: Job, known: Sequence[Job]) -> Job:
    """Return the job of a blend with the folders of its members."""
    folders = tuple(
        str(job_folder(other))
        for member in find_model(job.model).members
        for other in known
        if (other.model, other.inputs, other.fold) == (member, job.inputs, job.fold)
    )
    return replace(job, members=folders)


def _show_step(step: int, steps: int, _loss: float) -> None:
    emit(PieceDone("fine-tune", step, steps))


def _train(
    run: RunContext, jobs: Sequence[Job], plan: Plan, before: int, total: int
) -> list[TrainedModel]:
    """Run the jobs in this process or on the cluster; `before` of `total` are already done."""
    trained: dict[Job, TrainedModel] = {}
    if plan.here:
        for job in jobs:
            trained[job] = train(job, _show_step)
            emit(PieceDone("train", before + len(trained), total))
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
            trained[futures[future]] = future.result()
            future.release()
            emit(PieceDone("train", before + len(trained), total))
    return [trained[job] for job in jobs]


@step("register models")
def register_models(run: RunContext, trained: list[TrainedModel]) -> Registry:
    """Add the models to the registry, and return the registry."""
    registry = register(run.store.root / FOLDER, trained)
    emit(Note(f"registered in {run.store.root / FOLDER}: {len(registry.models)} models"))
    return registry
