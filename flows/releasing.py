"""The last steps: the report, the release's tables, and the commit that makes it the latest."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from prefect.artifacts import create_markdown_artifact

from flows.mined import Mined
from flows.progress import Note, StageStarted, emit
from flows.release_record import content_of, manifest_of, release_id_of
from flows.run import Run
from flows.steps import each, first_films, step
from pipeline import publish, quality
from pipeline.durable import write_parts
from pipeline.errors import ReleaseError
from pipeline.identity import count_events
from pipeline.languages import fit_by_language, languages
from pipeline.neighbours import index_bytes
from pipeline.page import render_page
from pipeline.report import assemble, cluster_figures, fit_map, place_on_map
from pipeline.rows import hash_rows
from pipeline.space import numbers_table
from pipeline.store import verify_release, write_bytes, write_table
from pipeline.succession import BASELINE, ROWS
from pipeline.tables import REJECTS
from pipeline.vectors import matrix_of

__all__ = ["Mined", "publish_release"]


@step("publish release")
def publish_release(run: Run, mined: Mined) -> str:
    """Report, tables, manifest, commit; returns the folder of the release."""
    emit(StageStarted("publish"))
    started = time.perf_counter()
    tables = _tables(run, mined)
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
    for name, table in tables.items():
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


def _tables(run: Run, mined: Mined) -> dict[str, pa.Table]:
    movies = run.read(mined.cleaned.refs("movies"))
    assignments = publish.mark_weak(
        run.read(mined.clusters.assignments), run.settings.cluster.weak_quantile
    )
    named = mined.named
    micro_genres = publish.micro_genres(movies, assignments, named.labels, named.text_means)
    rejects = pa.concat_tables(
        [run.read(mined.intake.rejects), run.read(mined.cleaned.refs("rejects"))]
    ).sort_by([("source", "ascending"), ("row", "ascending")])
    rows = run.stage(
        "row-hashes", hash_rows, each(("movies", mined.intake.partitions)), shown=False
    )
    spoken = run.stage(
        "languages", languages, each(("movies", mined.cleaned.refs("movies"))), shown=False
    )
    drawn, places = _map(run, mined, assignments.column("cluster").to_numpy())
    tables = {
        "movies": publish.released_movies(movies, assignments, micro_genres, places),
        "micro_genres": micro_genres,
        "families": publish.families(micro_genres, named.families),
        "neighbours": run.read(mined.neighbours).sort_by(
            [("movie_id", "ascending"), ("rank", "ascending")]
        ),
        "embeddings": run.read(mined.embeddings),
        "rejects": rejects.cast(REJECTS),
        "centroids": run.read(mined.clusters.centroids),
        "space": run.read(mined.placed_by["space"]),
        "vocabulary": run.read(mined.placed_by["vocabulary"]),
        "map": numbers_table(drawn),
        "rows": run.read(rows.refs("rows")).sort_by([(n, "ascending") for n in ROWS.names]),
        "languages": run.read(spoken.refs("languages")).sort_by("movie_id"),
        "baseline": assignments.select(BASELINE.names).sort_by(
            [(n, "ascending") for n in BASELINE.names]
        ),
        "lineage": named.succession.lineage(
            run, [(row["micro_genre_id"], row["micro_genre_name"]) for row in named.labels]
        ),
    }
    if "terms" in mined.placed_by:
        tables["tfidf"] = run.read(mined.placed_by["terms"])
    return {name: table.combine_chunks() for name, table in tables.items()}


def _map(run: Run, mined: Mined, labels: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What places a film on the map, and where each lies, (films, 2) float32.

    It is fitted on the films that the clusters were trained on; then a partition at a time is
    placed, so that this process never holds the points of all films of a large catalogue.
    """
    centroids = matrix_of(run.read(mined.clusters.centroids))
    first = run.training(mined.points)
    trained = matrix_of(run.read(mined.points[:first]))
    drawn = fit_map(trained, centroids, labels[: len(trained)], run.settings.seed)
    places = [place_on_map(trained, centroids, labels[: len(trained)], drawn)]
    placed = len(trained)
    for ref in mined.points[first:]:
        points = matrix_of(run.read(ref))
        own = labels[placed : placed + len(points)]
        places.append(place_on_map(points, centroids, own, drawn))
        placed += len(points)
    return drawn, np.concatenate(places)


def _report(
    run: Run, mined: Mined, tables: dict[str, pa.Table], release_id: str
) -> tuple[dict[str, Any], str]:
    settings = run.settings
    movies = run.read(mined.cleaned.refs("movies"), ["movie_id", "genres"])
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
        [genres or [] for genres in movies.column("genres").to_pylist()],
        settings.report,
    )
    choice = mined.clusters.choice
    clusters["seed_ari"] = mined.clusters.seed_ari
    clusters["subsample_ari"] = next(
        (row["stability"] for row in choice["curve"] if row["k"] == choice["chosen"]), None
    )
    reasons: dict[str, int] = {}
    for reason in tables["rejects"].column("reason").to_pylist():
        reasons[reason] = reasons.get(reason, 0) + 1
    counts = {
        "rows_in": mined.intake.rows_in,
        "released": len(tables["movies"]),
        "rejected": len(tables["rejects"]),
        "micro_genres": len(tables["micro_genres"]),
        "families": len(tables["families"]),
        "weak_films": sum(tables["movies"].column("weak").to_pylist()),
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
            "languages": fit_by_language(tables["movies"], tables["languages"]),
            "lineage": count_events(tables["lineage"], mined.named.succession.generation),
            "seconds": {name: round(value, 3) for name, value in run.seconds.items()},
        }
    )
    # partitions are cut by a hash of the ids: the first films are a random sample
    shown = movies.column("movie_id").slice(0, settings.report.map_films).combine_chunks()
    released = tables["movies"]
    drawn = released.filter(pc.is_in(released.column("movie_id"), value_set=shown))
    drawn = drawn.select(["movie_id", "title", "year", "cluster", "x", "y"])
    return report, render_page(report, tables["micro_genres"], tables["families"], drawn)


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
