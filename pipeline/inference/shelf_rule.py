"""Which micro-genre takes a film that is not in a release: a near one whose name is true of it.

The mining moves films by the same rule, see `pipeline.label.shelves.audit`. There the parts of all
films are known; here the columns of MICRO_GENRES say what a name means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import faiss
import numpy as np

from pipeline.cluster.lloyd import nearest_centroids
from pipeline.inference.known_films import KnownFilm
from pipeline.label.shelves.audit import NEAR
from pipeline.label.shelves.name_holds import form_holds, name_holds, says_one_of
from pipeline.label.shelves.rest import TELLING_GENRES
from pipeline.schemas.release_manifest import ShelfLimits

__all__ = ["PARTS_OF_NAMES", "ShelfRule"]

# Columns of MICRO_GENRES that the rule reads.
PARTS_OF_NAMES = ("cluster", "subjects", "subject_terms", "form_genres", "every_genre", "facets")
_BATCH = 4_096  # films compared at a time
_TIMES = ("decade:", "era:")


class ShelfRule:
    """Chooses the micro-genres of films by nearness and by what the names say.

    Parameters
    ----------
    micro_genres : sequence of mapping
        Rows of MICRO_GENRES, at least the columns PARTS_OF_NAMES.
    centroids : ndarray of shape (k, dim), float32
        Centroids of the release.
    limits : ShelfLimits or None
        The limits in the manifest. None, of a release of an earlier version: the nearest
        micro-genre takes each film.
    lenient : bool
        Whether a decade, language, country or other facet that is not known of a film counts as
        true. In a mining, and so in an update, it counts as false; only genres if none is
        known are not held against a name.

    Notes
    -----
    A theme is a micro-genre whose name has a subject, or a name of a person whose parts are
    not known. A film goes to

    1. the nearest theme, if its name is true of the film, or if genres and facets of the name are
       and the film is near enough;
    2. else the nearest of the 24 nearest themes whose name has a genre, if genres and facets are
       true, and the film says a subject in the words of the name or is near enough; it may be less
       near than the nearest by `limits.reach`;
    3. else the micro-genre without a subject whose name is true and says most: the most telling
       genre, then a language, a second genre, a time;
    4. else the nearest theme.

    Films that say too little for a theme begin at 3.
    """

    def __init__(
        self,
        micro_genres: Sequence[Mapping[str, Any]],
        centroids: np.ndarray,
        limits: ShelfLimits | None,
        *,
        lenient: bool = False,
    ) -> None:
        self._rows = {int(row["cluster"]): row for row in micro_genres}
        self._centroids, self._limits, self._lenient = centroids, limits, lenient
        self._general = {c: row for c, row in self._rows.items() if _is_general(row)}
        themes = [c for c in range(len(centroids)) if c not in self._general]
        self._themes = np.array(themes or range(len(centroids)), np.int64)

    def choose(self, points: np.ndarray, films: Sequence[KnownFilm]) -> np.ndarray:
        """Return the micro-genre of each film.

        Parameters
        ----------
        points : ndarray of shape (n_films, dim), float32
            Points of the films, of unit length.
        films : sequence of KnownFilm
            Row by row the same films.

        Returns
        -------
        ndarray of shape (n_films,), int64
        """
        faiss.omp_set_num_threads(1)
        if self._limits is None:
            return nearest_centroids(points, self._centroids, 1)[0][:, 0]
        chosen = np.empty(len(points), np.int64)
        for start in range(0, len(points), _BATCH):
            part = points[start : start + _BATCH]
            near, cosine = nearest_centroids(part, self._centroids[self._themes], NEAR)
            for row, (own, similarity) in enumerate(
                zip(self._themes[near].tolist(), cosine.tolist(), strict=True), start
            ):
                chosen[row] = self._choose_one(
                    films[row], own, similarity, points[row], self._limits
                )
        return chosen

    def name_true(self, cluster: int, film: KnownFilm) -> bool | None:
        """Return whether the name of a micro-genre is true of a film.

        Returns
        -------
        bool or None
            None if the parts of the name are not known, or if the rule is lenient and a genre or
            facet on which it depends is not known of the film.
        """
        row = self._rows[cluster]
        true = name_holds(row, film.said, film.facets, film.language)
        if true is not False or not self._lenient:
            return true
        phrases = _phrases(row)
        subject = not phrases or says_one_of(phrases, film.said, film.language)
        return None if subject and self._rest_holds(row, film) else False

    def _choose_one(
        self,
        film: KnownFilm,
        near: Sequence[int],
        cosine: Sequence[float],
        point: np.ndarray,
        limits: ShelfLimits,
    ) -> int:
        if not film.thin:
            enough = limits.near_enough if film.tagged else limits.untagged
            reach = float(limits.reach)
            for cluster in self._that_take(film, near, cosine, enough, reach):
                return cluster
        general = [c for c, row in self._general.items() if self._is_true(row, film)]
        if not general:
            return near[0]
        nearness = dict(zip(general, (self._centroids[general] @ point).tolist(), strict=True))
        return min(general, key=lambda c: (*_says_most(self._rows[c], film), -nearness[c], c))

    def _that_take(
        self,
        film: KnownFilm,
        near: Sequence[int],
        cosine: Sequence[float],
        enough: float,
        reach: float,
    ) -> Iterator[int]:
        """Yield the themes that take a film, the nearest first."""
        for rank, (cluster, similarity) in enumerate(zip(near, cosine, strict=True)):
            row = self._rows[cluster]
            phrases = _phrases(row) if rank == 0 else row.get("subjects") or ()
            if similarity < cosine[0] - reach:
                return
            if rank == 0 and not (phrases or row.get("form_genres") or row.get("facets")):
                yield cluster  # a name whose parts are not known
            if not self._rest_holds(row, film):
                continue
            # a name without a genre says too little to move a film by, unless its own is not known
            formed = bool(row.get("form_genres")) or (self._lenient and "genre" in film.unknown)
            if (formed and similarity >= enough) or (
                (formed or rank == 0) and phrases and says_one_of(phrases, film.said, film.language)
            ):
                yield cluster

    def _rest_holds(self, row: Mapping[str, Any], film: KnownFilm) -> bool:
        """Whether the genres and facets of a name are true, or are not known of the film."""
        if "genre" not in film.unknown and not form_holds(row, film.genres):
            return False
        unknown = film.unknown if self._lenient else frozenset[str]()
        return all(
            key in film.facets or key.partition(":")[0] in unknown
            for key in row.get("facets") or ()
        )

    def _is_true(self, row: Mapping[str, Any], film: KnownFilm) -> bool:
        return bool(name_holds(row, film.said, film.facets, film.language))


def _phrases(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*(row.get("subjects") or ()), *(row.get("subject_terms") or ()))


def _is_general(row: Mapping[str, Any]) -> bool:
    """Whether a name has parts, but no subject."""
    return not _phrases(row) and bool(row.get("form_genres") or row.get("facets"))


def _says_most(row: Mapping[str, Any], film: KnownFilm) -> tuple[int, ...]:
    """Order of true names without a subject: the most telling genre, language, further genre, time.

    It is the order in which the mining divides films without a theme; the lowest is the first.
    """
    genres, facets = row.get("form_genres") or (), row.get("facets") or ()
    telling = [
        TELLING_GENRES.index(genre) if genre in TELLING_GENRES else len(TELLING_GENRES)
        for genre in genres
        if genre in film.genres
    ]
    languages = sum(key.startswith("language:") for key in facets)
    times = sum(key.startswith(_TIMES) for key in facets)
    every = len(genres) if row.get("every_genre") else min(len(genres), 1)
    first = min(telling, default=len(TELLING_GENRES) + 1)
    return first, -languages, -every, -times, -len(facets)
