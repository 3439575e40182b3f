"""The recipe: a catalogue of films to a release of named micro-genres."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from flows.server import prefect_server, quiet_prefect

quiet_prefect()  # before Prefect is imported

from prefect import flow  # noqa: E402

from flows.naming import name_clusters  # noqa: E402
from flows.progress import Address, StageDone, StageStarted, emit  # noqa: E402
from flows.releasing import Mined, publish_release  # noqa: E402
from flows.run import Run  # noqa: E402
from flows.steps import (  # noqa: E402
    clean_movies,
    cluster_films,
    embed_texts,
    embedding_figures,
    extract_features,
    find_neighbours,
    place_films,
    read_sources,
)
from pipeline.embed import warm  # noqa: E402
from pipeline.errors import SourceError  # noqa: E402
from pipeline.model import identify  # noqa: E402
from pipeline.partitions import local_cluster  # noqa: E402
from pipeline.settings import load_settings  # noqa: E402
from pipeline.store import Store  # noqa: E402

__all__ = ["mine", "mine_flow"]


@flow(name="mine", flow_run_name="mine into {out}", validate_parameters=False)
def mine_flow(
    sources: list[str],
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    resume: bool = True,
    limit: int | None = None,
) -> str:
    """Mine catalogues of films into named micro-genres.

    Args:
        sources: Catalogues, each `sample` or `files:PATH`.
        out: Folder that takes the work and the releases.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section, such as {"cluster": {"k": 120}}.
        resume: Take what is committed as it is; False makes it again.
        limit: Mine a sample of this many films.

    Returns:
        The folder of the release.
    """
    settings = load_settings(
        profile=profile,
        file=Path(settings_file) if settings_file else None,
        overrides=overrides,
    )
    store = Store(Path(out))
    with store.lock(), local_cluster(settings.dask) as client:
        if client.dashboard_link:
            emit(Address("Dask dashboard", client.dashboard_link))
        run = Run(store, client, settings, identify(settings.embed), resume)
        mined = Mined()
        mined.intake = read_sources(run, sources, limit)
        mined.cleaned = clean_movies(run, mined.intake)
        movies = mined.cleaned.refs("movies")
        films = mined.cleaned.rows("movies")
        if not films:
            raise SourceError("no film came out of cleaning; see the rejects' reasons in the log")
        mined.features = extract_features(run, movies)
        load_model(run)
        mined.embeddings = embed_texts(run, mined.features.refs("features"))
        mined.embedding_figures = embedding_figures(run, films, mined.features.refs("features"))
        mined.points, mined.placed_by = place_films(run, movies, mined.features, mined.embeddings)
        mined.clusters = cluster_films(run, mined.points)
        mined.neighbours, mined.index, mined.neighbour_figures = find_neighbours(
            run, mined.embeddings, films
        )
        mined.named = name_clusters(run, movies, mined.embeddings, mined.clusters)
        return publish_release(run, mined)


def load_model(run: Run) -> None:
    """Load the model in every worker before encoding is timed."""
    emit(StageStarted("load-model"))
    started = time.perf_counter()
    model = run.model
    run.client.run(warm, run.settings.embed, model.revision, model.dtype)
    run.seconds["load-model"] = time.perf_counter() - started
    emit(StageDone("load-model", run.seconds["load-model"], f"{model.device}, {model.dtype}"))


def mine(
    sources: list[str],
    out: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    resume: bool = True,
    limit: int | None = None,
) -> str:
    """Run `mine_flow` under the Prefect server of PREFECT_API_URL, or an embedded one."""
    with prefect_server(Path(out) / "work" / "prefect-server.log"):
        return mine_flow(sources, out, profile, settings_file, overrides, resume, limit)
