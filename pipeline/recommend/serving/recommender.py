"""The recommender that is served: lists of films with reasons, and predicted stars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cachetools import LRUCache
from scipy import sparse

from pipeline.errors import ModelError
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.films import Films
from pipeline.recommend.data.ingest import PreparedRatings, partition_of
from pipeline.recommend.data.interactions import build_profile
from pipeline.recommend.documents import FilmSummary, Recommendation, TrainingSummary
from pipeline.recommend.lifecycle.batches import list_batches
from pipeline.recommend.lifecycle.champion import version_folder
from pipeline.recommend.lifecycle.database import UpkeepDatabase
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import open_model, read_manifest
from pipeline.recommend.serving.explain import Explainer
from pipeline.schemas.ratings import RATINGS

__all__ = ["ListQuery", "RecommenderService", "ServedVersion"]

_CACHED_PROFILES = 512
_CACHED_USERS = 4_096


@dataclass(frozen=True)
class ListQuery:
    """Which films a list may contain.

    Attributes
    ----------
    top_k : int
        Maximum length of the list.
    clusters : tuple of int
        Numbers of micro-genres; empty: all films.
    year_from, year_to : int or None
        First and last year of release, both included; None: unlimited.
    seen : bool
        Whether films of the profile may be listed.
    without : tuple of int
        Ids of other films that may not be listed, such as films seen without a rating.
    """

    top_k: int = 10
    clusters: tuple[int, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    seen: bool = False
    without: tuple[int, ...] = ()


@dataclass(frozen=True)
class ServedVersion:
    """One version with all that belongs to it; a request uses the same one until it ends.

    Attributes
    ----------
    version : str
        Its id.
    model : Recommender
        The fitted model.
    films : Films
        Films in the column order of the model.
    explainer : Explainer
        Explains its lists.
    about : TrainingSummary
        What it was trained on.
    cache : LRUCache of bytes to (ndarray, ndarray)
        Scores and stars of the most recent profiles; `lock` guards it.
    """

    version: str
    model: Recommender
    films: Films
    explainer: Explainer
    about: TrainingSummary
    cache: LRUCache[bytes, tuple[np.ndarray, np.ndarray]] = field(
        default_factory=lambda: LRUCache(_CACHED_PROFILES)
    )
    lock: Lock = field(default_factory=Lock)

    def predict(self, profile: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """Predict scores and stars of all films; the most recent profiles are cached.

        A reader who opens the next page or changes a filter has the same profile as before.

        Parameters
        ----------
        profile : csr_matrix of shape (1, n_films), float32
            Stars that the user gave.

        Returns
        -------
        scores, stars : ndarray of shape (n_films,), float32
            Scores (higher is better), and stars from 0.5 to 5.
        """
        key = profile.indices.tobytes() + profile.data.tobytes()
        with self.lock:
            predicted = self.cache.get(key)
        if predicted is None:
            predicted = self.model.score(profile)[0], self.model.predict_stars(profile)[0]
            with self.lock:
                self.cache[key] = predicted
        return predicted

    def profile_of(self, rated: Sequence[tuple[int, float]]) -> sparse.csr_matrix:
        """Return ratings as a profile.

        Parameters
        ----------
        rated : sequence of (int, float)
            MovieLens id of a film, and stars. Unknown films are left out.

        Returns
        -------
        csr_matrix of shape (1, n_films), float32
            Stars.
        """
        rows = self.films.row_of(np.array([film for film, _ in rated], np.int64))
        pairs = [(int(r), s) for r, (_, s) in zip(rows, rated, strict=True) if r >= 0]
        return build_profile(pairs, len(self.films))

    def recommend(self, profile: sparse.csr_matrix, query: ListQuery) -> list[Recommendation]:
        """Return the best films for a profile, each with expected stars and a reason.

        Parameters
        ----------
        profile : csr_matrix of shape (1, n_films), float32
            From `profile_of`.
        query : ListQuery
            Which films may be listed.

        Returns
        -------
        list of Recommendation
            Best film first.
        """
        films = self.films
        scores, stars = self.predict(profile)
        allowed = np.ones(len(films), bool)
        if query.clusters:
            allowed &= np.isin(films.cluster, query.clusters)
        if query.year_from is not None:
            allowed &= films.year >= query.year_from
        if query.year_to is not None:
            allowed &= (films.year > 0) & (films.year <= query.year_to)
        if not query.seen:
            allowed[profile.indices] = False
        if query.without:
            rows = films.row_of(np.array(query.without, np.int64))
            allowed[rows[rows >= 0]] = False
        candidates = np.flatnonzero(allowed)
        if not len(candidates):
            return []
        count = min(query.top_k, len(candidates))
        best = candidates[np.argpartition(-scores[candidates], count - 1)[:count]]
        rows = best[np.lexsort((best, -scores[best]))]
        reasons = self.explainer.explain(profile, rows.tolist())
        return [
            {
                **self.film(int(row)),
                "score": float(scores[row]),
                "expected_rating": round(float(stars[row]), 3),
                "reason": reason,
            }
            for row, reason in zip(rows, reasons, strict=True)
        ]

    def row(self, film_id: int) -> int | None:
        """Return the row of a film; None if it is unknown."""
        found = int(self.films.row_of(np.array([film_id], np.int64))[0])
        return None if found < 0 else found

    def film(self, row: int) -> FilmSummary:
        """Return a film as it is shown in lists."""
        films, cluster = self.films, int(self.films.cluster[row])
        return {
            "film_id": int(films.ids[row]),
            "movie_id": films.movie_ids[row],
            "title": films.titles[row],
            "year": int(films.year[row]) or None,
            "cluster": cluster if cluster >= 0 else None,
            "micro_genre_name": films.cluster_names.get(cluster),
        }


class RecommenderService:
    """Serves the champion of `DIR/ratings`; running requests finish with the previous version.

    Parameters
    ----------
    folder : Path
        `DIR/ratings`.
    url : str
        URL of its database.

    Raises
    ------
    ModelError
        If no version is served yet.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._database = folder, UpkeepDatabase(url)
        self.current = self._open_champion()
        self._batches, self._later = self._read_batches()
        self._ratings_of = lru_cache(maxsize=_CACHED_USERS)(self._look_up)

    def _open_champion(self) -> ServedVersion:
        row = self._database.champion()
        if row is None:
            raise ModelError("no recommender is served yet: run `microgenres ratings train`")
        place = version_folder(self._folder, row["version"])
        model, films = open_model(place)
        about = read_manifest(place).about
        return ServedVersion(row["version"], model, films, Explainer(films, model), about)

    def reload(self) -> bool:
        """Serve the current champion of the database; return whether it is another version."""
        row = self._database.champion()
        changed = row is not None and row["version"] != self.current.version
        if changed:
            self.current = self._open_champion()
        if changed or self._database.count("ingestions") != self._batches:
            self._batches, self._later = self._read_batches()
            self._ratings_of.cache_clear()
        return changed

    def _read_batches(self) -> tuple[int, pa.Table]:
        """Return the number of batches, and all of them as RATINGS by user, held in memory."""
        tables = [read_table(path) for _, path in list_batches(self._folder, self._database)]
        ratings = pa.concat_tables([RATINGS.empty_table(), *tables]).sort_by("user_id")
        return len(tables), ratings

    def films(self) -> pa.Table:
        """Return the films of the current version with their ids of IMDb and TMDB, as FILMS."""
        return PreparedRatings(self._folder / "data" / self.current.about.data).films()

    def rated_by(self, user: int) -> list[tuple[int, float]]:
        """Return the ratings of a user as pairs of film id and stars; empty if unknown."""
        return list(self._ratings_of(user))

    def _look_up(self, user: int) -> tuple[tuple[int, float], ...]:
        files = PreparedRatings(self._folder / "data" / self.current.about.data).partitions
        partition = files[int(partition_of(np.array([user]), len(files))[0])]
        end = self.current.about.known_before
        users = self._later.column("user_id").to_numpy()
        first, last = (int(np.searchsorted(users, user, side)) for side in ("left", "right"))
        tables = [
            pq.read_table(partition, filters=[("user_id", "=", user), ("timestamp", "<", end)]),
            self._later.slice(first, last - first),
        ]
        stars: dict[int, float] = {}
        for table in tables:
            ordered = table.take(pc.sort_indices(table.column("timestamp")))
            pairs = (ordered.column(name).to_pylist() for name in ("film_id", "rating"))
            stars |= dict(zip(*pairs, strict=True))
        return tuple(stars.items())
