"""The recipe of a mining: a catalogue of films to a release of named micro-genres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow

from flows.mining.checks import check_clusters, place_on_map
from flows.mining.cluster import cluster_films, find_neighbours
from flows.mining.embed import embed_texts, place_films
from flows.mining.ingest import (
    check_reading,
    clean_movies,
    extract_features,
    find_languages,
    read_sources,
    sum_up_reading,
)
from flows.mining.label import name_clusters
from flows.mining.naming_parts import find_naming_parts
from flows.mining.release.publish import publish_release
from flows.mining.results import Mined
from flows.mining.shelves import shape_shelves
from flows.runtime.launch import launch_served
from flows.runtime.prepared_cluster import prepared_cluster
from flows.runtime.session import open_run
from flows.runtime.tasks import submit
from flows.runtime.worker_start import start_workers
from pipeline.lineage.previous_release import known_sources
from pipeline.settings import load_settings

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
    wait_minutes: float = 0.0,
) -> str:
    """Mine catalogues of films into named micro-genres.

    Args:
        sources: Catalogues, each `sample` or `files:PATH`.
        out: Folder for the work and the releases.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section, such as {"cluster": {"k": 120}} or
            {"label": {"new_names": true}}.
        resume: Reuse committed pieces; False computes each again.
        limit: Mine a sample of this many films.
        wait_minutes: How long to wait for another run on the same folder before giving up.

    Returns:
        The folder of the release.
    """
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    about = {"sources": sources, "profile": profile, "limit": limit}
    with open_run(out, settings, about, resume=resume, wait_minutes=wait_minutes) as run:
        start_workers(run)
        mined = Mined()
        mined.known_sources = known_sources(run.store.releases)
        mined.intake = read_sources(run, sources, limit, mined.known_sources)
        mined.cleaned = clean_movies(run, mined.intake)
        movies = mined.cleaned.refs("movies")
        films = mined.cleaned.rows("movies")
        mined.reading = sum_up_reading(
            run,
            mined.intake,
            mined.cleaned,
            films,
            [run.read(mined.intake.rejects), run.read(mined.cleaned.refs("rejects"))],
        )
        check_reading(mined.reading, settings.source.max_rejected_share)
        mined.languages = find_languages(run, movies)
        mined.features = extract_features(run, movies)
        mined.embeddings, mined.embedding_figures = embed_texts(
            run, mined.features.refs("features")
        )
        naming_parts = submit(find_naming_parts, run, movies, mined.languages)
        mined.points, mined.placed_by = place_films(
            run, movies, mined.features, mined.embeddings, mined.languages
        )
        near = submit(find_neighbours, run.background, mined.embeddings, films)
        clusters = cluster_films(run, mined.points)
        checks = submit(check_clusters, run.background, mined.points, clusters)
        mined.parts = naming_parts.result()
        shelves = shape_shelves(run, mined.points, mined.parts, clusters)
        mined.clusters, mined.limits = shelves.clusters, shelves.limits
        film_map = submit(place_on_map, run, mined.points, mined.clusters)
        mined.named = name_clusters(run, movies, mined.embeddings, shelves, mined.parts)
        mined.neighbours, mined.index, mined.neighbour_figures = near.result()
        mined.checks, mined.film_map = checks.result(), film_map.result()
        return publish_release(run, mined)


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
    parameters = {
        "sources": sources,
        "out": out,
        "profile": profile,
        "settings_file": settings_file,
        "overrides": overrides,
        "resume": resume,
        "limit": limit,
    }
    settings = load_settings(profile=profile, file=settings_file, overrides=overrides)
    with prepared_cluster(settings.dask):
        return str(launch_served(mine_flow, Path(out), parameters))
