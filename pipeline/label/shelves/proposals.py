"""Names that a cluster could have, of parts that are true of most of its films.

A part is a candidate if it is true of a share of the films of the cluster, and likelier there than
in the catalogue. Names are combinations: a subject or two joined ones, a genre or two, facets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.label.shelves.membership import parts_matrix
from pipeline.schemas.name_parts import FACET, GENRE, SUBJECT, WORD
from pipeline.schemas.stage import stage
from pipeline.schemas.words.genre_words import genre_words

__all__ = ["PROPOSED_NAMES", "propose_shelf_names"]

_NUMBERS = pa.list_(pa.int32())

# Names that a cluster could have, best first. Shares are of its films, 0 to 1; null: no such part.
PROPOSED_NAMES = pa.schema(
    [
        ("cluster", pa.int32()),
        ("films", pa.int64()),  # of the cluster
        ("subjects", _NUMBERS),
        ("words", _NUMBERS),  # what is printed for each subject
        ("genres", _NUMBERS),
        ("every_genre", pa.bool_()),
        ("facets", _NUMBERS),
        ("value", pa.float64()),  # the higher the better; no unit
        ("whole", pa.float64()),  # share of which the whole name is true
        ("subject", pa.float64()),
        ("form", pa.float64()),
        ("facet", pa.float64()),
    ]
)

TRUE = 0.6  # a part is printed if it is true of this share of the films
_JOINED = 0.3  # each of two joined parts ...
_TOGETHER = 0.75  # ... if one of the two is true of this share
_GOAL = 0.15  # least share of a subject towards which films are moved
_GOAL_JOINED = 0.2
_GOAL_FORM = 0.4
_LIFT = 1.25  # least lift of a subject over the catalogue ...
_FACET_LIFT = 2.0  # ... and of a facet
_CANDIDATES = 24  # subjects of a cluster that are combined ...
_PAIRED = 12  # ... and of these, in pairs
_PROPOSALS = 80  # of a cluster
_GAIN = 0.0  # what the second of two joined subjects adds at least
_STEM = 5  # letters that two words have in common from which they are related
_FORM, _FORM_GAIN = 0.25, 0.6  # worth of any form, and of one unlikely in the catalogue
_SECOND_GENRE = 0.1
_DOUBTFUL = 0.45  # least share of a subject to be printed if all truer names say too little ...
_DOUBT = 0.5  # ... and what that costs
_LEAST_JOINED, _LEAST_TOGETHER = 0.2, 0.5  # the same of two joined subjects
_TRUE_OF_MOST, _SAID_BY_MOST = 0.6, 0.6
_NO_SUBJECT, _NO_FORM = -1.0, -0.4  # worth of a name without
# Part of a film's credit for a subject that it has only if it says it in the words of the name; and
# how much lower the share by credit may be than the share of which the subject is true.
_LITERAL, _SLACK = 0.75, 0.1
_TIMES = frozenset(("decade", "era"))


@dataclass(frozen=True)
class _Option:
    """One alternative for a place of a name.

    Attributes
    ----------
    parts : tuple of int
        Numbers of PARTS.
    every : bool
        Whether all parts are true, not one of them.
    films : ndarray of shape (n_films,), bool
        The films of which it is true.
    credit : ndarray of shape (n_films,), float32
        The same, but less where a film says the subject in other words than the name.
    worth : float
        Its worth in a name.
    words : tuple of int
        What a name prints for each subject.
    """

    parts: tuple[int, ...]
    every: bool
    films: np.ndarray
    credit: np.ndarray
    worth: float
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Options:
    """All alternatives for a place of a name; `films` and `credit` are (n_films, n_options)."""

    parts: list[tuple[int, ...]]
    words: list[tuple[int, ...]]
    every: list[bool]
    films: np.ndarray
    credit: np.ndarray
    worth: np.ndarray

    @classmethod
    def of(cls, options: Sequence[_Option]) -> _Options:
        """Return the alternatives as arrays."""
        return cls(
            [option.parts for option in options],
            [option.words for option in options],
            [option.every for option in options],
            np.stack([option.films for option in options], axis=1),
            np.stack([option.credit for option in options], axis=1).astype(np.float32),
            np.array([option.worth for option in options]),
        )


@stage(
    "shelf-names",
    inputs=("members", "parts"),
    outputs=("proposals",),
)
def propose_shelf_names(
    members: pa.Table, parts: pa.Table, films: int, final: bool
) -> dict[str, pa.Table]:
    """Propose names for some clusters.

    Parameters
    ----------
    members : pa.Table
        All films of these clusters: cluster (int32), and `parts` and `literal` of FILM_PARTS.
    parts : pa.Table
        PARTS.
    films : int
        Number of films of the catalogue, in which `parts` are counted.
    final : bool
        True for names to print: each part is true of 60 % of the films, or each of two joined
        parts of 30 % and one of them of 75 %. False for names towards which films are moved: their
        parts may be true of fewer films as yet.

    Returns
    -------
    dict of str to pa.Table
        `proposals`: PROPOSED_NAMES by cluster, best first.

    Notes
    -----
    The worth of a part is its term of the Kullback-Leibler divergence between the films of the
    cluster and the catalogue: share times the logarithm of share divided by base share.
    """
    clusters = members.column("cluster").to_numpy()
    matrix = parts_matrix(members.column("parts"), len(parts))
    literal = parts_matrix(members.column("literal"), len(parts))
    vocabulary = _Vocabulary(parts, films)
    order = np.argsort(clusters, kind="stable")
    found, starts = np.unique(clusters[order], return_index=True)
    rows: list[dict[str, object]] = []
    for number, own in zip(found, np.split(order, starts)[1:], strict=True):
        for proposal in _propose(
            matrix[own].tocsc(), literal[own].tocsc(), vocabulary, final=final
        ):
            rows.append({"cluster": int(number), "films": len(own), **proposal})
    return {"proposals": pa.Table.from_pylist(rows, PROPOSED_NAMES)}


class _Vocabulary:
    """PARTS as arrays."""

    def __init__(self, parts: pa.Table, films: int) -> None:
        kind = np.array(parts.column("kind").to_pylist(), object)
        self.keys: list[str] = parts.column("key").to_pylist()
        self.base = np.maximum(parts.column("films").to_numpy(), 1) / max(films, 1)
        self.weight = parts.column("weight").to_numpy()
        self.subjects = np.flatnonzero(kind == SUBJECT)
        self.genres = np.flatnonzero(kind == GENRE)
        self.facets = np.flatnonzero(kind == FACET)
        forms = genre_words().forms
        self.is_form = np.array([key in forms for key in self.keys], bool)
        is_word = (kind == SUBJECT) | (kind == WORD)
        words = np.flatnonzero(is_word)
        subject_of = parts.column("same_as").to_numpy()[words]
        order = np.lexsort((words, subject_of))
        self._words = words[order]  # of the first subject, of the second one ...
        self._starts = np.searchsorted(subject_of[order], self.subjects)
        self.printed: list[str] = parts.column("printed").to_pylist()

    def best_words(self, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the word that films use most for each subject, and in how many films.

        Parameters
        ----------
        said : ndarray of shape (n_parts,)
            Number of films that contain each part literally.
        """
        if not len(self.subjects):
            return self.subjects, np.zeros(0)
        counts = said[self._words]
        # the subject itself comes first among its words, and wins unless another is more frequent
        most = np.maximum.reduceat(counts, self._starts)
        group = np.repeat(np.arange(len(self._starts)), np.diff([*self._starts, len(counts)]))
        first = np.flatnonzero(counts == most[group])
        _, position = np.unique(group[first], return_index=True)
        return self._words[first[position]], most

    def related(self, one: int, other: int) -> bool:
        """Whether two subjects share a word, or begin alike, as vampire and vampirism."""
        first, second = self.printed[one].split(), self.printed[other].split()
        return bool(set(first) & set(second)) or any(
            a[:_STEM] == b[:_STEM] for a in first for b in second
        )


def _propose(
    own: sparse.csc_matrix, literal: sparse.csc_matrix, vocabulary: _Vocabulary, *, final: bool
) -> list[dict[str, object]]:
    """The best names of one cluster, whose films are the rows of `own`."""
    subjects = _subject_options(own, literal, vocabulary, final=final)
    forms = _form_options(own, vocabulary, final=final)
    facets = _facet_options(own, vocabulary)
    films = own.shape[0]
    whole = subjects.credit.T @ forms.credit / films
    true = subjects.films.T.astype(np.float32) @ forms.films.astype(np.float32) / films
    value = subjects.worth[:, None] + forms.worth[None, :] + _worth_of_truth(whole, true)
    proposals: list[dict[str, object]] = []
    for position in np.lexsort((np.arange(value.size), -value.ravel()))[:_PROPOSALS].tolist():
        s, f = divmod(position, value.shape[1])
        plain = subjects.films[:, s] & forms.films[:, f]
        shares = (plain[:, None] & facets.films).mean(0)
        credit = subjects.credit[:, s] * forms.credit[:, f]
        worth = facets.worth + _worth_of_truth(credit @ facets.credit / films, shares)
        worth[(shares < TRUE) & (facets.worth > 0)] = -np.inf
        best = int(np.argmax(worth))
        proposals.append(
            {
                "subjects": list(subjects.parts[s]),
                "words": list(subjects.words[s]),
                "genres": list(forms.parts[f]),
                "every_genre": forms.every[f],
                "facets": list(facets.parts[best]),
                "value": float(subjects.worth[s] + forms.worth[f] + worth[best]),
                "whole": float(shares[best]),
                "subject": float(subjects.films[:, s].mean()) if subjects.parts[s] else None,
                "form": float(forms.films[:, f].mean()) if forms.parts[f] else None,
                "facet": float(facets.films[:, best].mean()) if facets.parts[best] else None,
            }
        )
    return sorted(proposals, key=lambda row: -float(str(row["value"])))


def _worth_of_truth(credit: np.ndarray, true: np.ndarray) -> np.ndarray:
    """What it is worth that a whole name is true of a share of the films."""
    worth = np.minimum(credit, _TOGETHER) + np.where(true >= TRUE, _TRUE_OF_MOST, 0.0)
    return np.asarray(worth + np.where(credit >= TRUE, _SAID_BY_MOST, 0.0))


def _subject_options(
    own: sparse.csc_matrix, literal: sparse.csc_matrix, vocabulary: _Vocabulary, *, final: bool
) -> _Options:
    """No subject, one, or two joined ones."""
    films = own.shape[0]
    base = vocabulary.base[vocabulary.subjects]
    counts = np.asarray(own.sum(0)).ravel()[vocabulary.subjects]
    words, said = vocabulary.best_words(np.asarray(literal.sum(0)).ravel())
    share, credit = counts / films, ((1 - _LITERAL) * counts + _LITERAL * said) / films
    # smoothed towards the catalogue by two films: in a small cluster a rare subject proves little
    lift = (counts + 2 * base) / (films + 2) / base
    gain = vocabulary.weight[vocabulary.subjects] * credit * np.log(np.maximum(lift, 1e-9))
    usable = np.flatnonzero((share >= _GOAL) & (lift >= _LIFT))
    chosen = usable[np.lexsort((usable, -gain[usable]))][:_CANDIDATES]
    numbers = vocabulary.subjects[chosen]
    true = own[:, numbers].toarray() > 0
    printed = words[chosen]
    in_words = literal[:, printed].toarray() > 0
    credits = np.float32(1 - _LITERAL) * true + np.float32(_LITERAL) * in_words
    options = [_Option((), False, np.ones(films, bool), np.ones(films, np.float32), _NO_SUBJECT)]
    least = _DOUBTFUL if final else _GOAL
    for n, number in enumerate(numbers.tolist()):
        if share[chosen[n]] >= least:
            least_sure = min(share[chosen[n]], credits[:, n].mean() + _SLACK)
            doubt = _DOUBT if final and least_sure < TRUE else 0.0
            worth = float(gain[chosen[n]]) - doubt
            word = (int(printed[n]),)
            options.append(_Option((number,), False, true[:, n], credits[:, n], worth, word))
    least, together = (_LEAST_JOINED, _LEAST_TOGETHER) if final else (_GOAL_JOINED, 0.0)
    for (n, one), (m, other) in combinations(enumerate(numbers[:_PAIRED].tolist()), 2):
        either, joined = true[:, n] | true[:, m], np.maximum(credits[:, n], credits[:, m])
        shares = share[chosen[n]], share[chosen[m]]
        enough = min(shares) >= least and either.mean() >= together
        adds = joined.mean() >= max(credits[:, n].mean(), credits[:, m].mean()) + _GAIN
        both_printed = (int(printed[n]), int(printed[m]))
        if not enough or not adds or vocabulary.related(*both_printed):
            continue
        both = min(1.0, base[chosen[n]] + base[chosen[m]])
        weight = (vocabulary.weight[one] + vocabulary.weight[other]) / 2
        least_sure = min(either.mean(), joined.mean() + _SLACK)
        doubt = _DOUBT if final and least_sure < _TOGETHER else 0.0
        worth = weight * joined.mean() * np.log(max(either.mean() / both, 1e-9)) - doubt
        options.append(_Option((one, other), False, either, joined, float(worth), both_printed))
    return _Options.of(options)


def _form_options(own: sparse.csc_matrix, vocabulary: _Vocabulary, *, final: bool) -> _Options:
    """No genre, one, two that are both true, or two of which one suffices."""
    films = own.shape[0]
    true = own[:, vocabulary.genres].toarray() > 0
    share, base = true.mean(0), vocabulary.base[vocabulary.genres]
    is_form = vocabulary.is_form[vocabulary.genres]
    options = [_exact((), False, np.ones(films, bool), _NO_FORM)]
    for n, number in enumerate(vocabulary.genres.tolist()):
        if share[n] >= (TRUE if final or is_form[n] else _GOAL_FORM):
            options.append(_exact((number,), False, true[:, n], _form_worth(share[n], base[n])))
    for (n, one), (m, other) in combinations(enumerate(vocabulary.genres.tolist()), 2):
        both, either = (true[:, n] & true[:, m]).mean(), (true[:, n] | true[:, m]).mean()
        if both >= TRUE:
            worth = _form_worth(both, base[n] * base[m]) + _SECOND_GENRE
            options.append(_exact((one, other), True, true[:, n] & true[:, m], worth))
        joined = min(share[n], share[m]) >= _JOINED and max(share[n], share[m]) < TRUE
        if joined and either >= _TOGETHER and not (is_form[n] or is_form[m]):
            union = base[n] + base[m] - base[n] * base[m]
            worth = _form_worth(either, union)
            options.append(_exact((one, other), False, true[:, n] | true[:, m], worth))
    return _Options.of(options)


def _form_worth(share: float, base: float) -> float:
    return float(share * (_FORM + _FORM_GAIN * np.log(share / base)))


def _facet_options(own: sparse.csc_matrix, vocabulary: _Vocabulary) -> _Options:
    """No facet, one, or two: an era or decade, and a language or country."""
    films = own.shape[0]
    true = own[:, vocabulary.facets].toarray() > 0
    share, base = true.mean(0), vocabulary.base[vocabulary.facets]
    single = [
        _exact((number,), True, true[:, n], float(share[n] * np.log(share[n] / base[n])))
        for n, number in enumerate(vocabulary.facets.tolist())
        if share[n] >= TRUE and share[n] >= _FACET_LIFT * base[n]
    ]
    options = [_exact((), True, np.ones(films, bool), 0.0), *single]
    for one, other in combinations(single, 2):
        parts = one.parts + other.parts
        kinds = {vocabulary.keys[number].partition(":")[0] for number in parts}
        if len(kinds & _TIMES) == 1 and len(kinds) == 2:
            both = one.films & other.films
            options.append(_exact(parts, True, both, one.worth + other.worth))
    return _Options.of(options)


def _exact(parts: tuple[int, ...], every: bool, films: np.ndarray, worth: float) -> _Option:
    return _Option(parts, every, films, films.astype(np.float32), worth)
