"""How a mining continues the previous release: ids and names to reuse, and the new lineage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.lineage.matching import (
    Grouping,
    Match,
    assign_ids,
    empty_match,
    lineage_table,
    match_micro_genres,
)
from pipeline.lineage.previous_release import PreviousRelease
from pipeline.schemas.lineage import LINEAGE
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import IdentitySettings

__all__ = ["Continuation", "continue_release", "start_lineage"]


@dataclass(frozen=True)
class Continuation:
    """What a new release takes over from the previous one.

    Attributes
    ----------
    previous : PreviousRelease, optional
        The release that the new one follows; None for the first release of a folder.
    match : Match
        Which new cluster continues which previous one.
    known_ids : frozenset of str
        Every micro-genre id that a release of the folder has or had.
    """

    previous: PreviousRelease | None
    match: Match
    known_ids: frozenset[str]

    @property
    def previous_names(self) -> Mapping[int, tuple[str, bool]]:
        """Previous name of each new cluster that continues one, and whether a person set it."""
        if self.previous is None:
            return {}
        rows = self.previous.micro_genres
        return {
            new: (rows[old]["micro_genre_name"], rows[old].get("name_source") == "person")
            for new, old in self.match.continued.items()
        }

    @property
    def generation(self) -> int:
        """Generation of the new release; 0 for the first release of a folder."""
        return 0 if self.previous is None else self.previous.generation + 1

    def assign_ids(self, names: Sequence[str]) -> list[str]:
        """Return the id of each new micro-genre; `names` are their names by cluster."""
        known = [] if self.previous is None else self.previous.ids_and_names
        return assign_ids(self.match, [own_id for own_id, _ in known], names, self.known_ids)

    def lineage_table(self, new: Sequence[tuple[str, str]], settings: IdentitySettings) -> pa.Table:
        """Return LINEAGE of the new release; `new` is id and name of each cluster."""
        if self.previous is None:
            known, ended = [], LINEAGE.empty_table()
        else:
            known, ended = self.previous.ids_and_names, self.previous.ended_lineage
        return lineage_table(self.match, known, new, ended, self.generation, settings)


def start_lineage(clusters: int, known_ids: frozenset[str]) -> Continuation:
    """Return the continuation of a first release with `clusters` micro-genres."""
    return Continuation(None, empty_match(clusters), known_ids)


def continue_release(
    previous: PreviousRelease,
    known_ids: frozenset[str],
    assignments: pa.Table,
    centroids: pa.Table,
    settings: IdentitySettings,
) -> Continuation:
    """Match new clusters with the micro-genres of the previous release.

    Parameters
    ----------
    previous : PreviousRelease
        The release that the new one follows.
    known_ids : frozenset of str
        Every micro-genre id that a release of the folder has or had.
    assignments : pa.Table
        Columns movie_id and cluster of all films.
    centroids : pa.Table
        CENTROIDS of the new clusters.
    settings : IdentitySettings
        Thresholds.
    """
    new = Grouping(
        assignments.column("movie_id").to_pylist(),
        assignments.column("cluster").to_numpy().astype(np.int64),
        matrix_of(centroids),
    )
    return Continuation(previous, match_micro_genres(previous.films, new, settings), known_ids)
