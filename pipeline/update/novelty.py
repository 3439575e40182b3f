"""Novel films: those that fit no micro-genre well, and the micro-genres they could form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.cluster import hierarchy

from pipeline.features.text import normalize_keyword
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.schemas.lineage import NOVEL
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.settings import NoveltySettings
from pipeline.update.edited_table import take_rows
from pipeline.update.novel_names import Embed, name_groups

__all__ = ["find_novel", "propose_micro_genres"]

_WORDS = 8  # keywords of a proposal
_EXEMPLARS = 5  # films listed with a proposal


def find_novel(
    films: pa.Table,
    points_of: Callable[[np.ndarray], np.ndarray],
    baseline: pa.Table,
    settings: NoveltySettings,
) -> tuple[pa.Table, list[np.ndarray]]:
    """Find the films that fit no micro-genre well, and groups of similar ones among them.

    A film is novel if it is weak and its similarity is below the `quantile` of the similarities
    that films had when they were mined.

    Parameters
    ----------
    films : pa.Table
        Columns movie_id, cluster, similarity and weak of all films.
    points_of : callable
        Row numbers of films to their points, float32 of shape (n_rows, width).
    baseline : pa.Table
        BASELINE of the last mining.
    settings : NoveltySettings
        Thresholds, and the most films that groups are searched in.

    Returns
    -------
    novel : pa.Table
        NOVEL, in the order of `films`.
    groups : list of ndarray of shape (n,), int64
        Rows of `films` of each group with at least `min_films` films, largest group first.

    Notes
    -----
    Groups are clusters of average linkage over cosine distances (Sokal and Michener 1958).
    """
    similarity = films.column("similarity").to_numpy()
    mined = np.sort(baseline.column("similarity").to_numpy())
    limit = np.quantile(mined, settings.quantile, method="lower") if len(mined) else -1.0
    weak = films.column("weak").to_numpy(zero_copy_only=False).astype(bool)
    rows = np.flatnonzero(weak & (similarity < limit))
    ids = films.column("movie_id").combine_chunks().take(pa.array(rows)).to_pylist()
    name_of = dict(zip(rows.tolist(), ids, strict=True))
    searched = sorted(name_of, key=lambda row: (similarity[row], name_of[row]))
    searched = sorted(searched[: settings.most_films])
    groups = _groups(points_of, np.array(searched, np.int64), settings)
    group_of = {int(row): number for number, group in enumerate(groups) for row in group}
    columns = [
        pa.array(ids, pa.string()),
        pa.array(films.column("cluster").to_numpy()[rows], pa.int32()),
        pa.array(similarity[rows], pa.float32()),
        pa.array([group_of.get(int(row)) for row in rows], pa.int32()),
    ]
    return pa.table(columns, schema=NOVEL), groups


def propose_micro_genres(
    movies: pa.Table | Parts,
    keywords: Callable[[], pa.Table | Parts],
    vectors_of: Callable[[np.ndarray], np.ndarray],
    groups: Sequence[np.ndarray],
    text_means: np.ndarray,
    taken: Sequence[str],
    embed: Embed,
    language: str = "auto",
) -> list[dict[str, Any]]:
    """Propose a micro-genre for each group of novel films; the release does not use them.

    Parameters
    ----------
    movies : Table or Parts
        RELEASED_MOVIES.
    keywords : callable
        Returns the column keywords of all films.
    vectors_of : callable
        Row numbers of films to their text vectors, float32 of shape (n_rows, dim).
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
    novel = np.concatenate(groups)
    vectors, all_films = vectors_of(novel), take_rows(movies, novel)
    ends = np.cumsum([0, *map(len, groups)])
    spans = [slice(start, stop) for start, stop in pairwise(ends.tolist())]
    means = np.stack([_mean_of(vectors[span]) for span in spans])
    all_means = np.concatenate([means, text_means]).astype(np.float32)
    names = name_groups(movies, groups, all_means, taken, embed, language)
    own_counts = [_keyword_counts(all_films[span]) for span in spans]
    words_of_groups = {word for own in own_counts for word in own}
    everywhere = _films_with(parts_of(keywords()), words_of_groups)
    proposals = []
    for group, span, own, mean, name in zip(groups, spans, own_counts, means, names, strict=True):
        films = all_films[span]
        words = _typical_keywords(own, len(films), everywhere, movies.num_rows)
        cosine = vectors[span] @ mean
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


def _groups(
    points_of: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, settings: NoveltySettings
) -> list[np.ndarray]:
    if len(rows) < settings.min_films:
        return []
    tree = hierarchy.linkage(points_of(rows).astype(np.float64), "average", metric="cosine")
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


def _films_with(movies: Iterable[pa.Table], wanted: Collection[str]) -> Counter[str]:
    """Number of films with each of some keywords.

    Films without them are passed over by the distinct spellings of a part, not one by one.
    """
    counts: Counter[str] = Counter()
    for part in movies:
        keywords = part.column("keywords").combine_chunks()
        flat, film = pc.list_flatten(keywords), pc.list_parent_indices(keywords)
        spellings = [
            word
            for word in flat.unique().drop_null().to_pylist()
            if normalize_keyword(word) in wanted
        ]
        has = pc.is_in(flat, value_set=pa.array(spellings, pa.string()))
        pairs = zip(film.filter(has).to_pylist(), flat.filter(has).to_pylist(), strict=True)
        counts.update(word for _, word in {(row, normalize_keyword(word)) for row, word in pairs})
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
