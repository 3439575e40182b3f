"""The steps of an update: find changes, embed new texts, place changed films, find novel ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from flows.events import Note, emit
from flows.mining.ingest import sum_up_reading
from flows.runtime.context import RunContext
from flows.runtime.tasks import piece_per_partition, step
from pipeline.cleaning.clean import clean
from pipeline.embedding.embed import embed
from pipeline.execution.runner import Piece
from pipeline.features.text import compose_texts
from pipeline.inference.encoder import encoder_of
from pipeline.ingest.losses import check_rejected_share
from pipeline.ingest.partition import PartitionedCatalogue
from pipeline.ingest.row_hash import hash_rows
from pipeline.observability.memory import release_memory
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.reading_summary import ReadingSummary
from pipeline.schemas.vectors import matrix_of
from pipeline.update.apply import UpdatedRelease, apply_changes, text_vectors
from pipeline.update.changes import (
    Changes,
    RowChanges,
    compare_films,
    compare_rows,
    films_to_place,
    removed_films,
)
from pipeline.update.outcome import find_novel_films, missing_texts, retained_examples
from pipeline.update.withdrawals import check_withdrawals

__all__ = [
    "embed_new_texts",
    "find_changed_films",
    "find_changed_rows",
    "find_novelty",
    "place_changed_films",
]

_TEXTS_PER_PIECE = 512


@step("compare rows")
def find_changed_rows(
    run: RunContext,
    before: ReleasedTables,
    catalogue: PartitionedCatalogue,
    sources: Sequence[str],
    only_changes: bool,
) -> RowChanges:
    """Compare the rows of the catalogue with those of the release, by their hashes."""
    hashed = run.stage(
        hash_rows, piece_per_partition(("movies", catalogue.partitions)), shown=False, here=True
    )
    return compare_rows(
        before,
        map(run.read, hashed.refs("rows")),
        removed_films(sources, run.settings.source),
        only_changes=only_changes,
    )


@step("find changes")
def find_changed_films(
    run: RunContext,
    before: ReleasedTables,
    catalogue: PartitionedCatalogue,
    changed_rows: RowChanges,
    only_changes: bool,
) -> tuple[Changes, ReadingSummary]:
    """Clean the rows that changed, and compare their films with those of the release.

    Returns
    -------
    changes : Changes
    reading : ReadingSummary
        What reading the catalogue gave and lost. Cells that cleaning cuts are counted in the rows
        that changed only.

    Raises
    ------
    SourceError
        If more rows are rejected, or more films withdrawn, than the settings allow.
    """
    guard = run.settings.update.max_withdrawn_share
    with run.timed("changes") as detail:
        parts = [changed_rows.select(run.read(ref)) for ref in catalogue.partitions]
        touched = pa.concat_tables(parts).combine_chunks()
        piece = Piece("all", {"movies": (run.put("changed-rows", "all", touched),)})
        cleaned = run.stage(
            clean,
            [piece],
            settings=run.settings.clean,
            name="update-clean",
            shown=False,
            here=True,
        )
        changes = compare_films(
            before,
            changed_rows,
            run.read(cleaned.refs("movies")),
            run.read(cleaned.refs("rejects")),
            run.read(catalogue.rejects),
            catalogue.sources,
            only_changes=only_changes,
            withdraw_unseen=guard >= 1,
        )
        detail.append(
            f"{len(changes.added):,} new, {len(changes.changed):,} changed, "
            f"{len(changes.withdrawn):,} withdrawn, {len(changes.retained):,} as before"
        )
    reading = sum_up_reading(
        run,
        catalogue,
        cleaned,
        catalogue.rows_in - len(changes.fresh_rejects),
        [changes.fresh_rejects],
    )
    check_rejected_share(reading, run.settings.source.max_rejected_share)
    check_withdrawals(
        before,
        changes.withdrawn,
        changed_rows.removed,
        changed_rows.rows_before,
        changed_rows.rows,
        guard,
    )
    if changes.retained:
        first = pa.array(sorted(changes.retained)[:1], pa.string())
        films = retained_examples(before.films(first), changes.retained, 1)[0]
        emit(Note(f"{_retained(len(changes.retained))} as before, such as {films}"))
    return changes, reading


def _retained(count: int) -> str:
    if count == 1:
        return "1 film whose row cannot be read stays"
    return f"{count:,} films whose rows cannot be read stay"


@step("embed new texts")
def embed_new_texts(
    run: RunContext, before: ReleasedTables, changes: Changes
) -> tuple[pa.Table, dict[str, np.ndarray], int]:
    """Encode the texts that the release does not have.

    Each piece is committed, so that an update that was killed does not encode it again. Few texts
    are encoded in this process, many on the cluster.

    Returns
    -------
    texts : table with movie_id and text_hash of the films to place
    vectors : dict
        The vector of each text, (dim,) float32, by its hash.
    encoded : int
        How many texts were encoded for this update.
    """
    texts = compose_texts(films_to_place(changes), run.settings.features)
    vectors = text_vectors(before, texts["text_hash"])
    missing = missing_texts(texts, vectors)
    pieces = []
    for number, start in enumerate(range(0, len(missing), _TEXTS_PER_PIECE)):
        key = f"p{number:05d}"
        part = missing.slice(start, _TEXTS_PER_PIECE).combine_chunks()
        pieces.append(
            Piece(key, {"texts": (run.put("update-texts", key, part),)}, run.model_constants)
        )
    run.films = len(missing)
    if pieces:
        encoded = run.stage(
            embed,
            pieces,
            settings=run.settings.embed,
            name="update-vectors",
            here=len(missing) <= run.settings.update.encode_here,
        )
        table = run.read(encoded.refs("vectors"))
        vectors |= dict(zip(table["text_hash"].to_pylist(), matrix_of(table), strict=True))
    return texts, vectors, len(missing)


@step("place changed films")
def place_changed_films(
    run: RunContext,
    before: ReleasedTables,
    changes: Changes,
    texts: pa.Table,
    vectors: dict[str, np.ndarray],
) -> UpdatedRelease:
    """Assign the changed films to the micro-genres of the release."""
    release_memory()  # what reading and encoding took
    with run.timed("place"):
        return apply_changes(before, changes, texts, vectors, run.store.root / "work")


@step("find novel films")
def find_novelty(
    run: RunContext, before: ReleasedTables, updated: UpdatedRelease
) -> dict[str, Any]:
    """Find the films that fit no micro-genre well, and the micro-genres they would make."""
    release_memory()
    with run.timed("novelty") as detail:
        novelty = find_novel_films(
            updated,
            run.settings.novelty,
            lambda texts: encoder_of(before.path, before.manifest).encode(texts),
            run.settings.label.language,
        )
        detail.append(f"{novelty['films']:,} films, {len(novelty['proposals'])} proposals")
    return novelty
