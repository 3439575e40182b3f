"""A readable name for each cluster, no two alike: proposed from keywords and genre, then chosen.

Proposals are embedded, and that one is taken which lies nearest to its own centroid and farthest
from the others', among those whose words no other name has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, takewhile
from types import MappingProxyType

import numpy as np
import pyarrow as pa

from pipeline.label.lexicon import GENRE_NOUNS, lemma, listed, normal_form
from pipeline.schemas.vectors import matrix_of

__all__ = [
    "PROPOSALS",
    "choose_names",
    "genre_noun",
    "propose_names",
    "standing_names",
    "title_case",
]

# Names a cluster could have; `weight` is how sure the words are, 0 to 1.
PROPOSALS = pa.schema([("cluster", pa.int32()), ("name", pa.string()), ("weight", pa.float64())])


_SMALL = listed("a an and at by for from in of on or the to vs with")


_ACRONYMS = listed(
    "2d 3d ai cia dj dna fbi ii iii iv kgb lgbt mma nasa nyc ptsd tv uk usa wwi wwii"
)


_HEADS = 5  # keywords that names are made of, in pairs


_TELLING = 2  # and so many more by contrast


_TELLING_WIDE = 9


_TURNED = 3  # of these also the other order is proposed


_LONGEST_NAME = 60


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
    """Title case as in a headline: small words low, acronyms high, hyphenated parts alike."""
    done: list[str] = []
    for place, word in enumerate(words.split()):
        parts = word.split("-")
        cased = [
            part.upper()
            if part in _ACRONYMS
            else part
            if part in _SMALL and (place or number)
            else part[:1].upper() + part[1:]
            for number, part in enumerate(parts)
        ]
        done.append("-".join(cased))
    return " ".join(done)


def propose_names(
    keywords: Sequence[tuple[str, float, float]],
    noun: str,
    joiner: str = "",
    wide: bool = False,
) -> list[tuple[str, float]]:
    """Names from keywords (with scores, best first) and a genre's noun: [(name, weight)].

    Beside the best by score stand a few that tell the cluster best from its siblings; `keywords`
    holds (keyword, score, contrast). `wide` proposes more of these, and names without the noun,
    for a cluster whose first names all lie nearer to another.

    "submarine", "cold war" and "Thriller" give "Submarine Cold-War Thriller", "Cold-War Submarine
    Thriller", "Submarine Thriller", ...
    """
    telling = sorted(keywords[_HEADS:], key=lambda item: (-item[2], item[0]))
    telling = telling[: _TELLING_WIDE if wide else _TELLING]
    spoken = [(_head(word), score) for word, score, _ in [*keywords[:_HEADS], *telling]]
    heads = [(head, score) for head, score in spoken if head]
    top = max((score for _, score in heads), default=1.0) or 1.0
    found: dict[str, float] = {}
    for head, score in heads:
        _add(found, [head], noun, joiner, 0.9 * score / top)
    for (first, one), (second, two) in combinations(heads, 2):
        _add(found, [first, second], noun, joiner, (one + two) / (2 * top) + 0.05)
        if wide:
            _add(found, [first, second], "", joiner, (one + two) / (2 * top))
    for (first, one), (second, two) in combinations(heads[:_TURNED], 2):
        _add(found, [second, first], noun, joiner, (one + two) / (2 * top))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))


def choose_names(
    proposals: pa.Table,
    vectors: pa.Table,
    centroids: pa.Table,
    taken: Iterable[str] = (),
    standing: Mapping[int, str] = MappingProxyType({}),
) -> tuple[dict[int, str], list[int]]:
    """One name for each cluster, the largest cluster choosing first.

    Returns
    -------
    {cluster: name}, and the clusters whose name lies nearer to another's centroid.

    Parameters
    ----------
    vectors : term (string), vector: every proposal, embedded.
    taken : names that are given already, such as those of the level below.
    standing : {cluster: name} of clusters that have their name from before.
    centroids : cluster, vector: mean text vectors.

    No two names have the same `normal_form`. A proposal whose nearest centroid is another
    cluster's is taken only when there is no better one.
    """
    names = proposals.to_pandas()
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    numbers = centroids.column("cluster").to_pylist()
    forms = {normal_form(name) for name in (*taken, *standing.values())}
    chosen: dict[int, str] = {}
    strays: list[int] = []
    for own, cluster in enumerate(numbers):
        if cluster in standing:
            chosen[cluster] = standing[cluster]
            continue
        group = names[names["cluster"] == cluster]
        cosine = rows[[row_of[name] for name in group["name"]]] @ means.T
        others = np.delete(cosine, own, axis=1).max(1) if len(means) > 1 else np.zeros(len(group))
        margin = cosine[:, own] - others
        merit = (
            (margin > 0) * 1.0 + margin + 0.3 * cosine[:, own] + _OWN * group["weight"].to_numpy()
        )
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
    """A keyword as part of a name: no brackets, no "relationship", a place without its country."""
    head = re.sub(r"\(.*?\)", " ", keyword).partition(",")[0]
    head = re.sub(r"\b(\w+) (\w+) relationship\b", r"\1-\2", head)
    head = re.sub(r"\brelationships?\b", " ", head)
    return " ".join(head.split())


def _add(found: dict[str, float], heads: list[str], noun: str, joiner: str, weight: float) -> None:
    spoken: list[str] = []
    for place, head in enumerate(heads):
        # "cold war" before another noun is one modifier: Cold-War
        last = place == len(heads) - 1 and not noun
        spoken.append(head if last or len(head.split()) == 1 else head.replace(" ", "-"))
    parts = [_parts(head) for head in heads]
    if len(heads) > 1 and any(_akin(a, b) for a in parts[0] for b in parts[1]):
        return
    said = {lemma(part) for own in parts for part in own}
    tail = " ".join(word for word in noun.lower().split() if lemma(word) not in said)
    if joiner:
        spoken = [f" {joiner} ".join(spoken)]
    name = title_case(" ".join([*spoken, tail]).strip())
    if len(name) <= _LONGEST_NAME:
        found[name] = max(weight, found.get(name, 0.0))


def _parts(head: str) -> list[str]:
    return [part for part in re.split(r"[\s-]", head) if part not in _SMALL]


def _akin(one: str, other: str) -> bool:
    """Whether two words are of one family, as boxing and boxer: a name says such a thing once."""
    pairs = zip(one, other, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return shared >= max(3, 0.6 * min(len(one), len(other))) or lemma(one) == lemma(other)


def standing_names(
    before: Mapping[int, tuple[str, Sequence[str]]],
    keywords: Mapping[int, Sequence[str]],
    fresh: Mapping[int, str],
    vectors: pa.Table,
    centroids: pa.Table,
) -> dict[int, str]:
    """{cluster: the name it had}, where that name still says what the cluster is about.

    It holds when cluster and keywords of before share a keyword, and its nearest text mean is the
    own cluster's; or when it lies no farther from that than the name that would take its place.

    Parameters
    ----------
    before : (name, keywords) of what goes on, by cluster now. keywords, fresh : keywords and names
        chosen now. vectors : term, vector of all these names. centroids : cluster, mean text.
    """
    row_of = {name: row for row, name in enumerate(vectors.column("term").to_pylist())}
    means, rows = matrix_of(centroids), matrix_of(vectors)
    place = {cluster: row for row, cluster in enumerate(centroids.column("cluster").to_pylist())}
    standing: dict[int, str] = {}
    forms: set[frozenset[str]] = set()
    for cluster in sorted(before):
        name, words = before[cluster]
        own = place[cluster]
        old, new = (_margin(rows[row_of[n]] @ means.T, own) for n in (name, fresh[cluster]))
        alike = name == fresh[cluster] or bool(set(words) & set(keywords[cluster]))
        if alike and (old > 0 or old >= new) and normal_form(name) not in forms:
            standing[cluster] = name
            forms.add(normal_form(name))
    return standing


def _margin(cosine: np.ndarray, own: int) -> float:
    others = np.delete(cosine, own)
    return float(cosine[own] - (others.max() if len(others) else 0.0))
