"""The candidates of each cluster: terms of several of its films, likelier there than elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.fileio.external_sort import Streamed, in_order
from pipeline.label.lexicon import STOP_WORDS, is_boilerplate
from pipeline.label.term_counts import TERM_COUNTS, WORD_COUNTS
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of
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

_PENDING = 2**18  # candidates held beside the best of those before them
_SPARSE = 0.1  # with keywords on fewer films than this, any phrase may be a candidate


@stage(
    "candidates",
    version=2,
    inputs=("terms", "words", "sizes", "above"),
    outputs=("candidates",),
    streamed=("terms", "words"),
)
def candidates(
    terms: pa.Table | Parts,
    words: pa.Table | Parts,
    sizes: pa.Table,
    settings: LabelSettings,
    above: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Rank the terms of all partitions within each cluster.

    Parameters
    ----------
    terms, words : TERM_COUNTS and WORD_COUNTS of all partitions, one after the other.
    sizes : cluster (int32), films (int64), keyword_films (int64).
    above : `cluster` (int32), the family of each cluster in turn, where families are ranked and
        `terms` are of their clusters.

    Returns
    -------
    {"candidates": CANDIDATES, at most `settings.candidates` for each cluster, best first}.
    The gain is the cluster's term of the Kullback-Leibler divergence between its films and all.

    Terms are counted a range of the alphabet at a time, and of those before only the best are
    kept, so that few of them are in memory.
    """
    size = sizes.to_pandas().set_index("cluster")
    family = None if above is None else above.column("cluster").to_numpy()
    persons = _persons(words)
    ranked: list[pd.DataFrame] = []
    for some in _ranges(terms, TERM_COUNTS, "term"):
        if family is not None:
            some["cluster"] = family[some["cluster"]]
        ranked.append(_ranked(some, size, persons, settings))
        if sum(map(len, ranked[1:])) > _PENDING:
            ranked = [_best(pd.concat(ranked), settings)]
    found = _best(pd.concat(ranked), settings)[CANDIDATES.names]
    table = pa.Table.from_pandas(found, CANDIDATES, preserve_index=False)
    return {"candidates": table.replace_schema_metadata(None)}


def _ranked(
    terms: pd.DataFrame, size: pd.DataFrame, persons: frozenset[str], settings: LabelSettings
) -> pd.DataFrame:
    """The best candidates of each cluster among some terms, with all their films."""
    counts = terms.groupby(["cluster", "term"], as_index=False).sum()
    films, with_keywords = int(size["films"].sum()), int(size["keyword_films"].sum())
    total = counts.groupby("term")[["films", "keyword_films", "part_films"]].sum()
    allowed = total["films"] >= 2
    if with_keywords >= _SPARSE * films:
        # what stands in a keyword somewhere is a theme; most other phrases are not
        allowed &= (total["keyword_films"] >= 2) | (total["part_films"] >= 2)
    total = total[allowed]
    fit = [not (is_boilerplate(term) or _unfit(term, persons)) for term in total.index]
    total = total[np.array(fit, bool)].add_suffix("_total").reset_index()
    least = (size["films"] // 4).clip(1, settings.min_films)
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
    return _best(counts[[*CANDIDATES.names, "rank"]], settings)


def _best(counts: pd.DataFrame, settings: LabelSettings) -> pd.DataFrame:
    counts = counts.sort_values(["cluster", "rank", "term"], ascending=[True, False, True])
    return counts.groupby("cluster").head(settings.candidates)


def _ranges(counts: pa.Table | Parts, schema: pa.Schema, key: str) -> Iterator[pd.DataFrame]:
    """Counts a range of `key` at a time: all rows of a word, or of a term, are in one of them."""
    table = Streamed(schema, counts.num_rows, lambda: parts_of(counts))
    for some in in_order(table, [key], Path(tempfile.gettempdir())):
        yield some.to_pandas()


def _gain(films: pd.Series, own: pd.Series, total: pd.Series, everyone: int) -> pd.Series:
    """p log(p / p0), p shrunk towards p0 by the weight of one film."""
    base = total / max(everyone, 1)
    share = (films + base) / (own + 1)
    likelier = (share / base.where(base > 0, 1)).where(films > 0, 1)
    return share * np.log(likelier)


def _persons(words: pa.Table | Parts) -> frozenset[str]:
    """Words that the credits know and that texts write with a capital: names of persons."""
    persons: set[str] = set()
    for some in _ranges(words, WORD_COUNTS, "word"):
        known = some.groupby("word").sum()
        named = (known["credits"] >= 3) & (known["capital"] > 4 * known["lower"])
        unseen = (known["credits"] >= 3) & (known["capital"] + known["lower"] == 0)
        persons.update(known.index[named | unseen])
    return frozenset(persons)


def _unfit(term: str, persons: frozenset[str]) -> bool:
    parts = term.split()
    if len(parts) > 4 or all(part in STOP_WORDS or part.isdigit() for part in parts):
        return True
    return parts[0] in persons or (len(parts) == 2 and parts[-1] in persons)
