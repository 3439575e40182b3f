"""The last step of an update: the report, the tables and the manifest of the next release."""

from __future__ import annotations

from typing import Any

from flows.runtime.context import RunContext
from flows.runtime.release_writer import ReleaseContent, write_release
from flows.runtime.tasks import step
from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import table_digest
from pipeline.lineage.previous_release import PreviousRelease, known_sources
from pipeline.neighbours.index import index_bytes
from pipeline.observability.memory import release_memory
from pipeline.release.reader import ReleasedTables
from pipeline.report.html import render_page
from pipeline.report.summary import films_on_map
from pipeline.schemas.reading_summary import ReadingSummary
from pipeline.update.apply import UpdatedRelease
from pipeline.update.changes import Changes
from pipeline.update.drift import Drift
from pipeline.update.edited_table import EditedTable, first_ids
from pipeline.update.outcome import (
    drift_history,
    measure_drift,
    update_lineage,
    update_manifest,
    update_report,
)

__all__ = ["publish_update"]

_WRITERS = 2  # files written at a time; packing them takes most of the time


@step("publish update")
def publish_update(
    run: RunContext,
    before: ReleasedTables,
    previous: PreviousRelease,
    changes: Changes,
    updated: UpdatedRelease,
    novelty: dict[str, Any],
    texts_encoded: int,
    mine_when_due: bool,
    reading: ReadingSummary,
) -> tuple[str, Drift]:
    """Publish the next release; return its folder, and how far it drifted."""
    release_memory()
    with run.timed("publish") as detail:
        tables, generation = updated.tables, previous.generation + 1
        drift = measure_drift(before, updated, novelty, run.settings.drift)
        due = "mining started" if mine_when_due else "mining due"
        decision = due if drift.due else "none"
        tables["drift"] = drift_history(before, drift, generation, decision)
        tables["lineage"] = update_lineage(previous, updated, run.settings.identity, generation)
        digests = {
            name: table.mark if isinstance(table, EditedTable) else table_digest(table)
            for name, table in sorted(tables.items())
        }
        release_id = fingerprint("update", before.id, digests)[:12]
        report = update_report(
            before,
            changes,
            updated,
            release_id=release_id,
            generation=generation,
            texts_encoded=texts_encoded,
            drift=drift,
            decision=decision,
            novelty=novelty,
            publish=run.settings.publish,
            reading=reading,
        )
        # partitions are cut by a hash of the ids: the first films are a random sample
        sample = first_ids(tables["embeddings"], run.settings.report.map_films)
        shown = films_on_map(updated.films, sample)
        path = write_release(
            run,
            ReleaseContent(
                release_id=release_id,
                tables=tables,
                index=index_bytes(updated.index),
                report=report,
                page=render_page(
                    report, updated.whole("micro_genres"), updated.whole("families"), shown
                ),
                publish=run.settings.publish,
                manifest=update_manifest(
                    before, changes, updated, report, generation, known_sources(run.store.releases)
                ),
            ),
            writers=_WRITERS,
        )
        detail.append(f"release {release_id}")
    return str(path), drift
