"""The micro-genres and families of a release, with figures computed from their films."""

from __future__ import annotations

from copy import deepcopy
from difflib import get_close_matches

import duckdb
import numpy as np

from pipeline.release.lookup import NotInReleaseError
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from serve.catalogue.database import fetch_rows
from serve.catalogue.records import FamilyRow, MicroGenreRow, SiblingRow

__all__ = ["HIGH_RATING", "MicroGenres"]

HIGH_RATING = 7.0  # of 10; a film with this rating or a better one counts as highly rated


class MicroGenres:
    """All micro-genres and families of a release; a few hundred rows in memory.

    Parameters
    ----------
    release : ReleasedTables
        An open release.
    films : duckdb.DuckDBPyConnection
        The database of its films, see `database.open_database`.
    """

    def __init__(self, release: ReleasedTables, films: duckdb.DuckDBPyConnection) -> None:
        self._release_id = release.id
        figures = {row.pop("cluster"): row for row in fetch_rows(films, _FIGURES, [HIGH_RATING])}
        nothing = {"popularity": None, "high_rated_share": None, "peak_decade": None}
        self._rows: dict[int, MicroGenreRow] = {
            row["cluster"]: row | figures.get(row["cluster"], nothing)
            for row in release.micro_genres.to_pylist()
        }
        self._by_id = {row["micro_genre_id"].lower(): row["cluster"] for row in self._rows.values()}
        by_family = {row.pop("family"): row for row in fetch_rows(films, _FAMILY_FIGURES)}
        self._families: dict[int, FamilyRow] = {
            row["family"]: row
            | by_family.get(row["family"], {"vote_average": None, "popularity": None})
            | {
                "clusters": [
                    g["cluster"] for g in self._rows.values() if g["family"] == row["family"]
                ]
            }
            for row in release.families.to_pylist()
        }
        centroids = release.centroids
        self._centroids = matrix_of(centroids)
        self._row_of = {c: row for row, c in enumerate(centroids.column("cluster").to_pylist())}

    def all(self) -> list[MicroGenreRow]:
        """Return all micro-genres by cluster number."""
        return deepcopy(list(self._rows.values()))

    def get(self, wanted: int | str) -> MicroGenreRow:
        """Return one micro-genre; see `find_cluster`."""
        return deepcopy(self._rows[self.find_cluster(wanted)])

    def find_cluster(self, wanted: int | str) -> int:
        """Return the cluster number of a micro-genre.

        Parameters
        ----------
        wanted : int or str
            A cluster number, a cluster number as text, or a micro_genre_id in any case.

        Raises
        ------
        NotInReleaseError
            If the release has no such micro-genre.
        """
        number: int | None = wanted if isinstance(wanted, int) else self._by_id.get(wanted.lower())
        if number is None and isinstance(wanted, str) and wanted.isascii() and wanted.isdigit():
            number = int(wanted) if len(wanted) < 11 else None
        if number is None or number not in self._rows:
            raise NotInReleaseError(
                f"no micro-genre {wanted!r} in release {self._release_id}, "
                f"whose clusters are 0 to {len(self._rows) - 1}",
                tuple(get_close_matches(str(wanted).lower(), self._by_id, 5)),
            )
        return number

    def name(self, cluster: int) -> str:
        """Return the name of a micro-genre."""
        return self._rows[cluster]["micro_genre_name"]

    def id_of(self, cluster: int) -> str:
        """Return the micro_genre_id of a micro-genre, which is stable across releases."""
        return self._rows[cluster]["micro_genre_id"]

    def family_name(self, family: int) -> str:
        """Return the name of a family."""
        return self._families[family]["family_name"]

    def families(self) -> list[FamilyRow]:
        """Return all families by number."""
        return deepcopy(list(self._families.values()))

    def similarity(self, cluster: int, other: int) -> float:
        """Return the cosine of the centroids of two micro-genres, -1 to 1."""
        return float(
            np.dot(self._centroids[self._row_of[cluster]], self._centroids[self._row_of[other]])
        )

    def nearest(self, cluster: int, limit: int = 8) -> list[SiblingRow]:
        """Return the nearest other micro-genres of all families, nearest centroid first."""
        found: list[SiblingRow] = [
            {**row, "closeness": self.similarity(cluster, row["cluster"])}
            for row in self._rows.values()
            if row["cluster"] != cluster
        ]
        found.sort(key=lambda row: (-row["closeness"], row["cluster"]))
        return deepcopy(found[:limit])

    def siblings(self, cluster: int) -> list[SiblingRow]:
        """Return the other micro-genres of the same family, nearest centroid first."""
        own = self._rows[self.find_cluster(cluster)]
        nearest = self.nearest(own["cluster"], len(self._rows))
        return [row for row in nearest if row["family"] == own["family"]]


_FIGURES = """
SELECT cluster, avg(popularity) AS popularity,
    count(*) FILTER (vote_average >= ?) / nullif(count(vote_average), 0) AS high_rated_share,
    (SELECT decade FROM film AS own WHERE own.cluster = film.cluster AND decade IS NOT NULL
     GROUP BY decade ORDER BY count(*) DESC, decade LIMIT 1) AS peak_decade
FROM film GROUP BY cluster
"""
_FAMILY_FIGURES = """
SELECT family, avg(vote_average) AS vote_average, avg(popularity) AS popularity
FROM film GROUP BY family
"""
