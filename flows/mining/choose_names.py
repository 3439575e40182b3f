"""The step that names each group of films of a level: propose, embed, choose, reuse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from flows.mining.embed import embed_terms
from flows.runtime.context import RunContext
from pipeline import label
from pipeline.execution.runner import Piece

__all__ = ["ChosenNames", "NamingLevel", "choose_level_names"]


@dataclass(frozen=True)
class NamingLevel:
    """What is named: the micro-genres, or the families above them.

    Attributes
    ----------
    prefix : str
        Prefix of the names of the stages of this level.
    films : list of Piece
        Movies and assignments of each partition; `cluster` is the group of this level.
    joiner : str
        Word or sign between two keywords of a name.
    taken : tuple of str
        Names that no group of this level may have.
    previous : Mapping of int to (str, sequence of str)
        Name and keywords in the previous release, of each group that continues one.
    """

    prefix: str
    films: list[Piece]
    joiner: str = ""
    taken: tuple[str, ...] = ()
    previous: Mapping[int, tuple[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class ChosenNames:
    """Names of the groups of a level.

    Attributes
    ----------
    names : dict of int to str
        The name of each group.
    fresh_names : dict of int to str
        The name that each group would have without a previous release.
    vectors : pa.Table
        Columns term and vector of all proposed names.
    """

    names: dict[int, str]
    fresh_names: dict[int, str]
    vectors: pa.Table


def choose_level_names(
    run: RunContext,
    level: NamingLevel,
    nouns: Sequence[str],
    keywords: Mapping[int, Sequence[str]],
    scored: Mapping[int, list[tuple[str, float, float]]],
    centroids: pa.Table,
) -> ChosenNames:
    """Choose a name for each group; keep the previous name where it still fits.

    If each proposed name of a group is closer to the centroid of another group, more names are
    proposed for it, once.
    """
    vectors: pa.Table | None = None
    wide: set[int] = set()
    for attempt in ("names", "more-names"):
        proposals = label.propose_all_names(scored, nouns, level.joiner, wide)
        proposed = proposals.column("name").to_pylist()
        vectors = _embed_names(run, f"{level.prefix}{attempt}", proposed, vectors)
        fresh, strays = label.choose_names(proposals, vectors, centroids, level.taken)
        if not strays:
            break
        wide.update(strays)
    if not level.previous:
        return ChosenNames(fresh, fresh, vectors)
    compared = [*(name for name, _ in level.previous.values()), *fresh.values()]
    vectors = _embed_names(run, f"{level.prefix}names-before", compared, vectors)
    reused = label.reusable_names(level.previous, keywords, fresh, vectors, centroids)
    names, _ = label.choose_names(proposals, vectors, centroids, level.taken, reused)
    return ChosenNames(names, fresh, vectors)


def _embed_names(
    run: RunContext, stage: str, names: Iterable[str], vectors: pa.Table | None
) -> pa.Table:
    """Embed the names that have no vector yet; return the vectors of all."""
    new = embed_terms(run, label.missing_names(names, vectors), stage)
    return label.add_name_vectors(vectors, run.read(new))
