"""Films that fit no micro-genre well, and the micro-genres that enough of them would make up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.features.text import normal_keyword
from pipeline.label import PROPOSALS, choose_names, genre_noun, propose_names
from pipeline.label.lexicon import is_boilerplate
from pipeline.schemas.lineage import NOVEL
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import NoveltySettings

__all__ = ["gather", "proposals"]

_WORDS = 8  # keywords of a proposal
_EXEMPLARS = 5
Embed = Callable[[Sequence[str]], np.ndarray]


def gather(
    movies: pa.Table, points: np.ndarray, baseline: pa.Table, settings: NoveltySettings
) -> tuple[pa.Table, list[np.ndarray]]:
    """Films that fit nothing well, by id, and the groups among them.

    Parameters
    ----------
    movies : RELEASED_MOVIES. points : (films, width) float32, row by row the same films.
    baseline : BASELINE; a film is novel when it is weak, and its similarity is below that which
        `quantile` of the films had when they were mined.

    Returns
    -------
    NOVEL, and for each proposal the rows of `movies`: groups of average linkage over cosine
    distance (Sokal and Michener 1958) with `min_films` or more, the largest first.
    """
    similarity = movies.column("similarity").to_numpy()
    was = np.sort(baseline.column("similarity").to_numpy())
    edge = np.quantile(was, settings.quantile, method="lower") if len(was) else -1.0
    weak = movies.column("weak").to_numpy(zero_copy_only=False).astype(bool)
    rows = np.flatnonzero(weak & (similarity < edge))
    ids = movies.column("movie_id").to_pylist()
    searched = sorted(rows.tolist(), key=lambda row: (similarity[row], ids[row]))
    searched = sorted(searched[: settings.most_films])
    groups = _groups(points, np.array(searched, np.int64), settings)
    number = {int(row): place for place, group in enumerate(groups) for row in group}
    columns = [
        pa.array([ids[row] for row in rows], pa.string()),
        pa.array(movies.column("cluster").to_numpy()[rows], pa.int32()),
        pa.array(similarity[rows], pa.float32()),
        pa.array([number.get(int(row)) for row in rows], pa.int32()),
    ]
    return pa.table(columns, schema=NOVEL), groups


def proposals(
    movies: pa.Table,
    vectors: np.ndarray,
    groups: Sequence[np.ndarray],
    text_means: np.ndarray,
    taken: Sequence[str],
    embed: Embed,
) -> list[dict[str, Any]]:
    """What each group would be called as a micro-genre of its own; none is put in force.

    Parameters
    ----------
    vectors : (films, dim) of the texts of `movies`. groups : rows of `movies`, as of `gather`.
    text_means : (k, dim) of the micro-genres that there are. taken : their names.
    embed : texts to unit vectors, (texts, dim).

    Returns
    -------
    for each: `name`, `keywords`, `films`, `mean_likeness` (cosine between the texts and their
    mean), `exemplar_ids` and `exemplars`, the most typical first.
    """
    if not groups:
        return []
    everywhere = _counts(movies)
    base = _genre_shares(movies)
    made, offered = [], []
    for number, group in enumerate(groups):
        films = movies.take(pa.array(group))
        mean = vectors[group].mean(0, dtype=np.float64)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        words = _telling(_counts(films), len(films), everywhere, len(movies))
        noun = genre_noun(_genre_shares(films), base)
        for name, weight in propose_names(words, noun) or [(noun or "Films", 0.0)]:
            offered.append({"cluster": number, "name": name, "weight": weight})
        likeness = vectors[group] @ mean
        best = sorted(range(len(group)), key=lambda row: (-likeness[row], int(group[row])))
        chosen = films.take(pa.array(best[:_EXEMPLARS]))
        made.append(
            {
                "keywords": [word for word, _, _ in words],
                "films": len(group),
                "mean_likeness": float(np.sort(likeness).mean()),
                "exemplar_ids": chosen.column("movie_id").to_pylist(),
                "exemplars": [
                    title if year is None else f"{title} ({year})"
                    for title, year in zip(
                        chosen["title"].to_pylist(), chosen["year"].to_pylist(), strict=True
                    )
                ],
                "mean": mean,
            }
        )
    return _named(made, offered, text_means, taken, embed)


def _named(
    made: list[dict[str, Any]],
    offered: list[dict[str, Any]],
    text_means: np.ndarray,
    taken: Sequence[str],
    embed: Embed,
) -> list[dict[str, Any]]:
    """The proposals with names: nearest to their own mean, farthest from the micro-genres'."""
    spelt = sorted({row["name"] for row in offered})
    table = pa.table([spelt, column_of_vectors(embed(spelt), "float16")], names=["term", "vector"])
    means = np.concatenate([np.array([group.pop("mean") for group in made]), text_means])
    numbers = pa.array(range(len(means)), pa.int32())
    centroids = pa.table([numbers, column_of_vectors(means)], schema=CENTROIDS(means.shape[1]))
    standing = dict(enumerate(taken, start=len(made)))
    names, _ = choose_names(
        pa.Table.from_pylist(offered, PROPOSALS), table, centroids, standing=standing
    )
    return [{"name": names[number]} | group for number, group in enumerate(made)]


def _groups(points: np.ndarray, rows: np.ndarray, settings: NoveltySettings) -> list[np.ndarray]:
    if len(rows) < settings.min_films:
        return []
    tree = hierarchy.linkage(points[rows].astype(np.float64), "average", metric="cosine")
    label = hierarchy.fcluster(tree, 1 - settings.likeness, "distance")
    found = [rows[label == own] for own in np.unique(label)]
    large = [group for group in found if len(group) >= settings.min_films]
    return sorted(large, key=lambda group: (-len(group), int(group[0])))


def _counts(movies: pa.Table) -> Counter[str]:
    """In how many films each keyword stands."""
    found: Counter[str] = Counter()
    for keywords in movies.column("keywords").to_pylist():
        found.update({normal_keyword(word) for word in keywords or []})
    return found


def _telling(
    own: Mapping[str, int], films: int, everywhere: Mapping[str, int], of: int
) -> list[tuple[str, float, float]]:
    """Keywords of several of the films that are rarer elsewhere: (word, score, contrast)."""
    scored = []
    for word, count in own.items():
        if count < 2 or is_boilerplate(word):
            continue
        here, there = count / films, everywhere[word] / of
        contrast = float(np.log(here / there))
        if contrast > 0:
            scored.append((word, here * contrast, contrast))
    return sorted(scored, key=lambda item: (-item[1], item[0]))[:_WORDS]


def _genre_shares(movies: pa.Table) -> dict[str, float]:
    found: Counter[str] = Counter()
    for genres in movies.column("genres").to_pylist():
        found.update(set(genres or []))
    return {genre: count / max(1, len(movies)) for genre, count in found.items()}
