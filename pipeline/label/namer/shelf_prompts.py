"""What the namer is sent about each micro-genre: its subjects, genres, facets and typical films."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.label.namer.prompts import NAMER_PROMPTS
from pipeline.label.naming.descriptions import ShelfFacts
from pipeline.label.naming.facet_words import facet_word
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.schemas.name_parts import FACET, GENRE, SUBJECT

__all__ = ["PROMPT_FACTS", "shelf_prompts", "typical_films"]

PROMPT_FACTS = ("movie_id", "title", "overview", "tagline", "directors", "cast")
_FILMS = 8  # of a micro-genre
_LEAST = {SUBJECT: 0.2, GENRE: 0.3, FACET: 0.5}  # share of its films for which a part is true
_LEAST_LIFT = 1.1  # share in the micro-genre by share in the catalogue
_SENTENCE_ENDS = re.compile(r"(?<=[.!?\u3002\uff01\uff1f\u0964])\s*(?=\S)")
_SHORTEST = 20  # characters of a first sentence; shorter ones, such as "Dr.", go on


def typical_films(assignments: pa.Table, without: Collection[int] = ()) -> pa.Table:
    """Return the films nearest to the centroid of each micro-genre.

    Parameters
    ----------
    assignments : pa.Table
        ASSIGNMENTS of all films.
    without : collection of int
        Micro-genres that are left out.

    Returns
    -------
    pa.Table
        Columns movie_id and cluster, at most eight films of each micro-genre, the nearest first.

    Examples
    --------
    >>> table = {"movie_id": ["a", "b", "c"], "cluster": [0, 0, 1], "similarity": [0.2, 0.9, 0.5]}
    >>> typical_films(pa.table(table)).to_pydict()
    {'movie_id': ['b', 'a', 'c'], 'cluster': [0, 0, 1]}
    """
    films = assignments.select(["movie_id", "cluster", "similarity"]).sort_by(
        [("cluster", "ascending"), ("similarity", "descending"), ("movie_id", "ascending")]
    )
    clusters = films.column("cluster").to_numpy()
    starts = np.flatnonzero(np.diff(clusters, prepend=-1))
    rank = np.arange(len(clusters)) - np.repeat(starts, np.diff([*starts, len(clusters)]))
    wanted = (rank < _FILMS) & ~np.isin(clusters, np.array(sorted(without), np.int64))
    return films.filter(pa.array(wanted)).select(["movie_id", "cluster"])


def shelf_prompts(
    typical: pa.Table,
    films: Iterable[Mapping[str, Any]],
    facts: Sequence[ShelfFacts],
    vocabulary: PartVocabulary,
    language: str = "en",
) -> pa.Table:
    """Return what is sent about each micro-genre that has typical films.

    Parameters
    ----------
    typical : pa.Table
        Result of `typical_films`.
    films : iterable of mappings
        PROMPT_FACTS of these films, in any order.
    facts : sequence of ShelfFacts
        What is known of the films of each micro-genre.
    vocabulary : PartVocabulary
        The parts of the catalogue; a name of these parts can be checked.
    language : str
        ISO 639-1 code of the language of the names.

    Returns
    -------
    pa.Table
        NAMER_PROMPTS, by micro-genre.
    """
    known = {film["movie_id"]: film for film in films}
    by_cluster: dict[int, list[Mapping[str, Any]]] = {}
    for movie_id, cluster in zip(*typical.to_pydict().values(), strict=True):
        by_cluster.setdefault(cluster, []).append(known[movie_id])
    rows = [
        {
            "cluster": cluster,
            "subjects": [vocabulary[n].printed for n in _stated(SUBJECT, own, vocabulary)],
            "genres": [vocabulary[n].key for n in _stated(GENRE, own, vocabulary)],
            "facets": _facets(own, vocabulary, language),
            "titles": [film["title"] for film in members],
            "texts": [_first_sentence(film["overview"] or film["tagline"]) for film in members],
            "persons": sorted(
                {p for film in members for n in ("directors", "cast") for p in film[n] or ()}
            ),
        }
        for cluster, members in sorted(by_cluster.items())
        for own in [facts[cluster]]
    ]
    return pa.Table.from_pylist(rows, NAMER_PROMPTS)


def _stated(kind: str, facts: ShelfFacts, vocabulary: PartVocabulary) -> list[int]:
    """Parts of one kind, the most typical first."""
    found: list[tuple[float, str, int]] = []
    for number, share in facts.shares.items():
        part = vocabulary[number]
        lift = share / max(facts.catalogue_shares.get(number, 0.0), 1e-9)
        if part.kind == kind and share >= _LEAST[kind] and lift >= _LEAST_LIFT:
            found.append((-round(share * math.log(lift), 6), part.key, number))
    return [number for _, _, number in sorted(found)]


def _facets(facts: ShelfFacts, vocabulary: PartVocabulary, language: str) -> list[str]:
    words = (facet_word(vocabulary[n].key, language) for n in _stated(FACET, facts, vocabulary))
    return list(dict.fromkeys(word.partition("|")[0] for word in words if word))


def _first_sentence(text: str | None) -> str:
    """The first sentence of a text; a very short one together with the next.

    Examples
    --------
    >>> _first_sentence("Dr. Van Helsing hunts a vampire. He fails.")
    'Dr. Van Helsing hunts a vampire.'
    """
    sentence = ""
    for part in _SENTENCE_ENDS.split(text or ""):
        sentence = f"{sentence} {part}".strip()
        if len(sentence) >= _SHORTEST:
            break
    return sentence
