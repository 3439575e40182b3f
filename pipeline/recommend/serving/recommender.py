"""The recommender that is served, asked: lists with reasons, and stars of films."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from pipeline.errors import ModelError
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.films import Films
from pipeline.recommend.data.ingest import Prepared, partition_of
from pipeline.recommend.data.interactions import profile
from pipeline.recommend.lifecycle.batches import ingested
from pipeline.recommend.lifecycle.champion import version_folder
from pipeline.recommend.lifecycle.database import Record
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.registry import open_model, read_manifest
from pipeline.recommend.serving.explain import Explainer
from pipeline.schemas.ratings import RATINGS

__all__ = ["Recommending", "Served", "Wish"]


_REMEMBERED = 512  # profiles


@dataclass(frozen=True)
class Wish:
    """What a list may hold. clusters : none means any. seen : also films of the profile."""

    top_k: int = 10
    clusters: tuple[int, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    seen: bool = False


@dataclass(frozen=True)
class Served:
    """One version, whole: what a request holds on to from its beginning to its end."""

    version: str
    model: Recommender
    films: Films
    explainer: Explainer
    about: Mapping[str, Any]
    kept: OrderedDict[bytes, tuple[np.ndarray, np.ndarray]] = field(default_factory=OrderedDict)

    def answers(self, own: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
        """Scores and stars of all films for one profile; the last profiles are remembered.

        Who pages or changes a filter asks again with the same profile.
        """
        key = own.indices.tobytes() + own.data.tobytes()
        found = self.kept.get(key)
        if found is None:
            found = self.model.scores(own)[0], self.model.stars(own)[0]
            self.kept[key] = found
            while len(self.kept) > _REMEMBERED:
                with suppress(KeyError):  # another thread was first
                    self.kept.popitem(last=False)
        return found

    def profile_of(self, rated: Sequence[tuple[int, float]]) -> sparse.csr_matrix:
        """Ratings of films by id as a profile; films that are not known are left out."""
        rows = self.films.row_of(np.array([film for film, _ in rated], np.int64))
        pairs = [(int(r), s) for r, (_, s) in zip(rows, rated, strict=True) if r >= 0]
        return profile(pairs, len(self.films))

    def recommend(self, own: sparse.csr_matrix, wish: Wish) -> list[dict[str, Any]]:
        """The best films for a profile, each with expected stars and a reason."""
        films = self.films
        scores, stars = self.answers(own)
        allowed = np.ones(len(films), bool)
        if wish.clusters:
            allowed &= np.isin(films.cluster, wish.clusters)
        if wish.year_from is not None:
            allowed &= films.year >= wish.year_from
        if wish.year_to is not None:
            allowed &= (films.year > 0) & (films.year <= wish.year_to)
        if not wish.seen:
            allowed[own.indices] = False
        few = np.flatnonzero(allowed)
        if not len(few):
            return []
        count = min(wish.top_k, len(few))
        near = few[np.argpartition(-scores[few], count - 1)[:count]]
        rows = near[np.lexsort((near, -scores[near]))]
        return [
            {
                **self.film(int(row)),
                "score": float(scores[row]),
                "expected_rating": round(float(stars[row]), 3),
                "reason": reason,
            }
            for row, reason in zip(rows, self.explainer.reasons(own, rows.tolist()), strict=True)
        ]

    def row(self, film_id: int) -> int | None:
        """The column of a film; None for one that is not known."""
        found = int(self.films.row_of(np.array([film_id], np.int64))[0])
        return None if found < 0 else found

    def film(self, row: int) -> dict[str, Any]:
        """What is told of a film."""
        films, cluster = self.films, int(self.films.cluster[row])
        return {
            "film_id": int(films.ids[row]),
            "movie_id": films.movie_ids[row],
            "title": films.titles[row],
            "year": int(films.year[row]) or None,
            "cluster": cluster if cluster >= 0 else None,
            "micro_genre_name": films.cluster_names.get(cluster),
        }


class Recommending:
    """The champion of `DIR/ratings`; `reload` changes it while requests go on with the old one."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder, self._record = folder, Record(url)
        self.current = self._opened()
        self._batches, self._later = self._ingested()
        self._ratings_of = lru_cache(maxsize=4_096)(self._looked_up)

    def _opened(self) -> Served:
        row = self._record.champion()
        if row is None:
            raise ModelError("no recommender is served yet: run `microgenres ratings train`")
        place = version_folder(self._folder, row["version"])
        model, films = open_model(place)
        return Served(row["version"], model, films, Explainer(films), read_manifest(place)["about"])

    def reload(self) -> bool:
        """Take the version that the record says; True when it is another than before."""
        row = self._record.champion()
        changed = row is not None and row["version"] != self.current.version
        if changed:
            self.current = self._opened()
        if changed or self._record.count("ingestions") != self._batches:
            self._batches, self._later = self._ingested()
            self._ratings_of.cache_clear()
        return changed

    def _ingested(self) -> tuple[int, pa.Table]:
        """All batches, RATINGS by user, held in memory: they may be many small files."""
        tables = [read_table(path) for _, path in ingested(self._folder, self._record)]
        ratings = pa.concat_tables([RATINGS.empty_table(), *tables]).sort_by("user_id")
        return len(tables), ratings

    def rated_by(self, user: int) -> list[tuple[int, float]]:
        """The ratings of a user, by film id; none for one who is not known."""
        return list(self._ratings_of(user))

    def _looked_up(self, user: int) -> tuple[tuple[int, float], ...]:
        prepared = Prepared(self._folder / "data" / str(self.current.about["data"]))
        files = prepared.partitions
        own = files[int(partition_of(np.array([user]), len(files))[0])]
        found: dict[int, float] = {}
        end = int(self.current.about["known_before"])
        users = self._later.column("user_id").to_numpy()
        first, last = (int(np.searchsorted(users, user, side)) for side in ("left", "right"))
        tables = [
            pq.read_table(own, filters=[("user_id", "=", user), ("timestamp", "<", end)]),
            self._later.slice(first, last - first),
        ]
        for table in tables:
            ordered = table.take(pc.sort_indices(table.column("timestamp")))
            pairs = (ordered.column(name).to_pylist() for name in ("film_id", "rating"))
            found |= dict(zip(*pairs, strict=True))
        return tuple(found.items())
