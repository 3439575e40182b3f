"""The tables of a mined release; those as long as the catalogue are made as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from flows.mining.results import Mined
from flows.runtime.context import Run
from flows.runtime.tasks import Refs, each
from pipeline.cleaning.language import languages
from pipeline.features.space import numbers_table
from pipeline.fileio.external_sort import Streamed, in_order
from pipeline.ingest.row_hash import hash_rows
from pipeline.publish import tables as publish
from pipeline.report.figures import fit_map, place_on_map
from pipeline.schemas.lineage import BASELINE, ROWS
from pipeline.schemas.mining import NEIGHBOURS, REJECTS, RELEASED_MOVIES
from pipeline.schemas.vectors import matrix_of

__all__ = ["ReleaseTables", "tables_of"]

# Of a film, what the report and the manifest are made of: all that this process holds of all films.
_FACTS = ["movie_id", "title", "year", "vote_average"]
_PLACED = ["cluster", "similarity", "margin", "weak"]


@dataclass(frozen=True)
class ReleaseTables:
    """By the name of its file, each table; and of all films, sorted by movie_id, the few columns
    movie_id, title, year, vote_average, cluster, similarity, margin, weak, x, y.
    """

    files: dict[str, pa.Table | Streamed]
    films: pa.Table

    def whole(self, name: str) -> pa.Table:
        """A table that does not grow with the catalogue."""
        table = self.files[name]
        assert isinstance(table, pa.Table), f"{name} is made as it is written"
        return table


def tables_of(run: Run, mined: Mined) -> ReleaseTables:
    """What the release holds, from what the stages made."""
    assignments = publish.mark_weak(
        run.read(mined.clusters.assignments), run.settings.cluster.weak_quantile
    )
    facts = run.read(mined.cleaned.refs("movies"), _FACTS)
    named = mined.named
    micro_genres = publish.micro_genres(facts, assignments, named.labels, named.text_means)
    rejects = pa.concat_tables(
        [run.read(mined.intake.rejects), run.read(mined.cleaned.refs("rejects"))]
    ).sort_by([("source", "ascending"), ("row", "ascending")])
    rows = run.stage(hash_rows, each(("movies", mined.intake.partitions)), shown=False)
    spoken = run.stage(languages, each(("movies", mined.cleaned.refs("movies"))), shown=False)
    drawn, places = _map(run, mined, assignments.column("cluster").to_numpy())
    work = run.store.root / "work"  # where rows are sorted

    def movies() -> Iterator[pa.Table]:
        start = 0
        for ref in mined.cleaned.refs("movies"):
            part = run.read(ref)
            own = slice(start, start + len(part))
            placed = assignments.slice(start, len(part))
            yield publish.released_movies(part, placed, micro_genres, places[own])
            start = own.stop

    whole = {
        "micro_genres": micro_genres,
        "families": publish.families(micro_genres, named.families),
        "rejects": rejects.cast(REJECTS),
        "centroids": run.read(mined.clusters.centroids),
        "space": run.read(mined.placed_by["space"]),
        "vocabulary": run.read(mined.placed_by["vocabulary"]),
        "map": numbers_table(drawn),
        "languages": run.read(spoken.refs("languages")).sort_by("movie_id"),
        "baseline": assignments.select(BASELINE.names).sort_by(
            [(n, "ascending") for n in BASELINE.names]
        ),
        "lineage": named.succession.lineage(
            run, [(row["micro_genre_id"], row["micro_genre_name"]) for row in named.labels]
        ),
    }
    if "terms" in mined.placed_by:
        whole["tfidf"] = run.read(mined.placed_by["terms"])
    films = facts
    for name in _PLACED:
        films = films.append_column(name, assignments.column(name))
    for axis, name in enumerate("xy"):
        films = films.append_column(name, pa.array(np.ascontiguousarray(places[:, axis])))
    films = films.sort_by("movie_id")
    ids = films.column("movie_id")
    near = _stored(run, mined.neighbours, NEIGHBOURS)
    grown = {
        "movies": in_order(Streamed(RELEASED_MOVIES, len(facts), movies), ["movie_id"], work, ids),
        "neighbours": in_order(near, ["movie_id", "rank"], work, ids),
        "embeddings": _stored(run, mined.embeddings),
        "rows": in_order(_stored(run, rows.refs("rows"), ROWS), ROWS.names, work, ids),
    }
    return ReleaseTables(
        {name: table.combine_chunks() for name, table in whole.items()} | grown,
        films,
    )


def _stored(run: Run, refs: Refs, schema: pa.Schema | None = None) -> Streamed:
    """Committed tables as they are, one below the other."""
    parts = run.store.parts(refs)
    return Streamed(schema or next(iter(parts)).schema, parts.num_rows, lambda: parts)


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
