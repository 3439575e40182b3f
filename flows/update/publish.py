"""The release that an update makes: its report, its tables, its manifest, and the commit."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.events import Note, emit
from flows.update.steps import Updating, point_means
from pipeline.cleaning import profile
from pipeline.cleaning.language import fit_by_language
from pipeline.errors import ReleaseError
from pipeline.fileio.atomic import write_parts
from pipeline.fileio.parquet import table_digest
from pipeline.lineage.matching import Grouping, count_events, lineage, match
from pipeline.lineage.previous_release import Predecessor
from pipeline.neighbours.index import index_bytes
from pipeline.publish import tables as publish
from pipeline.report.figures import assemble
from pipeline.report.html import render_page
from pipeline.schemas.lineage import DRIFT
from pipeline.schemas.vectors import matrix_of
from pipeline.storage.work_store import fingerprint, verify_release, write_bytes, write_table
from pipeline.update.apply import Updated
from pipeline.update.changes import Changes
from pipeline.update.drift import Drifted, drift_rows, drifted, keyword_uses

__all__ = ["publish_update"]

_CARRIED = ("k", "comparison", "names", "clusters", "embedding")


def publish_update(
    at: Updating,
    before: Predecessor,
    changes: Changes,
    now: Updated,
    novelty: dict[str, Any],
    *,
    mine_when_due: bool,
) -> tuple[str, Drifted]:
    """Commit the next release and move `latest` to it; its folder, and how far it drifted."""
    with at.timed("publish") as detail:
        generation = before.generation + 1
        drift = _drift(at, now, novelty)
        decision = ("mining started" if mine_when_due else "mining due") if drift.due else "none"
        now.tables["drift"] = _drift_history(at, drift, generation, decision)
        now.tables["lineage"] = _lineage(at, before, now, generation)
        digests = {name: table_digest(table) for name, table in sorted(now.tables.items())}
        release_id = fingerprint("update", before.release_id, digests)[:12]
        report = _report(at, before, changes, now, release_id, drift, decision, novelty)
        path = _commit(at, before, changes, now, report, generation)
        detail.append(f"release {release_id}")
    return path, drift


def _commit(
    at: Updating,
    before: Predecessor,
    changes: Changes,
    now: Updated,
    report: dict[str, Any],
    generation: int,
) -> str:
    store, release_id = at.store, report["release_id"]
    existing = store.root / "releases" / release_id
    if existing.exists():  # an update that was killed before `latest` moved
        try:
            verify_release(existing)
        except ReleaseError as error:
            emit(Note(f"release {release_id} is damaged and made again: {error}"))
            store.set_aside(release_id)
        else:
            store.point_latest(release_id)
            return str(existing)
    attempt = store.begin_release(release_id)
    for name, table in now.tables.items():
        write_table(attempt / f"{name}.parquet", table)
    write_parts(attempt / "index.faiss", index_bytes(now.index))
    page = _page(at, now, report)
    report["seconds"] = {name: round(value, 3) for name, value in at.seconds.items()}
    report["seconds"]["total"] = round(time.perf_counter() - at.started, 3)
    encoded = json.dumps(report, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_bytes(attempt / "report.json", encoded.encode())
    write_bytes(attempt / "report.html", page.encode())
    card = publish.dataset_card(report, at.published)
    write_bytes(attempt / "README.md", card.encode())
    manifest = {
        name: value
        for name, value in at.before.manifest.items()
        if name not in ("files", "content")
    } | {
        "release_id": release_id,
        "kind": "updated",
        "parent": before.release_id,
        "mined": at.before.manifest.get("mined", before.release_id),
        "generation": generation,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": {n: report["counts"][n] for n in ("rows_in", "released", "rejected")},
        "schema": {
            name: {f.name: str(f.type) for f in table.schema} for name, table in now.tables.items()
        },
        "sources": list(changes.sources),
    }
    return str(store.commit_release(attempt, release_id, manifest))


def _drift(at: Updating, now: Updated, novelty: dict[str, Any]) -> Drifted:
    movies = now.tables["movies"]
    uses = {
        "mined": at.before.manifest["keyword_uses"],
        "now": keyword_uses([movies], now.tables["vocabulary"]),
    }
    return drifted(
        now.tables["baseline"],
        movies.column("cluster").to_numpy(),
        movies.column("similarity").to_numpy(),
        point_means(now),
        matrix_of(now.tables["centroids"]),
        uses,
        {"novel": novelty["share"], "proposals": len(novelty["proposals"])},
        at.settings.drift,
    )


def _drift_history(at: Updating, drift: Drifted, generation: int, decision: str) -> pa.Table:
    """What was measured since the last mining, this update last."""
    path = at.before.path / "drift.parquet"
    earlier = at.before.table("drift", DRIFT) if path.is_file() else DRIFT.empty_table()
    return pa.concat_tables([earlier, drift_rows(drift, generation, at.before.id, decision)])


def _lineage(at: Updating, before: Predecessor, now: Updated, generation: int) -> pa.Table:
    movies = now.tables["movies"]
    films = Grouping(
        movies.column("movie_id").to_pylist(),
        movies.column("cluster").to_numpy(),
        before.films.centroids,
    )
    found = match(before.films, films, at.settings.identity)
    every = {cluster: cluster for cluster in range(len(before.told))}  # the centroids stand
    found = type(found)(every, found.shared, found.likeness)
    return lineage(found, before.told, before.told, before.ended, generation, at.settings.identity)


def _report(
    at: Updating,
    before: Predecessor,
    changes: Changes,
    now: Updated,
    release_id: str,
    drift: Drifted,
    decision: str,
    novelty: dict[str, Any],
) -> dict[str, Any]:
    parent, movies = at.before.report, now.tables["movies"]
    reasons: dict[str, int] = {}
    for reason in now.tables["rejects"].column("reason").to_pylist():
        reasons[reason] = reasons.get(reason, 0) + 1
    counts = {
        "rows_in": changes.rows_in,
        "released": len(movies),
        "rejected": len(now.tables["rejects"]),
        "micro_genres": len(now.tables["micro_genres"]),
        "families": len(now.tables["families"]),
        "weak_films": sum(movies.column("weak").to_pylist()),
    }
    mined = at.before.manifest.get("mined", before.release_id)
    return assemble(
        {
            "release_id": release_id,
            "title": at.published.title,
            "attribution": publish.attributed(
                at.published, changes.sources, parent.get("attribution") or ""
            ),
            "licence": at.published.licence,
            "counts": counts,
            "data_quality": _quality(parent, movies, reasons, changes.rows_in),
            # measured when the release was mined: an update moves no centroid and names nothing
            **{name: parent[name] for name in _CARRIED if name in parent},
            "carried": {"from": mined, "sections": [n for n in _CARRIED if n in parent]},
            "neighbours": parent["neighbours"],
            "languages": fit_by_language(movies, now.tables["languages"]),
            "lineage": count_events(now.tables["lineage"], before.generation + 1),
            "update": {
                "parent": before.release_id,
                "mined": mined,
                "added": len(changes.added),
                "changed": len(changes.changed),
                "withdrawn": len(changes.withdrawn),
                "placed": len(changes.placed),
                "texts_encoded": at.encoded,
            },
            "novelty": novelty,
            "drift": {
                "figures": drift.figures,
                "thresholds": drift.thresholds,
                "past": drift.past,
                "decision": decision,
                "grown": drift.grown,
            },
        }
    )


def _quality(
    parent: dict[str, Any], movies: pa.Table, reasons: dict[str, int], rows_in: int
) -> dict[str, Any]:
    """Data profile, counted from the films; what only the raw rows tell is as it was mined."""
    unknown = [name for name in profile.FIELDS if name not in movies.column_names]
    rows = movies.select([n for n in profile.FIELDS if n not in unknown]).to_pylist()
    films = [row | dict.fromkeys(unknown) for row in rows]
    found = profile.combine([profile.profile([], films)], reasons, rows_in)
    for name, share in parent["data_quality"]["completeness"].items():
        own = found["completeness"][name]
        own["read"] = share["read"]
        own["kept"] = share["kept"] if name in unknown else own["kept"]
    return found


def _page(at: Updating, now: Updated, report: dict[str, Any]) -> str:
    most = at.settings.report.map_films
    shown = now.tables["embeddings"].column("movie_id").slice(0, most).combine_chunks()
    movies = now.tables["movies"]
    drawn = movies.filter(pc.is_in(movies["movie_id"], value_set=shown))
    columns = ["movie_id", "title", "year", "cluster", "x", "y"]
    return render_page(
        report, now.tables["micro_genres"], now.tables["families"], drawn.select(columns)
    )
