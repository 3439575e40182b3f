"""Keywords of each cluster: scored, chosen to cover many films, the last ones for diversity."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.label.keywords.mmr import select_diverse
from pipeline.label.words.decency import is_banned
from pipeline.label.words.lexicon import normal_form
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import LabelSettings

__all__ = ["KEYWORDS", "select_keywords"]

# The chosen keywords of a cluster, best first, then its other candidates.
KEYWORDS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("rank", pa.int32()),
        ("keyword", pa.string()),
        ("chosen", pa.bool_()),  # one of the keywords of the cluster
        ("score", pa.float64()),
        ("contrast", pa.float64()),  # cosine to the own centroid minus cosine to its siblings
    ]
)

_SIBLINGS = 5  # nearest other clusters that a cluster is compared with
_SPARE = 2  # MMR selects from this many more terms than there are keywords
_COVERAGE = (
    2.4  # weight of covering as many films as the most frequent term; a score is at most 2.5
)


@stage(
    "keywords",
    inputs=("candidates", "phrases", "centroids", "held"),
    outputs=("keywords",),
    version=2,
)
def select_keywords(
    candidates: pa.Table,
    phrases: pa.Table,
    centroids: pa.Table,
    held: pa.Table,
    settings: LabelSettings,
) -> dict[str, pa.Table]:
    """Select the keywords of a group of clusters.

    Parameters
    ----------
    candidates : pa.Table
        CANDIDATES of the group.
    phrases : pa.Table
        Columns term (string) and vector: every candidate of the run, embedded once.
    centroids : pa.Table
        CENTROIDS: mean text vectors of all clusters, not only of the group.
    held : pa.Table
        HOLDINGS of the films of the group, found with the candidates in their order.
    settings : LabelSettings
        `keywords` is the number of keywords, `diversity` the diversity of the last ones.

    Returns
    -------
    dict of str to pa.Table
        `keywords`: KEYWORDS by cluster.

    Notes
    -----
    The score of a term adds how much more likely it is here than elsewhere (anywhere, and as a
    keyword) and its cosine to the own centroid minus the mean cosine to the nearest siblings.
    Terms are picked one by one: each adds to its score the number of films that no picked term
    occurs in, divided by that of the most frequent term, as in greedy maximum coverage (Nemhauser,
    Wolsey and Fisher 1978). The first half of the picked terms are keywords; `select_diverse`
    (KeyBERT's maximal marginal relevance) selects the others.
    """
    vectors = matrix_of(phrases)
    row_of = {term: row for row, term in enumerate(phrases.column("term").to_pylist())}
    means = matrix_of(centroids)
    mean_of = {c: row for row, c in enumerate(centroids.column("cluster").to_pylist())}
    frame = candidates.to_pandas()
    films_of: dict[int, list[list[int]]] = {}
    for row in held.to_pylist():
        films_of.setdefault(row["cluster"], []).append(row["held"])
    selected: list[dict[str, object]] = []
    for cluster, group in frame.groupby("cluster", sort=True):
        terms = group["term"].tolist()
        rows = vectors[[row_of[term] for term in terms]]
        contrast = _contrast(rows, means, mean_of[cluster])
        score = (
            _scaled(group["gain"].to_numpy())
            + _scaled(group["keyword_gain"].to_numpy())
            + 0.5 * _scaled(contrast)
        )
        order = _distinct(terms, np.lexsort((terms, -score)))
        films = _occurrence(films_of[cluster], len(terms))
        pool = _cover_films(score, films, order, settings.keywords + _SPARE)
        chosen = _choose(means[mean_of[cluster]], rows, terms, pool, settings)
        rest = [i for i in order if i not in chosen]
        for rank, i in enumerate([*chosen, *rest]):
            selected.append(
                {
                    "cluster": cluster,
                    "rank": rank,
                    "keyword": terms[i],
                    "chosen": i in chosen,
                    "score": float(score[i]),
                    "contrast": float(contrast[i]),
                }
            )
    return {"keywords": pa.Table.from_pylist(selected, KEYWORDS)}


def _contrast(rows: np.ndarray, means: np.ndarray, own: int) -> np.ndarray:
    """Cosine to the own centroid minus the mean cosine to the nearest siblings."""
    if len(means) < 2:
        return np.asarray(rows @ means[own])
    similarity = means @ means[own]
    similarity[own] = -np.inf
    siblings = np.argsort(-similarity, kind="stable")[: min(_SIBLINGS, len(means) - 1)]
    return np.asarray(rows @ means[own] - (rows @ means[siblings].T).mean(1))


def _scaled(values: np.ndarray) -> np.ndarray:
    highest = float(values.max(initial=0.0))
    return values / highest if highest > 0 else np.zeros_like(values)


def _distinct(terms: list[str], order: np.ndarray) -> list[int]:
    """The best of the terms that differ in word order, number or inflection only; none banned."""
    seen: set[frozenset[str]] = set()
    distinct: list[int] = []
    for i in order.tolist():
        form = normal_form(terms[i])
        if form and form not in seen and not is_banned(terms[i]):
            seen.add(form)
            distinct.append(i)
    return distinct


def _occurrence(held: list[list[int]], terms: int) -> np.ndarray:
    """(films, terms) bool: which term occurs in which film."""
    films = np.zeros((len(held), terms), bool)
    for row, numbers in enumerate(held):
        films[row, numbers] = True
    return films


def _cover_films(score: np.ndarray, films: np.ndarray, order: list[int], count: int) -> list[int]:
    """Pick terms greedily by score and by the films in which no picked term occurs."""
    uncovered = np.ones(len(films), bool)
    chosen: list[int] = []
    # relative to the most frequent term: in a cluster without a theme any term is in few films
    most = max(int(films[:, order].sum(0).max(initial=0)), 1)
    while len(chosen) < min(count, len(order)):
        rest = [i for i in order if i not in chosen]
        new = films[uncovered][:, rest].sum(0) / most
        best = rest[int(np.argmax(score[rest] + _COVERAGE * new))]
        chosen.append(best)
        uncovered &= ~films[:, best]
    return chosen


def _choose(
    centroid: np.ndarray,
    rows: np.ndarray,
    terms: list[str],
    pool: list[int],
    settings: LabelSettings,
) -> list[int]:
    """The first half of the pool, then terms of the pool that MMR selects."""
    if not pool:  # no candidate has a word in it
        return []
    first = pool[: settings.keywords // 2 + 1]
    diverse = select_diverse(
        centroid,
        rows[pool],
        [terms[i] for i in pool],
        min(settings.keywords, len(pool)),
        settings.diversity,
    )
    by_term = {terms[i]: i for i in pool}
    others = [by_term[term] for term in diverse if by_term[term] not in first]
    rest = [i for i in pool if i not in first and i not in others]
    return (first + others + rest)[: settings.keywords]
