"""Novel films: those that fit no micro-genre well, and the micro-genres they could form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.cluster import hierarchy

from pipeline.features.text import normalize_keyword
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.schemas.lineage import NOVEL
from pipeline.settings import NoveltySettings
from pipeline.update.novel_names import Embed, name_groups

__all__ = ["find_novel", "propose_micro_genres"]

_WORDS = 8  # keywords of a proposal
_EXEMPLARS = 5  # films listed with a proposal


def find_novel(
    movies: pa.Table, points: np.ndarray, baseline: pa.Table, settings: NoveltySettings
) -> tuple[pa.Table, list[np.ndarray]]:
    """Find the films that fit no micro-genre well, and groups of similar ones among them.

    A film is novel if it is weak and its similarity is below the `quantile` of the similarities
    that films had when they were mined.

    Parameters
    ----------
    movies : pa.Table
        RELEASED_MOVIES.
    points : ndarray of shape (n_films, width), float32
        Points of the films, row by row.
    baseline : pa.Table
        BASELINE of the last mining.
    settings : NoveltySettings
        Thresholds, and the most films that groups are searched in.

    Returns
    -------
    novel : pa.Table
        NOVEL, in the order of `movies`.
    groups : list of ndarray of shape (n,), int64
        Rows of `movies` of each group with at least `min_films` films, largest group first.

    Notes
    -----
    Groups are clusters of average linkage over cosine distances (Sokal and Michener 1958).
    """
    similarity = movies.column("similarity").to_numpy()
    mined = np.sort(baseline.column("similarity").to_numpy())
    limit = np.quantile(mined, settings.quantile, method="lower") if len(mined) else -1.0
    weak = movies.column("weak").to_numpy(zero_copy_only=False).astype(bool)
    rows = np.flatnonzero(weak & (similarity < limit))
    ids = movies.column("movie_id").to_pylist()
    searched = sorted(rows.tolist(), key=lambda row: (similarity[row], ids[row]))
    searched = sorted(searched[: settings.most_films])
    groups = _groups(points, np.array(searched, np.int64), settings)
    group_of = {int(row): number for number, group in enumerate(groups) for row in group}
    columns = [
        pa.array([ids[row] for row in rows], pa.string()),
        pa.array(movies.column("cluster").to_numpy()[rows], pa.int32()),
        pa.array(similarity[rows], pa.float32()),
        pa.array([group_of.get(int(row)) for row in rows], pa.int32()),
    ]
    return pa.table(columns, schema=NOVEL), groups


def propose_micro_genres(
    movies: pa.Table,
    vectors: np.ndarray,
    groups: Sequence[np.ndarray],
    text_means: np.ndarray,
    taken: Sequence[str],
    embed: Embed,
    language: str = "auto",
) -> list[dict[str, Any]]:
    """Propose a micro-genre for each group of novel films; the release does not use them.

    Parameters
    ----------
    movies : pa.Table
        RELEASED_MOVIES.
    vectors : ndarray of shape (n_films, dim), float32
        Text vectors of the films, row by row.
    groups : sequence of ndarray of shape (n,), int64
        Rows of `movies`, as `find_novel` returns them.
    text_means : ndarray of shape (k, dim), float32
        Mean text vectors of the existing micro-genres.
    taken : sequence of str
        Names of the existing micro-genres.
    embed : callable
        Texts to unit vectors, ndarray of shape (n_texts, dim).
    language : str
        Language of the names, ISO 639-1; "auto": the main language of the texts.

    Returns
    -------
    list of dict
        For each group: `name`, `name_truth` (share of its films for which the name is true),
        `keywords`, `films` (their number), `mean_likeness` (mean cosine of the texts to their
        mean), `exemplar_ids` and `exemplars`, the most typical films first.
    """
    if not groups:
        return []
    means = np.stack([_mean_of(vectors[group]) for group in groups])
    all_means = np.concatenate([means, text_means]).astype(np.float32)
    names = name_groups(movies, groups, all_means, taken, embed, language)
    all_counts = _keyword_counts(movies)
    proposals = []
    for group, mean, name in zip(groups, means, names, strict=True):
        films = movies.take(pa.array(group))
        words = _typical_keywords(_keyword_counts(films), len(films), all_counts, len(movies))
        cosine = vectors[group] @ mean
        best = sorted(range(len(group)), key=lambda row: (-cosine[row], int(group[row])))
        exemplars = films.take(pa.array(best[:_EXEMPLARS]))
        proposals.append(
            {
                "name": name.name,
                "name_truth": name.truth,
                "keywords": words or name.subjects[:_WORDS],
                "films": len(group),
                "mean_likeness": float(np.sort(cosine).mean()),
                "exemplar_ids": exemplars.column("movie_id").to_pylist(),
                "exemplars": [
                    title if year is None else f"{title} ({year})"
                    for title, year in zip(
                        exemplars["title"].to_pylist(), exemplars["year"].to_pylist(), strict=True
                    )
                ],
            }
        )
    return proposals


def _mean_of(vectors: np.ndarray) -> np.ndarray:
    """The mean of vectors, of unit length."""
    mean = vectors.mean(0, dtype=np.float64)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12))


def _groups(points: np.ndarray, rows: np.ndarray, settings: NoveltySettings) -> list[np.ndarray]:
    if len(rows) < settings.min_films:
        return []
    tree = hierarchy.linkage(points[rows].astype(np.float64), "average", metric="cosine")
    label = hierarchy.fcluster(tree, 1 - settings.likeness, "distance")
    groups = [rows[label == own] for own in np.unique(label)]
    large = [group for group in groups if len(group) >= settings.min_films]
    return sorted(large, key=lambda group: (-len(group), int(group[0])))


def _keyword_counts(movies: pa.Table) -> Counter[str]:
    """Number of films with each keyword."""
    counts: Counter[str] = Counter()
    for keywords in movies.column("keywords").to_pylist():
        counts.update({normalize_keyword(word) for word in keywords or []})
    return counts


def _typical_keywords(
    own: Mapping[str, int], films: int, all_counts: Mapping[str, int], all_films: int
) -> list[str]:
    """Keywords of several of the films that are rarer elsewhere, the most typical first."""
    scored = []
    for word, count in own.items():
        if count < 2 or is_boilerplate(word):
            continue
        share, base = count / films, all_counts[word] / all_films
        contrast = float(np.log(share / base))
        if contrast > 0:
            scored.append((-share * contrast, word))
    return [word for _, word in sorted(scored)[:_WORDS]]
