"""The tables of a mined release; those as long as the catalogue are computed while written."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from flows.mining.results import Mined
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, piece_per_partition
from pipeline.features.space import arrays_to_table
from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.ingest.row_hash import hash_rows
from pipeline.publish import tables as publish
from pipeline.publish.films import FACTS, film_overview, stream_released_movies
from pipeline.schemas.lineage import BASELINE, ROWS
from pipeline.schemas.mining import NEIGHBOURS, REJECTS, RELEASED_MOVIES
from pipeline.schemas.vectors import matrix_of

__all__ = ["ReleaseTables", "tables_of"]


@dataclass(frozen=True)
class ReleaseTables:
    """What a mined release contains.

    Attributes
    ----------
    files : dict
        Each table by the name of its file.
    films : Table
        Few columns of all films, as of `film_overview`.
    """

    files: dict[str, pa.Table | StreamedTable]
    films: pa.Table

    def whole(self, name: str) -> pa.Table:
        """Return a table that does not grow with the catalogue."""
        table = self.files[name]
        assert isinstance(table, pa.Table), f"{name} is streamed"
        return table


def tables_of(run: RunContext, mined: Mined) -> ReleaseTables:
    """Return the tables of the release, from the results of the stages."""
    assignments = publish.mark_weak(
        run.read(mined.clusters.assignments), run.settings.cluster.weak_quantile
    )
    facts = run.read(mined.cleaned.refs("movies"), list(FACTS))
    named = mined.named
    name_true = run.read(named.named.name_true).column("name_true")
    micro_genres = publish.micro_genres(
        facts,
        assignments,
        named.labels,
        matrix_of(named.text_means),
        name_true=name_true,
        describe=named.describer.describe,
    )
    rejects = pa.concat_tables(
        [run.read(mined.intake.rejects), run.read(mined.cleaned.refs("rejects"))]
    ).sort_by([("source", "ascending"), ("row", "ascending")])
    rows = run.stage(
        hash_rows, piece_per_partition(("movies", mined.intake.partitions)), shown=False
    )
    positions = mined.film_map.positions
    movies = StreamedTable(
        RELEASED_MOVIES,
        len(facts),
        lambda: stream_released_movies(
            map(run.read, mined.cleaned.refs("movies")),
            assignments,
            micro_genres,
            positions,
            name_true,
        ),
    )
    whole = {
        "micro_genres": micro_genres,
        "families": publish.families(
            micro_genres,
            {number: row["keywords"] for number, row in named.families.items()},
            named.families,
        ),
        "rejects": rejects.cast(REJECTS),
        "centroids": run.read(mined.clusters.centroids),
        "space": run.read(mined.placed_by["space"]),
        "vocabulary": run.read(mined.placed_by["vocabulary"]),
        "map": arrays_to_table(mined.film_map.fitted),
        "languages": run.read(mined.languages).sort_by("movie_id"),
        "baseline": assignments.select(BASELINE.names).sort_by(
            [(n, "ascending") for n in BASELINE.names]
        ),
        "lineage": named.continuation.lineage_table(
            [(row["micro_genre_id"], row["micro_genre_name"]) for row in named.labels],
            run.settings.identity,
        ),
    }
    if "terms" in mined.placed_by:
        whole["tfidf"] = run.read(mined.placed_by["terms"])
    films = film_overview(facts, assignments, positions)
    ids, work = films.column("movie_id"), run.store.root / "work"  # rows are sorted in `work`
    neighbours = _stored(run, mined.neighbours, NEIGHBOURS)
    streamed = {
        "movies": sort_streamed(movies, ["movie_id"], work, ids),
        "neighbours": sort_streamed(neighbours, ["movie_id", "rank"], work, ids),
        "embeddings": _stored(run, mined.embeddings),
        "rows": sort_streamed(_stored(run, rows.refs("rows"), ROWS), ROWS.names, work, ids),
    }
    return ReleaseTables(
        {name: table.combine_chunks() for name, table in whole.items()} | streamed,
        films,
    )


def _stored(run: RunContext, refs: Refs, schema: pa.Schema | None = None) -> StreamedTable:
    """Return committed tables, one after the other, as one streamed table."""
    parts = run.store.work.parts(refs)
    return StreamedTable(schema or next(iter(parts)).schema, parts.num_rows, lambda: parts)
