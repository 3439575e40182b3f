"""The terms of a film: its keywords, and the phrases of its overview and tagline."""

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
    "find_terms",
    "term_lists",
    "words",
]

# Number of films of a cluster with a term: anywhere, as a keyword, as a part of a keyword.
TERM_COUNTS = pa.schema(
    [
        ("cluster", pa.int32()),
        ("term", pa.string()),
        ("films", pa.int32()),
        ("keyword_films", pa.int32()),
        ("part_films", pa.int32()),
    ]
)

# Number of times a word is written in lower case, and with a capital inside a sentence; and number
# of films with the word in the name of a person in the credits. They separate names from nouns.
WORD_COUNTS = pa.schema(
    [
        ("word", pa.string()),
        ("lower", pa.int64()),
        ("capital", pa.int64()),
        ("credits", pa.int64()),
    ]
)

# The candidates, or the keywords, of each cluster, best first.
TERM_LISTS = pa.schema([("cluster", pa.int32()), ("term", pa.string())])

# Which terms of its cluster each film contains: `held` are positions in TERM_LISTS of the cluster.
HOLDINGS = pa.schema([("cluster", pa.int32()), ("held", pa.list_(pa.int16()))])

_WORD = re.compile(r"[^\W_]+(?:['\u2019.-][^\W_]+)*")
# A full stop, comma or hyphen inside a word does not end a clause; the other marks always do.
_CLAUSE = re.compile(r"[.,]+(?:\W|$)|[;:!?()\[\]\"\u201c\u201d\u2026/\u2013\u2014]+|\s-\s|--+")
_LONGEST = 3  # words of a phrase


def words(text: str) -> list[str]:
    """Return the words of a text, as written.

    Examples
    --------
    >>> words("The crew's K-19, off Iceland!")
    ['The', "crew's", 'K-19', 'off', 'Iceland']
    """
    return _WORD.findall(text)


@stage("count-terms", inputs=("movies", "assignments"), outputs=("terms", "words"))
def count_terms(movies: pa.Table, assignments: pa.Table) -> dict[str, pa.Table]:
    """Count the terms of one partition by cluster.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.

    Returns
    -------
    dict of str to pa.Table
        `terms`: TERM_COUNTS by cluster and term; `words`: WORD_COUNTS by word. Both can be added
        up over partitions.
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
        terms = keywords | inside
        for clause in _clauses(f"{movie['overview']}. {movie['tagline'] or ''}"):
            terms.update(_grams(clause))
            for position, word in enumerate(clause):
                if word[:1].islower():
                    lower[word] += 1
                elif position:
                    capital[word.lower()] += 1
        exact.update((cluster, term) for term in keywords if term)
        part.update((cluster, term) for term in inside)
        anywhere.update((cluster, term) for term in terms if term)
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
    """Return TERM_LISTS.

    Parameters
    ----------
    terms : Mapping of int to sequence of str
        The terms of each cluster, best first.
    """
    clusters = [cluster for cluster, own in terms.items() for _ in own]
    return pa.table([clusters, [term for own in terms.values() for term in own]], schema=TERM_LISTS)


@stage("holdings", version=2, inputs=("movies", "assignments", "terms"), outputs=("holdings",))
def find_terms(movies: pa.Table, assignments: pa.Table, terms: pa.Table) -> dict[str, pa.Table]:
    """Find which terms of its cluster each film of one partition contains, as whole words.

    Parameters
    ----------
    movies : pa.Table
        CLEAN_MOVIES; the terms are searched in overview, tagline and each keyword.
    assignments : pa.Table
        Column cluster (int32), row by row the same films.
    terms : pa.Table
        TERM_LISTS.

    Returns
    -------
    dict of str to pa.Table
        `holdings`: HOLDINGS in the order of `movies`.
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
        padded = "|".join(_padded(text) for text in texts)
        held.append([n for n, term in enumerate(wanted[cluster]) if term in padded])
    return {"holdings": pa.table([pa.array(clusters, pa.int32()), held], schema=HOLDINGS)}


def _padded(text: str) -> str:
    """Lower-case words with one space around each, so that a phrase matches whole words only."""
    return f" {' '.join(words(text.lower()))} "


def _clauses(text: str) -> Iterator[list[str]]:
    for clause in _CLAUSE.split(text):
        tokens = words(clause)
        if tokens:
            yield tokens


def _grams(tokens: Sequence[str]) -> Iterator[str]:
    """Phrases of one to three lower-case words that do not start or end with a stop word."""
    for start, first in enumerate(tokens):
        if not first[0].islower() or first in STOP_WORDS or len(first) < 3:
            continue
        for end in range(start + 1, min(start + _LONGEST, len(tokens)) + 1):
            last = tokens[end - 1]
            if not last[0].islower() and not last.isdigit():
                break
            if last not in STOP_WORDS and len(last) > 2:
                yield " ".join(tokens[start:end])
