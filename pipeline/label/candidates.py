"""The candidates of each cluster: terms of several of its films, likelier there than elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.label.lexicon import STOP_WORDS, is_boilerplate
from pipeline.settings import LabelSettings

__all__ = ["CANDIDATES", "candidates"]

# A candidate of a cluster; shares are of the cluster's films, base shares of all films.
CANDIDATES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("share", pa.float64()),  # films that hold the term anywhere
        ("gain", pa.float64()),  # share * log(share / base share)
        ("keyword_gain", pa.float64()),  # the same among keywords alone
    ]
)

_SPARSE = 0.1  # with keywords on fewer films than this, any phrase may be a candidate


def candidates(
    terms: pa.Table, words: pa.Table, sizes: pa.Table, settings: LabelSettings
) -> dict[str, pa.Table]:
    """Rank the terms of all partitions within each cluster.

    Parameters
    ----------
    terms, words : TERM_COUNTS and WORD_COUNTS of all partitions, one after the other.
    sizes : cluster (int32), films (int64), keyword_films (int64).

    Returns
    -------
    {"candidates": CANDIDATES, at most `settings.candidates` for each cluster, best first}.
    The gain is the cluster's term of the Kullback-Leibler divergence between its films and all.
    """
    counts = terms.to_pandas().groupby(["cluster", "term"], as_index=False).sum()
    size = sizes.to_pandas().set_index("cluster")
    films, with_keywords = int(size["films"].sum()), int(size["keyword_films"].sum())
    total = counts.groupby("term")[["films", "keyword_films", "part_films"]].sum()
    allowed = total["films"] >= 2
    if with_keywords >= _SPARSE * films:
        # what stands in a keyword somewhere is a theme; most other phrases are not
        allowed &= (total["keyword_films"] >= 2) | (total["part_films"] >= 2)
    total = total[allowed]
    persons = _persons(words)
    fit = [not (is_boilerplate(term) or _unfit(term, persons)) for term in total.index]
    total = total[np.array(fit, bool)].add_suffix("_total").reset_index()
    least = np.minimum(settings.min_films, np.maximum(1, size["films"] // 4))
    counts = counts[counts["films"] >= counts["cluster"].map(least)]
    counts = counts.merge(total, on="term")
    own = counts["cluster"].map(size["films"])
    own_keyworded = counts["cluster"].map(size["keyword_films"])
    counts["share"] = counts["films"] / own
    counts["gain"] = _gain(counts["films"], own, counts["films_total"], films)
    counts["keyword_gain"] = _gain(
        counts["keyword_films"], own_keyworded, counts["keyword_films_total"], with_keywords
    )
    counts = counts[(counts["gain"] > 0) | (counts["keyword_gain"] > 0)]
    counts["rank"] = counts["gain"] + counts["keyword_gain"]
    counts = counts.sort_values(["cluster", "rank", "term"], ascending=[True, False, True])
    best = counts.groupby("cluster").head(settings.candidates)
    return {
        "candidates": pa.Table.from_pandas(
            best[CANDIDATES.names], CANDIDATES, preserve_index=False
        ).replace_schema_metadata(None)
    }


def _gain(films: pd.Series, own: pd.Series, total: pd.Series, everyone: int) -> pd.Series:
    """p log(p / p0), p shrunk towards p0 by the weight of one film."""
    base = total / max(everyone, 1)
    share = (films + base) / (own + 1)
    likelier = (share / base.where(base > 0, 1)).where(films > 0, 1)
    return share * np.log(likelier)


def _persons(words: pa.Table) -> frozenset[str]:
    """Words that the credits know and that texts write with a capital: names of persons."""
    known = words.to_pandas().groupby("word").sum()
    named = (known["credits"] >= 3) & (known["capital"] > 4 * known["lower"])
    unseen = (known["credits"] >= 3) & (known["capital"] + known["lower"] == 0)
    return frozenset(known.index[named | unseen])


def _unfit(term: str, persons: frozenset[str]) -> bool:
    parts = term.split()
    if len(parts) > 4 or all(part in STOP_WORDS or part.isdigit() for part in parts):
        return True
    return parts[0] in persons or (len(parts) == 2 and parts[-1] in persons)
