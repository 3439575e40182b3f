"""Five keywords of each cluster: contrast against its siblings, then KeyBERT's MMR."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.label.lexicon import normal_form
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import LabelSettings

__all__ = ["KEYWORDS", "keywords"]

# The keywords of a cluster, best first, then those that stayed behind.
KEYWORDS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("rank", pa.int32()),
        ("keyword", pa.string()),
        ("chosen", pa.bool_()),  # one of the five
        ("score", pa.float64()),
        ("contrast", pa.float64()),  # cosine with the own centroid less that with its siblings
    ]
)

_SIBLINGS = 5
_SPARE = 2  # so many more than asked for are offered to MMR
_COVERAGE = 4.0  # what all films of a cluster weigh beside a score, which is at most 2.5


@stage("keywords", inputs=("candidates", "phrases", "centroids", "held"), outputs=("keywords",))
def keywords(
    candidates: pa.Table,
    phrases: pa.Table,
    centroids: pa.Table,
    held: pa.Table,
    settings: LabelSettings,
) -> dict[str, pa.Table]:
    """Choose the keywords of a group of clusters: {"keywords": KEYWORDS}.

    Parameters
    ----------
    candidates : CANDIDATES of the group.
    phrases : term (string), vector: every candidate of the run, embedded once.
    centroids : cluster, vector: mean text vectors of all clusters, siblings included.
    held : HOLDINGS of the group's films, looked up with the candidates in their order.

    Notes
    -----
    A term's score adds how much likelier it is here than elsewhere (anywhere, and as a keyword)
    to its cosine with the own centroid less that with the nearest siblings. The best are taken
    one by one, each valued also by the films that no better one speaks of, as in greedy maximum
    coverage (Nemhauser et al. 1978); among the last of these, maximal marginal relevance
    (Carbonell and Goldstein 1998, KeyBERT's implementation) chooses for diversity.
    """
    vectors = matrix_of(phrases)
    row_of = {term: row for row, term in enumerate(phrases.column("term").to_pylist())}
    means = matrix_of(centroids)
    number = {c: row for row, c in enumerate(centroids.column("cluster").to_pylist())}
    frame = candidates.to_pandas()
    films_of: dict[int, list[list[int]]] = {}
    for row in held.to_pylist():
        films_of.setdefault(row["cluster"], []).append(row["held"])
    found: list[dict[str, object]] = []
    for cluster, group in frame.groupby("cluster", sort=True):
        terms = group["term"].tolist()
        rows = vectors[[row_of[term] for term in terms]]
        contrast = _contrast(rows, means, number[cluster])
        score = (
            _scaled(group["gain"].to_numpy())
            + _scaled(group["keyword_gain"].to_numpy())
            + 0.5 * _scaled(contrast)
        )
        order = _distinct(terms, np.lexsort((terms, -score)))
        films = _matrix(films_of[cluster], len(terms))
        pool = _covering(score, films, order, settings.keywords + _SPARE)
        chosen = _diverse(means[number[cluster]], rows, terms, pool, settings)
        rest = [i for i in order if i not in chosen]
        for rank, i in enumerate([*chosen, *rest]):
            found.append(
                {
                    "cluster": cluster,
                    "rank": rank,
                    "keyword": terms[i],
                    "chosen": i in chosen,
                    "score": float(score[i]),
                    "contrast": float(contrast[i]),
                }
            )
    return {"keywords": pa.Table.from_pylist(found, KEYWORDS)}


def _contrast(rows: np.ndarray, means: np.ndarray, own: int) -> np.ndarray:
    """Cosine with the own centroid less the mean of that with its nearest siblings."""
    if len(means) < 2:
        return np.asarray(rows @ means[own])
    likeness = means @ means[own]
    likeness[own] = -np.inf
    siblings = np.argsort(-likeness, kind="stable")[: min(_SIBLINGS, len(means) - 1)]
    return np.asarray(rows @ means[own] - (rows @ means[siblings].T).mean(1))


def _scaled(values: np.ndarray) -> np.ndarray:
    top = float(values.max(initial=0.0))
    return values / top if top > 0 else np.zeros_like(values)


def _distinct(terms: list[str], order: np.ndarray) -> list[int]:
    """Keep the best of terms that differ in order, number or inflection only."""
    seen: set[frozenset[str]] = set()
    kept: list[int] = []
    for i in order.tolist():
        form = normal_form(terms[i])
        if form and form not in seen:
            seen.add(form)
            kept.append(i)
    return kept


def _matrix(held: list[list[int]], terms: int) -> np.ndarray:
    """(films, terms) bool: which film holds which term."""
    films = np.zeros((len(held), terms), bool)
    for row, places in enumerate(held):
        films[row, places] = True
    return films


def _covering(score: np.ndarray, films: np.ndarray, order: list[int], count: int) -> list[int]:
    """The best terms, each valued by its score and by the films that none before it speaks of."""
    left = np.ones(len(films), bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(order)):
        rest = [i for i in order if i not in chosen]
        new = films[left][:, rest].sum(0) / max(1, len(films))
        best = rest[int(np.argmax(score[rest] + _COVERAGE * new))]
        chosen.append(best)
        left &= ~films[:, best]
    return chosen


def _diverse(
    centroid: np.ndarray,
    rows: np.ndarray,
    terms: list[str],
    pool: list[int],
    settings: LabelSettings,
) -> list[int]:
    """The keywords, the surest first: half by score, the others by MMR among the pool."""
    if not pool:  # no candidate has a word in it
        return []
    from keybert._mmr import mmr  # takes seconds to import, and naming alone needs it

    sure = pool[: settings.keywords // 2 + 1]
    picked = mmr(
        centroid[None, :],
        rows[pool],
        [terms[i] for i in pool],
        top_n=min(settings.keywords, len(pool)),
        diversity=settings.diversity,
    )
    by_term = {terms[i]: i for i in pool}
    others = [by_term[term] for term, _ in picked if by_term[term] not in sure]
    return (sure + others + [i for i in pool if i not in sure and i not in others])[
        : settings.keywords
    ]
