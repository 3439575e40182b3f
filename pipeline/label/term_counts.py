"""What a film speaks of, word for word: its keywords, the phrases of its overview and tagline."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from pipeline.label.lexicon import STOP_WORDS
from pipeline.schemas.stage import stage

__all__ = [
    "HOLDINGS",
    "TERM_COUNTS",
    "TERM_LISTS",
    "WORD_COUNTS",
    "count_terms",
    "holdings",
    "term_lists",
    "words",
]

# In how many films of a cluster a term stands: anywhere, as a keyword, inside a keyword.
TERM_COUNTS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("films", pa.int32()),
        ("keyword_films", pa.int32()),
        ("part_films", pa.int32()),
    ]
)

# How often a word is written in lower case and with a capital inside a sentence, and as part of
# a person's name in the credits: what tells a name from a noun.
WORD_COUNTS = pa.schema(
    [
        ("word", pa.string()),
        ("lower", pa.int64()),
        ("capital", pa.int64()),
        ("credits", pa.int64()),
    ]
)

# The candidates, or the keywords, of each cluster, in their order.
TERM_LISTS = pa.schema([("cluster", pa.int32()), ("term", pa.string())])

# Which candidates of its cluster each film holds word for word: places in the cluster's list.
HOLDINGS = pa.schema([("cluster", pa.int32()), ("held", pa.list_(pa.int16()))])

_WORD = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*")
# A full stop, comma or hyphen inside a word ends nothing; the other marks end a clause anywhere.
_CLAUSE = re.compile(r"[.,]+(?:\W|$)|[;:!?()\[\]\"\u201c\u201d\u2026/\u2013\u2014]+|\s-\s|--+")
_LONGEST = 3


def words(text: str) -> list[str]:
    """The words of a text, as written."""
    return _WORD.findall(text)


@stage("count-terms", inputs=("movies", "assignments"), outputs=("terms", "words"))
def count_terms(movies: pa.Table, assignments: pa.Table) -> dict[str, pa.Table]:
    """Count the terms of one partition by cluster.

    Returns
    -------
    {"terms": TERM_COUNTS by (cluster, term), "words": WORD_COUNTS by word}; both add up over
    partitions.
    """
    anywhere: Counter[tuple[int, str]] = Counter()
    exact: Counter[tuple[int, str]] = Counter()
    part: Counter[tuple[int, str]] = Counter()
    lower: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    credits: Counter[str] = Counter()
    columns = movies.select(["overview", "tagline", "keywords", "directors", "cast"]).to_pylist()
    for movie, cluster in zip(columns, assignments.column("cluster").to_pylist(), strict=True):
        keywords = {" ".join(keyword.lower().split()) for keyword in movie["keywords"] or []}
        inside = {gram for keyword in keywords for gram in _grams(words(keyword))}
        found = keywords | inside
        for clause in _clauses(f"{movie['overview']}. {movie['tagline'] or ''}"):
            found.update(_grams(clause))
            for position, word in enumerate(clause):
                if word[:1].islower():
                    lower[word] += 1
                elif position:
                    capital[word.lower()] += 1
        exact.update((cluster, term) for term in keywords if term)
        part.update((cluster, term) for term in inside)
        anywhere.update((cluster, term) for term in found if term)
        people = [*(movie["directors"] or []), *(movie["cast"] or [])]
        credits.update({word.lower() for person in people for word in words(person)})
    keys = sorted(anywhere)
    known = sorted(lower.keys() | capital.keys() | credits.keys())
    return {
        "terms": pa.table(
            [
                [cluster for cluster, _ in keys],
                [term for _, term in keys],
                [anywhere[key] for key in keys],
                [exact[key] for key in keys],
                [part[key] for key in keys],
            ],
            schema=TERM_COUNTS,
        ),
        "words": pa.table(
            [
                known,
                [lower[word] for word in known],
                [capital[word] for word in known],
                [credits[word] for word in known],
            ],
            schema=WORD_COUNTS,
        ),
    }


def term_lists(terms: Mapping[int, Sequence[str]]) -> pa.Table:
    """TERM_LISTS of {cluster: its terms}."""
    clusters = [cluster for cluster, own in terms.items() for _ in own]
    return pa.table([clusters, [term for own in terms.values() for term in own]], schema=TERM_LISTS)


@stage("holdings", version=2, inputs=("movies", "assignments", "terms"), outputs=("holdings",))
def holdings(movies: pa.Table, assignments: pa.Table, terms: pa.Table) -> dict[str, pa.Table]:
    """Look up the terms of each film's cluster, word for word, in one partition.

    Parameters
    ----------
    terms : TERM_LISTS. They are looked for in overview, tagline and each keyword.

    Returns
    -------
    {"holdings": HOLDINGS in the order of `movies`}
    """
    clusters = assignments.column("cluster").to_pylist()
    wanted: dict[int, list[str]] = {cluster: [] for cluster in clusters}
    for cluster, term in zip(*(column.to_pylist() for column in terms.columns), strict=True):
        if cluster in wanted:
            wanted[cluster].append(_padded(term))
    held: list[list[int]] = []
    columns = movies.select(["overview", "tagline", "keywords"]).to_pylist()
    for movie, cluster in zip(columns, clusters, strict=True):
        texts = [movie["overview"], movie["tagline"] or "", *(movie["keywords"] or [])]
        spoken = "|".join(_padded(text) for text in texts)
        held.append([place for place, term in enumerate(wanted[cluster]) if term in spoken])
    return {"holdings": pa.table([pa.array(clusters, pa.int32()), held], schema=HOLDINGS)}


def _padded(text: str) -> str:
    """Lower-case words with single spaces around each, so that phrases can be looked up."""
    return f" {' '.join(words(text.lower()))} "


def _clauses(text: str) -> Iterator[list[str]]:
    for clause in _CLAUSE.split(text):
        found = words(clause)
        if found:
            yield found


def _grams(tokens: Sequence[str]) -> Iterator[str]:
    """Phrases of one to three lower-case words that neither begin nor end with a stop word."""
    for start, first in enumerate(tokens):
        if not first[0].islower() or first in STOP_WORDS or len(first) < 3:
            continue
        for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
            last = tokens[end - 1]
            if not last[0].islower() and not last.isdigit():
                break
            if last not in STOP_WORDS and len(last) > 2:
                yield " ".join(tokens[start:end])
