"""The last steps: the report, the release's tables, and the commit that makes it the latest."""

from __future__ import annotations

import json
import time
from itertools import chain
from typing import Any

import pyarrow.compute as pc
from prefect.artifacts import create_markdown_artifact

from flows.events import Note, StageStarted, emit
from flows.mining.release_manifest import content_of, manifest_of, release_id_of
from flows.mining.release_tables import ReleaseTables, tables_of
from flows.mining.results import Mined
from flows.runtime.context import Run
from flows.runtime.tasks import first_films, step
from pipeline.cleaning import profile as quality
from pipeline.cleaning.language import fit_by_language
from pipeline.errors import ReleaseError
from pipeline.fileio.atomic import write_parts
from pipeline.lineage.matching import count_events
from pipeline.neighbours.index import index_bytes
from pipeline.publish import tables as publish
from pipeline.report.figures import assemble, cluster_figures
from pipeline.report.html import render_page
from pipeline.schemas.vectors import matrix_of
from pipeline.storage.work_store import verify_release, write_bytes, write_table

__all__ = ["Mined", "publish_release"]


@step("publish release")
def publish_release(run: Run, mined: Mined) -> str:
    """Report, tables, manifest, commit; returns the folder of the release."""
    emit(StageStarted("publish"))
    started = time.perf_counter()
    tables = tables_of(run, mined)
    content = content_of(run, mined, tables)
    release_id = release_id_of(run, mined, tables, content)
    report, page = _report(run, mined, tables, release_id)
    existing = run.store.root / "releases" / release_id
    if existing.exists():
        try:
            verify_release(existing)
        except ReleaseError as error:
            emit(Note(f"release {release_id} is damaged and made again: {error}"))
            run.store.set_aside(release_id)
        else:
            run.store.point_latest(release_id)
            _tell(run, report, started)
            return str(existing)
    attempt = run.store.begin_release(release_id)
    for name, table in tables.files.items():
        write_table(attempt / f"{name}.parquet", table)
    write_parts(attempt / "index.faiss", index_bytes(run.store.parts(mined.index)))
    report["seconds"]["total"] = round(time.perf_counter() - run.started, 3)
    encoded = json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(attempt / "report.json", encoded.encode())
    write_bytes(attempt / "report.html", page.encode())
    write_bytes(attempt / "README.md", publish.dataset_card(report, run.settings.publish).encode())
    manifest = manifest_of(run, mined, tables, report) | {"content": content}
    path = run.store.commit_release(attempt, release_id, manifest)
    _tell(run, report, started)
    return str(path)


def _report(
    run: Run, mined: Mined, tables: ReleaseTables, release_id: str
) -> tuple[dict[str, Any], str]:
    settings, films = run.settings, tables.films
    made = run.read(mined.features.refs("features"), ["desc_length"])
    assignments = run.read(mined.clusters.assignments)
    few = settings.report.silhouette_films
    labels = assignments.column("cluster").to_numpy()
    similarity = assignments.column("similarity").to_numpy()
    clusters = cluster_figures(
        matrix_of(run.read(first_films(mined.points, few))),
        matrix_of(run.read(first_films(mined.embeddings, few), ["vector"])),
        labels,
        similarity,
        made.column("desc_length").to_numpy(),
        chain.from_iterable(
            run.read(ref, ["genres"]).column("genres").to_pylist()
            for ref in mined.cleaned.refs("movies")
        ),
        settings.report,
    )
    choice = mined.clusters.choice
    clusters["seed_ari"] = mined.clusters.seed_ari
    clusters["subsample_ari"] = next(
        (row["stability"] for row in choice["curve"] if row["k"] == choice["chosen"]), None
    )
    reasons: dict[str, int] = {}
    for reason in tables.whole("rejects").column("reason").to_pylist():
        reasons[reason] = reasons.get(reason, 0) + 1
    counts = {
        "rows_in": mined.intake.rows_in,
        "released": len(films),
        "rejected": len(tables.whole("rejects")),
        "micro_genres": len(tables.whole("micro_genres")),
        "families": len(tables.whole("families")),
        "weak_films": int(films.column("weak").to_numpy(zero_copy_only=False).sum()),
    }
    profiles = run.read(mined.cleaned.refs("profile"))
    comparison = [run.read(ref).to_pylist()[0] for ref in mined.clusters.comparison]
    report = assemble(
        {
            "release_id": release_id,
            "title": settings.publish.title,
            "attribution": publish.attributed(settings.publish, mined.intake.sources),
            "licence": settings.publish.licence,
            "counts": counts,
            "data_quality": quality.combine([profiles], reasons, mined.intake.rows_in),
            "k": choice,
            "clusters": clusters,
            "names": mined.named.figures,
            "comparison": comparison,
            "neighbours": mined.neighbour_figures,
            "embedding": mined.embedding_figures,
            "languages": fit_by_language(films, tables.whole("languages")),
            "lineage": count_events(tables.whole("lineage"), mined.named.succession.generation),
            "seconds": {name: round(value, 3) for name, value in run.seconds.items()},
        }
    )
    # partitions are cut by a hash of the ids: the first films are a random sample
    few = settings.report.map_films
    shown = run.read(first_films(mined.cleaned.refs("movies"), few), ["movie_id"])
    wanted = shown.column("movie_id").slice(0, few).combine_chunks()
    drawn = films.filter(pc.is_in(films.column("movie_id"), value_set=wanted))
    drawn = drawn.select(["movie_id", "title", "year", "cluster", "x", "y"])
    page = render_page(report, tables.whole("micro_genres"), tables.whole("families"), drawn)
    return report, page


def _tell(run: Run, report: dict[str, Any], started: float) -> None:
    """The report as a Markdown artifact, the last word of the run in the Prefect UI."""
    release_id = report["release_id"]
    rows = [{"table": name, "rows": count} for name, count in report["counts"].items()]
    run.told("publish", time.perf_counter() - started, rows, f"release {release_id}")
    counts, names, clusters = report["counts"], report["names"], report["clusters"]
    lines = [
        f"# Release {release_id}",
        "",
        f"{counts['released']:,} films of {counts['rows_in']:,} rows, {counts['micro_genres']} "
        f"micro-genres, {counts['families']} families, {counts['rejected']:,} rejects.",
        "",
        "| figure | value | how to read it |",
        "|---|---|---|",
    ]
    for group, figures in (
        ("names", names),
        ("clusters", clusters),
        ("neighbours", report["neighbours"]),
    ):
        for name, value in figures.items():
            why = report["explanations"].get(f"{group}.{name}")
            if why and isinstance(value, int | float):
                lines.append(f"| {name.replace('_', ' ')} | {value:.3f} | {why} |")
    text, about = "\n".join(lines), f"Release {release_id}"
    run.artifacts.send(create_markdown_artifact, text, key="report", description=about)
