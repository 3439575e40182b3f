"""A readable name for each cluster, no two alike: proposed from keywords and genre, then chosen.

Proposals are embedded, and that one is taken which lies nearest to its own centroid and farthest
from the others', among those whose words no other name has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

import numpy as np
import pyarrow as pa

from pipeline.label.lexicon import GENRE_NOUNS, lemma, normal_form
from pipeline.tables import matrix_of

__all__ = ["PROPOSALS", "choose_names", "genre_noun", "propose_names", "title_case"]

# Names a cluster could have; `weight` is how sure the words are, 0 to 1.
PROPOSALS = pa.schema([("cluster", pa.int32()), ("name", pa.string()), ("weight", pa.float64())])

_SMALL = frozenset("a an and at by for from in of on or the to vs with".split())
_ACRONYMS = frozenset(
    "ai cia dj dna fbi ii iii iv kgb lgbt nasa nazi nyc ptsd ss tv uk us usa wwi wwii".split()
) - {"nazi", "us"}
_HEADS = 6
_OWN = 0.15  # how much the weight of the words counts beside the margin in cosine


def genre_noun(shares: Mapping[str, float], base: Mapping[str, float]) -> str:
    """The noun for a cluster's films: its likeliest genre beside all films, or "" if none fits."""
    gains = {
        genre: share * float(np.log(share / max(base.get(genre, share), 1e-9)) + 0.5)
        for genre, share in shares.items()
        if share >= 0.25 and genre in GENRE_NOUNS
    }
    if not gains:
        return ""
    return GENRE_NOUNS[min(gains, key=lambda genre: (-gains[genre], genre))]


def title_case(words: str) -> str:
    """Title case as in a headline: small words low, acronyms high, hyphenated parts both high."""
    done: list[str] = []
    for place, word in enumerate(words.split()):
        if word in _ACRONYMS:
            done.append(word.upper())
        elif place and word in _SMALL:
            done.append(word)
        else:
            done.append(
                "-".join(
                    p if i and p in _SMALL else p[:1].upper() + p[1:]
                    for i, p in enumerate(word.split("-"))
                )
            )
    return " ".join(done)


def propose_names(keywords: Sequence[tuple[str, float]], noun: str) -> list[tuple[str, float]]:
    """Names from keywords (with scores, best first) and a genre's noun: [(name, weight)].

    "submarine", "cold war" and "Thriller" give "Submarine Cold-War Thriller", "Cold-War Submarine
    Thriller", "Submarine Thriller", ...
    """
    heads = [(head, score) for word, score in keywords[:_HEADS] if (head := _head(word))]
    top = max((score for _, score in heads), default=1.0) or 1.0
    found: dict[str, float] = {}
    for head, score in heads:
        _add(found, [head], noun, 0.9 * score / top)
    for (first, one), (second, two) in permutations(heads, 2):
        _add(found, [first, second], noun, (one + two) / (2 * top) + 0.05 * (one > two))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def choose_names(
    proposals: pa.Table, vectors: pa.Table, centroids: pa.Table, taken: Iterable[str] = ()
) -> dict[int, str]:
    """One name for each cluster, the largest cluster choosing first: {cluster: name}.

    Parameters
    ----------
    vectors : term (string), vector: every proposal, embedded.
    taken : names that are given already, such as those of the level below.
    centroids : cluster, vector: mean text vectors.

    No two names have the same `normal_form`. A proposal whose nearest centroid is another
    cluster's is taken only when there is no better one.
    """
    names = proposals.to_pandas()
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    numbers = centroids.column("cluster").to_pylist()
    forms = {normal_form(name) for name in taken}
    chosen: dict[int, str] = {}
    for own, cluster in enumerate(numbers):
        group = names[names["cluster"] == cluster]
        cosine = rows[[row_of[name] for name in group["name"]]] @ means.T
        others = np.delete(cosine, own, axis=1).max(1) if len(means) > 1 else np.zeros(len(group))
        margin = cosine[:, own] - others
        merit = (
            (margin > 0) * 1.0 + margin + 0.3 * cosine[:, own] + _OWN * group["weight"].to_numpy()
        )
        ranked = [name for _, name in sorted(zip(-merit, group["name"], strict=True))]
        free = [name for name in ranked if normal_form(name) not in forms]
        chosen[cluster] = free[0] if free else _numbered(ranked[0] if ranked else "Films", forms)
        forms.add(normal_form(chosen[cluster]))
    return chosen


def _numbered(name: str, forms: set[frozenset[str]]) -> str:
    number = 2
    while normal_form(f"{name} {number}") in forms:
        number += 1
    return f"{name} {number}"


def _head(keyword: str) -> str:
    """A keyword as part of a name: no brackets, no "relationship", a place without its country."""
    head = re.sub(r"\(.*?\)", " ", keyword)
    head = re.sub(r"\b(\w+) (\w+) relationship\b", r"\1-\2", head)
    head = re.sub(r"\brelationships?\b", " ", head)
    return " ".join(head.split())


def _add(found: dict[str, float], heads: list[str], noun: str, weight: float) -> None:
    spoken: list[str] = []
    for place, head in enumerate(heads):
        # "cold war" before another noun is one modifier: Cold-War
        last = place == len(heads) - 1 and not noun
        spoken.append(head if last or len(head.split()) == 1 else head.replace(" ", "-"))
    lemmas = [{lemma(part) for part in re.split(r"[\s-]", head)} for head in heads]
    if len(heads) == 2 and lemmas[0] & lemmas[1]:  # noqa: PLR2004
        return
    said = set().union(*lemmas)
    tail = " ".join(word for word in noun.split() if lemma(word.lower()) not in said)
    name = title_case(" ".join([*spoken, tail.lower() if tail != "Sci-Fi" else "sci-fi"]).strip())
    if len(name) <= 60:  # noqa: PLR2004
        found[name] = max(weight, found.get(name, 0.0))
