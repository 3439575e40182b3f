"""One name for each group of films of a level: proposed, embedded, chosen, or kept from before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from flows.mining.embed import embed_terms
from flows.runtime.context import Run
from pipeline import label
from pipeline.execution.runner import Piece
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.storage.work_store import FileRef

__all__ = ["Level", "choose"]


@dataclass(frozen=True)
class Level:
    """Micro-genres, or the families above them: the films by group, and how names are put."""

    prefix: str
    films: list[Piece]  # movies and assignments, by partition
    joiner: str = ""
    taken: tuple[str, ...] = ()
    before: Mapping[int, tuple[str, Sequence[str]]] = field(default_factory=dict)  # name, keywords


def choose(
    run: Run,
    level: Level,
    facts: Sequence[Mapping[str, Any]],
    keywords: Mapping[int, Sequence[str]],
    scored: Mapping[int, list[tuple[str, float, float]]],
    centroids: FileRef,
) -> tuple[dict[int, str], dict[int, str], dict[str, np.ndarray]]:
    """A name for each group, that without regard to those before, and every vector of a name.

    A group whose names all lie nearer to another's centroid gets more proposals, once.
    """
    dim = run.read(centroids).schema.field("vector").type.list_size
    base = _shares(facts)
    nouns = [label.genre_noun(_shares([fact]), base) for fact in facts]
    wide: set[int] = set()
    names: dict[int, str] = {}
    vectors_of: dict[str, np.ndarray] = {}
    for attempt in ("names", "more-names"):
        rows = [
            {"cluster": group, "name": name, "weight": weight}
            for group, noun in enumerate(nouns)
            for name, weight in label.propose_names(
                scored[group], noun, level.joiner, wide=group in wide
            )
        ]
        proposals = pa.Table.from_pylist(rows, label.PROPOSALS)
        _embed_names(run, level, attempt, proposals.column("name").to_pylist(), vectors_of)
        table = _vectors_table(vectors_of, dim)
        names, strays = label.choose_names(proposals, table, run.read(centroids), level.taken)
        if not strays:
            break
        wide.update(strays)
    if not level.before:
        return names, names, vectors_of
    old = [name for name, _ in level.before.values()]
    _embed_names(run, level, "names-before", [*old, *names.values()], vectors_of)
    table = _vectors_table(vectors_of, dim)
    means = run.read(centroids)
    standing = label.standing_names(level.before, keywords, names, table, means)
    kept, _ = label.choose_names(proposals, table, means, level.taken, standing)
    return kept, names, vectors_of


def _embed_names(
    run: Run, level: Level, stage: str, names: Sequence[str], vectors_of: dict[str, np.ndarray]
) -> None:
    """Add the vectors of the names that are not there yet."""
    fresh = sorted(set(names) - vectors_of.keys())
    made = run.read(embed_terms(run, fresh, f"{level.prefix}{stage}"))
    vectors_of |= dict(zip(fresh, matrix_of(made), strict=True))


def _vectors_table(vectors_of: Mapping[str, np.ndarray], dim: int) -> pa.Table:
    spelt = sorted(vectors_of)
    stacked = np.array([vectors_of[n] for n in spelt]).reshape(len(spelt), -1 if spelt else dim)
    return pa.table([spelt, column_of_vectors(stacked, "float16")], names=["term", "vector"])


def _shares(facts: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    films = sum(fact["films"] for fact in facts)
    total: Counter[str] = Counter()
    for fact in facts:
        total.update(fact["genres"])
    return {genre: count / films for genre, count in total.items()}
