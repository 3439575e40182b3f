"""The last step of a mining: the report, the tables and the manifest of the release."""

from __future__ import annotations

import time
from itertools import chain
from typing import Any

from prefect.artifacts import create_markdown_artifact

from flows.events import StageStarted, emit
from flows.mining.release.manifest import content_of, manifest_of, release_id_of
from flows.mining.release.tables import ReleaseTables, tables_of
from flows.mining.results import Mined
from flows.runtime.context import RunContext
from flows.runtime.release_writer import ReleaseContent, write_release
from flows.runtime.tasks import first_films, step
from pipeline.cleaning import profile
from pipeline.cleaning.language import fit_by_language
from pipeline.lineage.matching import count_events
from pipeline.neighbours.index import index_bytes
from pipeline.publish import tables as publish
from pipeline.report.composition import about_release, compose
from pipeline.report.figures import assemble, cluster_figures
from pipeline.report.html import render_page
from pipeline.report.name_truth import name_truth_figures
from pipeline.report.summary import (
    count_reasons,
    films_on_map,
    markdown_figures,
    markdown_summary,
    release_counts,
)
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.vectors import matrix_of

__all__ = ["publish_release"]


@step("publish release")
def publish_release(run: RunContext, mined: Mined) -> str:
    """Publish what was mined; return the folder of the release."""
    emit(StageStarted("publish"))
    started = time.perf_counter()
    tables = tables_of(run, mined)
    content = content_of(run, mined, tables)
    release_id = release_id_of(run, mined, tables, content)
    report = _report(run, mined, tables, release_id)
    manifest = manifest_of(run, mined, tables, report, content)
    path = write_release(
        run,
        ReleaseContent(
            release_id=release_id,
            tables=tables.files,
            index=index_bytes(run.store.work.parts(mined.index)),
            report=report,
            page=_page(run, mined, tables, report, manifest),
            publish=run.settings.publish,
            manifest=manifest,
        ),
    )
    rows = [{"table": name, "rows": count} for name, count in report["counts"].items()]
    run.show("publish", time.perf_counter() - started, rows, f"release {release_id}")
    run.artifacts.send(
        create_markdown_artifact,
        markdown_figures(report),
        key="report",
        description=f"Figures of release {release_id}",
    )
    # first by name, and by time: the newest is listed first
    run.artifacts.send(
        create_markdown_artifact,
        markdown_summary(report, tables.whole("micro_genres"), path.absolute()),
        key="00-summary",
        description=f"What the run made: release {release_id}",
    )
    return str(path)


def _report(
    run: RunContext, mined: Mined, tables: ReleaseTables, release_id: str
) -> dict[str, Any]:
    """Return the quality report of the release."""
    settings, films, rejects = run.settings, tables.films, tables.whole("rejects")
    features = run.read(mined.features.refs("features"), ["desc_length"])
    assignments = run.read(mined.clusters.assignments)
    sample = settings.report.silhouette_films
    clusters = cluster_figures(
        matrix_of(run.read(first_films(mined.points, sample))),
        matrix_of(run.read(first_films(mined.embeddings, sample), ["vector"])),
        assignments.column("cluster").to_numpy(),
        assignments.column("similarity").to_numpy(),
        features.column("desc_length").to_numpy(),
        chain.from_iterable(
            run.read(ref, ["genres"]).column("genres").to_pylist()
            for ref in mined.cleaned.refs("movies")
        ),
        settings.report,
    )
    choice = mined.clusters.choice
    clusters["seed_ari"] = mined.checks.seed_ari
    clusters["subsample_ari"] = next(
        (row["stability"] for row in choice["curve"] if row["k"] == choice["chosen"]), None
    )
    profiles = run.read(mined.cleaned.refs("profile"))
    return assemble(
        {
            "release_id": release_id,
            "title": settings.publish.title,
            "attribution": publish.attributed(settings.publish, mined.intake.sources),
            "licence": settings.publish.licence,
            "counts": release_counts(
                mined.intake.rows_in,
                films,
                rejects,
                tables.whole("micro_genres"),
                tables.whole("families"),
            ),
            "data_quality": profile.combine(
                [profiles], count_reasons(rejects), mined.intake.rows_in
            ),
            "reading": mined.reading.to_dict(),
            "k": choice,
            "clusters": clusters,
            "names": mined.named.figures,
            "name_truth": name_truth_figures(tables.whole("micro_genres")),
            "comparison": [run.read(ref).to_pylist()[0] for ref in mined.checks.comparison],
            "neighbours": mined.neighbour_figures,
            "embedding": mined.embedding_figures,
            "languages": fit_by_language(films, tables.whole("languages")),
            "lineage": count_events(tables.whole("lineage"), mined.named.continuation.generation),
            "seconds": {name: round(value, 3) for name, value in run.seconds.items()},
        }
    )


def _page(
    run: RunContext,
    mined: Mined,
    tables: ReleaseTables,
    report: dict[str, Any],
    manifest: ReleaseManifest,
) -> str:
    """Return the report as a page, with a random sample of films on its map."""
    # partitions are cut by a hash of the ids: the first films are a random sample
    most = run.settings.report.map_films
    refs = first_films(mined.cleaned.refs("movies"), most)
    sample = run.read(refs, ["movie_id", "year", "genres", "keywords"]).slice(0, most)
    clusters = run.read(mined.clusters.assignments).column("cluster").slice(0, sample.num_rows)
    shown = films_on_map(tables.films, sample.column("movie_id").combine_chunks())
    families = tables.whole("families")
    composition = compose(
        tables.whole("micro_genres"),
        families,
        tables.whole("centroids"),
        sample.append_column("cluster", clusters),
        about_release(manifest),
    )
    return render_page(report, tables.whole("micro_genres"), families, shown, composition)
