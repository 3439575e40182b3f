"""A readable, unique name for each cluster: proposed from keywords and genre, then chosen.

Proposals are embedded. A cluster gets the proposal that is nearest to its own centroid and farthest
from the centroids of others, among those whose words no other name has.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations, takewhile
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from pipeline.label.naming.capitals import SMALL_WORDS, title_case
from pipeline.label.words.lexicon import lemma, normal_form
from pipeline.schemas.vectors import matrix_of
from pipeline.schemas.words.genre_words import genre_words

__all__ = [
    "PROPOSALS",
    "choose_names",
    "genre_noun",
    "propose_all_names",
    "propose_names",
    "reusable_names",
    "title_case",
]

# Names that a cluster could have; `weight` is how typical the words are for it, 0 to about 1.
PROPOSALS = pa.schema([("cluster", pa.int32()), ("name", pa.string()), ("weight", pa.float64())])


_BY_SCORE = 5  # keywords of highest score that names consist of, alone and in pairs
_BY_CONTRAST = 2  # further keywords of highest contrast
_BY_CONTRAST_WIDE = 9  # the same for a cluster that needs more proposals
_SWAPPED = 3  # first keywords whose pairs are proposed in the other order too
_LEAST_SHARE = 0.25  # of the films of a cluster that have the genre of its noun
_MOST_FILMS = 0.6  # the same for a genre of form, and for a label outside the lexicon
_LONGEST_LABEL = 24  # characters of a label that serves as a noun
_LONGEST_NAME = 60  # characters
_WEIGHT = 0.15  # of the weight of a proposal beside its margin in cosine


def genre_noun(shares: Mapping[str, float], base: Mapping[str, float]) -> str:
    """Return the noun for the films of a cluster: that of its most typical genre.

    A genre that says how films are made, such as Animation, names a cluster only if most of its
    films are that; otherwise the genre that most of them have does. A label outside the lexicon
    names a cluster whose films mostly have it, if no genre of the lexicon does.

    Parameters
    ----------
    shares : Mapping of str to float
        Share of the films of the cluster with each genre, 0 to 1; genres as `fold_genre` returns.
    base : Mapping of str to float
        The same of all films.

    Returns
    -------
    str
        A noun of `config/lexicon/genres.toml`, or a label of the catalogue, or "" if no genre has a
        quarter of the films.

    Examples
    --------
    >>> genre_noun({"War": 0.9, "Drama": 0.9}, {"War": 0.1, "Drama": 0.5})
    'War Film'
    >>> genre_noun({"Animation": 0.3, "Drama": 0.9}, {"Animation": 0.1, "Drama": 0.9})
    'Drama'
    >>> genre_noun({"Kung Fu": 0.8}, {"Kung Fu": 0.2})
    'Kung Fu'
    """
    lexicon = genre_words()

    def gain(genre: str) -> float:
        share = shares[genre]
        return share * float(np.log(share / max(base.get(genre, share), 1e-9)) + 0.5)

    known = [genre for genre in shares if shares[genre] >= _LEAST_SHARE and genre in lexicon.nouns]
    themes = [genre for genre in known if genre not in lexicon.forms]
    if known:
        best = min(known, key=lambda genre: (-gain(genre), genre))
        if best in lexicon.forms and shares[best] < _MOST_FILMS:
            # the noun of the majority, not of the genre that is merely typical
            best = min(themes, key=lambda genre: (-shares[genre], genre), default="")
        if best:
            return lexicon.nouns[best]
    own = [g for g in shares if g not in lexicon.nouns and shares[g] >= _MOST_FILMS]
    own = [g for g in own if len(g) <= _LONGEST_LABEL]
    return min(own, key=lambda genre: (-gain(genre), genre), default="")


def propose_names(
    keywords: Sequence[tuple[str, float, float]],
    noun: str,
    joiner: str = "",
    wide: bool = False,
) -> list[tuple[str, float]]:
    """Propose names from keywords and the noun of a genre.

    "submarine", "cold war" and "Thriller" give "Submarine Cold-War Thriller", "Cold-War Submarine
    Thriller", "Submarine Thriller" and others.

    Parameters
    ----------
    keywords : sequence of (str, float, float)
        Keyword, score and contrast, best score first. Names use the first ones and, of the others,
        those of highest contrast.
    noun : str
        Last word or words of a name; may be empty.
    joiner : str
        Word or sign between two keywords; by default a space.
    wide : bool
        Use more keywords of high contrast, and propose names without the noun too: for a cluster
        whose names are all nearer to another cluster.

    Returns
    -------
    list of (str, float)
        Name and weight, highest weight first.

    Examples
    --------
    >>> names = propose_names([("submarine", 2.0, 0.3), ("cold war", 1.0, 0.2)], "Thriller")
    >>> names[0][0]
    'Submarine Thriller'
    """
    by_contrast = sorted(keywords[_BY_SCORE:], key=lambda item: (-item[2], item[0]))
    by_contrast = by_contrast[: _BY_CONTRAST_WIDE if wide else _BY_CONTRAST]
    used = [(_head(word), score) for word, score, _ in [*keywords[:_BY_SCORE], *by_contrast]]
    heads = [(head, score) for head, score in used if head]
    top = max((score for _, score in heads), default=1.0) or 1.0
    weights: dict[str, float] = {}
    for head, score in heads:
        _add(weights, [head], noun, joiner, 0.9 * score / top)
    for (first, one), (second, two) in combinations(heads, 2):
        _add(weights, [first, second], noun, joiner, (one + two) / (2 * top) + 0.05)
        if wide:
            _add(weights, [first, second], "", joiner, (one + two) / (2 * top))
    for (first, one), (second, two) in combinations(heads[:_SWAPPED], 2):
        _add(weights, [second, first], noun, joiner, (one + two) / (2 * top))
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))


def propose_all_names(
    keywords: Mapping[int, Sequence[tuple[str, float, float]]],
    nouns: Sequence[str],
    joiner: str,
    wide: Collection[int],
) -> pa.Table:
    """Propose names for all clusters.

    Parameters
    ----------
    keywords : Mapping of int to sequence of (str, float, float)
        `keywords` of `propose_names`, by cluster.
    nouns : sequence of str
        Noun of each cluster.
    joiner : str
        Word or sign between two keywords.
    wide : collection of int
        Clusters that need more proposals.

    Returns
    -------
    pa.Table
        PROPOSALS.
    """
    rows: list[dict[str, object]] = []
    for cluster, noun in enumerate(nouns):
        proposed = propose_names(keywords[cluster], noun, joiner, wide=cluster in wide)
        if not proposed and noun:  # no keyword is left; the genre is known all the same
            proposed = [(noun, 0.0)]
        rows += [{"cluster": cluster, "name": name, "weight": weight} for name, weight in proposed]
    return pa.Table.from_pylist(rows, PROPOSALS)


def choose_names(
    proposals: pa.Table,
    vectors: pa.Table,
    centroids: pa.Table,
    taken: Iterable[str] = (),
    fixed: Mapping[int, str] = MappingProxyType({}),
) -> tuple[dict[int, str], list[int]]:
    """Choose one name for each cluster, in the order of `centroids`: the largest cluster first.

    No two names have the same `normal_form`. A proposal that is nearer to the centroid of another
    cluster is chosen only if there is no better one.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSALS.
    vectors : pa.Table
        Columns term (string) and vector: every proposal, embedded.
    centroids : pa.Table
        CENTROIDS: mean text vectors of the clusters.
    taken : iterable of str
        Names that no cluster may have, such as those of the level below.
    fixed : Mapping of int to str
        Clusters that have a name already, and these names.

    Returns
    -------
    names : dict of int to str
        The name of each cluster.
    strays : list of int
        Clusters whose name is nearer to the centroid of another cluster.
    """
    names = proposals.to_pandas()
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    numbers = centroids.column("cluster").to_pylist()
    forms = {normal_form(name) for name in (*taken, *fixed.values())}
    chosen: dict[int, str] = {}
    strays: list[int] = []
    for own, cluster in enumerate(numbers):
        if cluster in fixed:
            chosen[cluster] = fixed[cluster]
            continue
        group = names[names["cluster"] == cluster]
        cosine = rows[[row_of[name] for name in group["name"]]] @ means.T
        others = np.delete(cosine, own, axis=1).max(1) if len(means) > 1 else np.zeros(len(group))
        margin = cosine[:, own] - others
        weight = _WEIGHT * group["weight"].to_numpy()
        merit = (margin > 0) * 1.0 + margin + 0.3 * cosine[:, own] + weight
        ranked = [name for _, name in sorted(zip(-merit, group["name"], strict=True))]
        free = next((name for name in ranked if normal_form(name) not in forms), None)
        chosen[cluster] = free or _numbered(ranked[0] if ranked else "Films", forms)
        forms.add(normal_form(chosen[cluster]))
        if not (margin[group["name"].to_numpy() == chosen[cluster]] > 0).any():
            strays.append(cluster)
    return chosen, strays


def _numbered(name: str, forms: set[frozenset[str]]) -> str:
    if normal_form(name) not in forms:
        return name
    number = 2
    while normal_form(f"{name} {number}") in forms:
        number += 1
    return f"{name} {number}"


def _head(keyword: str) -> str:
    """A keyword as part of a name, without brackets, "relationship", or the country of a place."""
    head = re.sub(r"\(.*?\)", " ", keyword).partition(",")[0]
    head = re.sub(r"\b(\w+) (\w+) relationship\b", r"\1-\2", head)
    head = re.sub(r"\brelationships?\b", " ", head)
    return " ".join(head.split())


def _add(
    weights: dict[str, float], heads: list[str], noun: str, joiner: str, weight: float
) -> None:
    """Add one name, unless it repeats a word or is too long."""
    written: list[str] = []
    for position, head in enumerate(heads):
        # "cold war" before another noun is one modifier: Cold-War
        last = position == len(heads) - 1 and not noun
        written.append(head if last or len(head.split()) == 1 else head.replace(" ", "-"))
    parts = [_parts(head) for head in heads]
    if len(heads) > 1 and any(_related(a, b) for a in parts[0] for b in parts[1]):
        return
    lemmas = {lemma(part) for own in parts for part in own}
    tail = " ".join(word for word in noun.lower().split() if lemma(word) not in lemmas)
    if joiner:
        written = [f" {joiner} ".join(written)]
    name = title_case(" ".join([*written, tail]).strip())
    if len(name) <= _LONGEST_NAME:
        weights[name] = max(weight, weights.get(name, 0.0))


def _parts(head: str) -> list[str]:
    return [part for part in re.split(r"[\s-]", head) if part not in SMALL_WORDS]


def _related(one: str, other: str) -> bool:
    """Whether two words have the same stem, such as boxing and boxer."""
    pairs = zip(one, other, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return shared >= max(3, 0.6 * min(len(one), len(other))) or lemma(one) == lemma(other)


def reusable_names(
    previous: Mapping[int, tuple[str, Sequence[str]]],
    keywords: Mapping[int, Sequence[str]],
    fresh: Mapping[int, str],
    vectors: pa.Table,
    centroids: pa.Table,
) -> dict[int, str]:
    """Return the previous name of each cluster that the name still fits.

    A previous name fits if two conditions are true: it equals the new name, or previous and new
    keywords share one; and it is nearest to the own text mean, or not farther from it than the new
    name is, in both cases compared with the nearest other text mean.

    Parameters
    ----------
    previous : Mapping of int to (str, sequence of str)
        Previous name and keywords of each new cluster that continues a previous one.
    keywords : Mapping of int to sequence of str
        New keywords by cluster.
    fresh : Mapping of int to str
        New names by cluster.
    vectors : pa.Table
        Columns term (string) and vector of all these names.
    centroids : pa.Table
        CENTROIDS: mean text vectors of the new clusters.

    Returns
    -------
    dict of int to str
        Previous name by cluster; no two have the same `normal_form`.
    """
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    mean_of = {cluster: row for row, cluster in enumerate(centroids.column("cluster").to_pylist())}
    reusable: dict[int, str] = {}
    forms: set[frozenset[str]] = set()
    for cluster in sorted(previous):
        name, words = previous[cluster]
        own = mean_of[cluster]
        old, new = (_margin(rows[row_of[n]] @ means.T, own) for n in (name, fresh[cluster]))
        same_theme = name == fresh[cluster] or bool(set(words) & set(keywords[cluster]))
        if same_theme and (old > 0 or old >= new) and normal_form(name) not in forms:
            reusable[cluster] = name
            forms.add(normal_form(name))
    return reusable


def _margin(cosine: np.ndarray, own: int) -> float:
    others = np.delete(cosine, own)
    return float(cosine[own] - (others.max() if len(others) else 0.0))
