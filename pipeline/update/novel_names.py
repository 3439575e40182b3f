"""Names of the micro-genres that novel films could form, from the released tables alone.

The same steps as in a mining, in one process, over the novel films and a sample of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import label
from pipeline.cleaning.language import detect_languages
from pipeline.label.naming.grammar import stated_name
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves import (
    PROPOSED_NAMES,
    NameCandidates,
    own_margins,
    propose_shelf_names,
)
from pipeline.schemas.name_parts import name_parts_of
from pipeline.schemas.vectors import Parts
from pipeline.update.edited_table import take_rows

__all__ = ["Embed", "NovelName", "name_groups"]

Embed = Callable[[Sequence[str]], np.ndarray]

_SAMPLE = 2_000  # other films, from which the shares in the catalogue are estimated
_TRUE = 0.6  # share of the films of a group for which a name and each of its parts are true
_EMBEDDED = 32  # names of a group that are compared with its centroid


@dataclass(frozen=True)
class NovelName:
    """A name for a group of films.

    Attributes
    ----------
    name : str
        The name; no existing micro-genre has it.
    truth : float
        Share of the films for which it is true, 0 to 1.
    subjects : list of str
        Subjects that the films have in common, as printed, the best first.
    """

    name: str
    truth: float
    subjects: list[str]


def name_groups(
    movies: pa.Table | Parts,
    groups: Sequence[np.ndarray],
    means: np.ndarray,
    taken: Collection[str],
    embed: Embed,
    language: str = "auto",
) -> list[NovelName]:
    """Name groups of films.

    Parameters
    ----------
    movies : Table or Parts
        RELEASED_MOVIES.
    groups : sequence of ndarray of shape (n,), int64
        Rows of `movies` of each group; at least one group.
    means : ndarray of shape (n_groups + k, dim), float32
        Unit mean text vectors of the groups, then of the existing micro-genres.
    taken : collection of str
        Names of the existing micro-genres.
    embed : callable
        Texts to unit vectors, ndarray of shape (n_texts, dim).
    language : str
        Language of the names, ISO 639-1; "auto": the main language of the texts.

    Returns
    -------
    list of NovelName
        By group.
    """
    films, clusters = _films_and_others(movies, groups)
    languages = detect_languages(films)["languages"]
    known = label.catalogue_languages([languages])
    language = label.name_language(language, known)
    parts, film_parts = _parts_of(films, languages, known, language)
    members = film_parts.select(["parts", "literal"])
    members = members.append_column("cluster", pa.array(clusters, pa.int32()))
    members = members.append_column("weight", pa.array(np.ones(len(members), np.float32)))
    members = members.filter(pc.greater_equal(members["cluster"], 0)).combine_chunks()
    proposals = propose_shelf_names(members, parts, len(films), final=True)["proposals"]
    true = _true_proposals(proposals)
    vocabulary = PartVocabulary(parts)
    stated = [stated_name(name, vocabulary, language) for name in name_parts_of(true)]
    rows = _first_of_each(true.column("cluster").to_pylist(), [name for _, name in stated])
    own = true.column("cluster").to_numpy()[rows]
    printed = [stated[row][1] for row in rows]
    distinct = sorted(set(printed))
    vector_of = dict(zip(distinct, embed(distinct), strict=True)) if distinct else {}
    vectors = np.array([vector_of[name] for name in printed]).reshape(len(rows), -1)
    candidates = NameCandidates(
        own.tolist(),
        true.column("value").to_numpy()[rows],
        [stated[row][0] for row in rows],
        printed,
        own_margins(own, vectors, means) if len(rows) else np.zeros(0),
        taken,
        language,
    )
    chosen = candidates.choose(len(groups), {})
    subjects = _subjects(proposals, vocabulary, len(groups))
    found = []
    for group, name in enumerate(chosen):
        true_of = _films_of(members, group)
        share = sum(name.parts.is_true_of(parts) for parts in true_of) / max(len(true_of), 1)
        found.append(NovelName(name.printed, share, subjects[group]))
    return found


def _films_and_others(
    movies: pa.Table | Parts, groups: Sequence[np.ndarray]
) -> tuple[pa.Table, np.ndarray]:
    """The films of the groups, then a sample of the others; and the group of each, or -1."""
    novel = np.concatenate(groups)
    others = np.setdiff1d(np.arange(movies.num_rows), novel)
    places = np.linspace(0, len(others) - 1, min(_SAMPLE, len(others))).round().astype(np.int64)
    rows = np.concatenate([novel, others[places]])
    clusters = np.full(len(rows), -1, np.int32)
    clusters[: len(novel)] = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return take_rows(movies, rows), clusters


def _parts_of(
    films: pa.Table, languages: pa.Table, known: Sequence[str], language: str
) -> tuple[pa.Table, pa.Table]:
    """PARTS of the films, and FILM_PARTS row by row."""
    facets = label.find_facets(films, languages)["facets"]
    found = label.find_film_terms(films, languages, known)
    parts = label.find_name_parts(
        found["terms"],
        found["forms"],
        found["words"],
        found["found"],
        found["noun_genres"],
        facets,
        known,
        language=language,
    )["parts"]
    true = label.find_film_parts(
        films,
        found["terms"],
        found["held"],
        found["found"],
        found["text_words"],
        facets,
        parts,
        language=language,
    )
    return parts, true["film_parts"]


def _true_proposals(proposals: pa.Table) -> pa.Table:
    """The proposals that are true, as a whole and in each part."""
    true = pc.greater_equal(proposals["whole"], _TRUE)
    for name in ("subject", "form", "facet"):
        part = pc.fill_null(pc.greater_equal(proposals[name], _TRUE), True)
        true = pc.and_(true, part)
    return proposals.filter(true).select(PROPOSED_NAMES.names).combine_chunks()


def _first_of_each(clusters: Sequence[int], printed: Sequence[str]) -> list[int]:
    """Rows of the first different names of each group; they are sorted, best first."""
    seen: dict[int, set[str]] = {}
    rows = []
    for row, (cluster, name) in enumerate(zip(clusters, printed, strict=True)):
        own = seen.setdefault(cluster, set())
        if name not in own and len(own) < _EMBEDDED:
            own.add(name)
            rows.append(row)
    return rows


def _subjects(proposals: pa.Table, vocabulary: PartVocabulary, groups: int) -> list[list[str]]:
    """The subjects of the proposals of each group, those of the best one first."""
    found: list[dict[str, None]] = [{} for _ in range(groups)]
    for row in proposals.select(["cluster", "words"]).to_pylist():
        found[row["cluster"]].update(dict.fromkeys(vocabulary[n].printed for n in row["words"]))
    return [list(own) for own in found]


def _films_of(members: pa.Table, group: int) -> list[set[int]]:
    own = members.filter(pc.equal(members["cluster"], group))
    return [set(parts) for parts in own.column("parts").to_pylist()]
