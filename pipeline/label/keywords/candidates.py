"""Candidate terms of each cluster: in several of its films, more likely there than elsewhere."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.fileio.external_sort import StreamedTable, sort_streamed
from pipeline.label.terms.film_terms import WORD_COUNTS
from pipeline.label.terms.term_counts import TERM_COUNTS
from pipeline.label.words.form import is_form
from pipeline.label.words.lexicon import is_boilerplate
from pipeline.label.words.stop_words import is_stop_word
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import Parts, parts_of
from pipeline.settings import LabelSettings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CANDIDATES", "rank_candidates"]

# One candidate of a cluster. A share is of the films of the cluster, a base share of all films.
CANDIDATES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("share", pa.float64()),  # films that contain the term anywhere
        ("gain", pa.float64()),  # share * log(share / base share)
        ("keyword_gain", pa.float64()),  # the same, counting keywords only
    ]
)

_PENDING = 2**18  # candidates in memory before all but the best are dropped
_RANGE_ROWS = 32_768  # rows of counts sorted in memory at once
_FREQUENT = 0.05  # share of all films from which a term may be a phrase of the catalogue
_SPREAD = 0.75  # such a phrase is in this share of the films' clusters ...
_EVEN = 0.5  # ... with at least this much of its share of all films ...
_LIFT = 1.5  # ... and nowhere as many times likelier
_SPARSE = 0.1  # if a smaller share of the films has keywords, any phrase may be a candidate


@stage(
    "candidates",
    version=3,
    inputs=("terms", "words", "sizes", "above"),
    outputs=("candidates",),
    streamed=("terms", "words"),
)
def rank_candidates(
    terms: pa.Table | Parts,
    words: pa.Table | Parts,
    sizes: pa.Table,
    settings: LabelSettings,
    above: pa.Table | None = None,
) -> dict[str, pa.Table]:
    """Rank the terms of all partitions within each cluster.

    Terms are counted one alphabetical range at a time. Of the ranges before, only the best
    candidates stay in memory.

    Parameters
    ----------
    terms, words : pa.Table or Parts
        TERM_COUNTS and WORD_COUNTS of all partitions, one after the other.
    sizes : pa.Table
        Columns cluster (int32), films (int64) and keyword_films (int64), see `size_table`.
    settings : LabelSettings
        `candidates` is the highest number for each cluster; `min_films` the fewest films of a
        term, fewer in small clusters.
    above : pa.Table, optional
        Column cluster (int32): the family of each cluster in turn, to rank the terms of families
        while `terms` are counted by cluster.

    Returns
    -------
    dict of str to pa.Table
        `candidates`: CANDIDATES by cluster, best first.

    Notes
    -----
    The gain of a term is its part of the Kullback-Leibler divergence between the films of the
    cluster and all films (Kullback and Leibler 1951), with the share smoothed towards the base
    share by the weight of one film.
    """
    import pandas as pd  # slow to import

    size = sizes.to_pandas().set_index("cluster")
    family = None if above is None else above.column("cluster").to_numpy()
    persons = _persons(words)
    ranked: list[pd.DataFrame] = []
    for counts in _ranges(terms, TERM_COUNTS, "term"):
        if family is not None:
            counts["cluster"] = family[counts["cluster"]]
        ranked.append(_rank_range(counts, size, persons, settings))
        if sum(map(len, ranked[1:])) > _PENDING:
            ranked = [_best(pd.concat(ranked), settings)]
    best = _best(pd.concat(ranked), settings)[CANDIDATES.names]
    table = pa.Table.from_pandas(best, CANDIDATES, preserve_index=False)
    return {"candidates": table.replace_schema_metadata(None)}


def _rank_range(
    terms: pd.DataFrame, size: pd.DataFrame, persons: frozenset[str], settings: LabelSettings
) -> pd.DataFrame:
    """The best candidates of each cluster among the terms of one range."""
    counts = terms.groupby(["cluster", "term"], as_index=False).sum()
    films, with_keywords = int(size["films"].sum()), int(size["keyword_films"].sum())
    total = counts.groupby("term")[["films", "keyword_films", "part_films"]].sum()
    allowed = total["films"] >= 2
    if with_keywords >= _SPARSE * films:
        # a term that occurs in a keyword somewhere is a theme; most other phrases are not
        allowed &= (total["keyword_films"] >= 2) | (total["part_films"] >= 2)
    total = total[allowed]
    # what the catalogue lists as a keyword is a theme, even "film director"
    listed = (total["keyword_films"] >= 2) | (total["part_films"] >= 2)
    usable = [
        not (is_boilerplate(term) or _unusable(term, persons) or (not known and is_form(term)))
        for term, known in zip(total.index, listed, strict=True)
    ]
    total = total[np.array(usable, bool)].add_suffix("_total").reset_index()
    least = (size["films"] // 4).clip(1, settings.min_films)
    unlisted = total[~listed.reindex(total["term"]).to_numpy()]
    phrases = _phrases_of_all(counts, unlisted, size["films"])
    counts = counts[counts["films"] >= counts["cluster"].map(least)]
    counts = counts.merge(total, on="term")
    own = counts["cluster"].map(size["films"])
    own_with_keywords = counts["cluster"].map(size["keyword_films"])
    counts["share"] = counts["films"] / own
    counts["gain"] = _gain(counts["films"], own, counts["films_total"], films)
    counts["keyword_gain"] = _gain(
        counts["keyword_films"], own_with_keywords, counts["keyword_films_total"], with_keywords
    )
    everywhere = counts["term"].isin(phrases) & (
        counts["share"] < _LIFT * counts["films_total"] / max(films, 1)
    )
    counts = counts[((counts["gain"] > 0) | (counts["keyword_gain"] > 0)) & ~everywhere]
    counts["rank"] = counts["gain"] + counts["keyword_gain"]
    return _best(counts[[*CANDIDATES.names, "rank"]], settings)


def _phrases_of_all(
    counts: pd.DataFrame, total: pd.DataFrame, size: pd.Series[int]
) -> frozenset[str]:
    """Terms that most clusters have about as often as the catalogue: its way of speaking."""
    films = int(size.sum())
    base = total.set_index("term")["films_total"] / max(films, 1)
    base = base[base >= _FREQUENT]
    own = counts[counts["term"].isin(base.index)]
    if own.empty:
        return frozenset()
    share = own["films"] / own["cluster"].map(size)
    even = own[share >= _EVEN * own["term"].map(base)]
    spread = even["cluster"].map(size).groupby(even["term"]).sum() / max(films, 1)
    return frozenset(spread.index[spread >= _SPREAD])


def _best(counts: pd.DataFrame, settings: LabelSettings) -> pd.DataFrame:
    counts = counts.sort_values(["cluster", "rank", "term"], ascending=[True, False, True])
    return counts.groupby("cluster").head(settings.candidates)


def _ranges(counts: pa.Table | Parts, schema: pa.Schema, key: str) -> Iterator[pd.DataFrame]:
    """Counts, one range of `key` at a time; all rows of one key are in the same range."""
    table = StreamedTable(schema, counts.num_rows, lambda: parts_of(counts))
    for part in sort_streamed(table, [key], Path(tempfile.gettempdir()), rows=_RANGE_ROWS):
        yield part.to_pandas()


def _gain(films: pd.Series, own: pd.Series, total: pd.Series, all_films: int) -> pd.Series:
    """Return p log(p / p0), with p smoothed towards p0 by the weight of one film."""
    base = total / max(all_films, 1)
    share = (films + base) / (own + 1)
    lift = (share / base.where(base > 0, 1)).where(films > 0, 1)
    return share * np.log(lift)


def _persons(words: pa.Table | Parts) -> frozenset[str]:
    """Names of persons: words of the credits that texts do not write, or write with a capital."""
    persons: set[str] = set()
    for counts in _ranges(words, WORD_COUNTS, "word"):
        known = counts.groupby("word").sum()
        named = (known["credits"] >= 3) & (known["capital"] > 4 * known["lower"])
        unseen = (known["credits"] >= 3) & (known["capital"] + known["lower"] == 0)
        persons.update(known.index[named | unseen])
    return frozenset(persons)


def _unusable(term: str, persons: frozenset[str]) -> bool:
    parts = term.split()
    if len(parts) > 4 or all(is_stop_word(part) or part.isdigit() for part in parts):
        return True
    return parts[0] in persons or (len(parts) == 2 and parts[-1] in persons)
