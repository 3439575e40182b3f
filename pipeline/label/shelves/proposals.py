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
_DIGITS = 9  # of values that are compared: the last ones depend on the order of the films
_STEM = 5  # letters that two words have in common from which they are related
_FORM, _FORM_GAIN = 0.25, 0.6  # worth of any form, and of one unlikely in the catalogue
_SECOND_GENRE = 0.1
_DOUBTFUL = 0.25  # least share of a subject that is printed if truer names are those of others ...
_DOUBT = 1.4  # ... and what that costs
_LEAST_JOINED, _LEAST_TOGETHER = 0.15, 0.3  # the same of two joined subjects
_RARE_SECOND = 0.6  # what a joined subject costs that is true of hardly any film
_TRUE_OF_MOST, _SAID_BY_MOST = 0.6, 0.6
_NO_SUBJECT, _NO_FORM, _NOTHING = -1.1, -0.45, -1.8  # worth of a name without
_TRUE_OF_FAMILY, _NO_SUBJECT_OF_FAMILY, _DOUBT_OF_FAMILY = 0.5, -0.2, 0.5
# Part of a film's credit for a subject that it has only if it says it in the words of the name; and
# how much lower the share by credit may be than the share of which the subject is true.
_LITERAL, _SLACK = 0.75, 0.1
_EDGE = 0.05  # half of the width of a gradual limit
_BELOW = 0.08  # how far below the share of most films the worth of a true name begins
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
            np.stack([option.credit for option in options], axis=1),
            np.array([option.worth for option in options]),
        )


@stage(
    "shelf-names",
    inputs=("members", "parts"),
    outputs=("proposals",),
)
def propose_shelf_names(
    members: pa.Table, parts: pa.Table, films: int, final: bool, family: bool = False
) -> dict[str, pa.Table]:
    """Propose names for some clusters.

    Parameters
    ----------
    members : pa.Table
        All films of these clusters: cluster (int32), `parts` and `literal` of FILM_PARTS, and
        weight (float32): how surely the film belongs to its cluster, above 0.
    parts : pa.Table
        PARTS.
    films : int
        Number of films of the catalogue, in which `parts` are counted.
    final : bool
        True for names to print: each part is true of 60 % of the films, or each of two joined
        parts of 30 % and one of them of 75 %. False for names towards which films are moved: their
        parts may be true of fewer films as yet.
    family : bool
        Whether the clusters are families: a part is true of half of the films, and the genres are
        worth more than a subject.

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
    weights = members.column("weight").to_numpy().astype(np.float64)
    rows: list[dict[str, object]] = []
    for number, own in zip(found, np.split(order, starts)[1:], strict=True):
        for proposal in _propose(
            _Films(matrix[own].tocsc(), literal[own].tocsc(), weights[own], family=family),
            vocabulary,
            final=final,
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


class _Films:
    """The films of one cluster: what is true of them, and their weights.

    Shares are weighted. A film that nearly belongs to another cluster counts little, so that the
    names hardly depend on the last digits of the vectors.
    """

    def __init__(
        self,
        parts: sparse.csc_matrix,
        literal: sparse.csc_matrix,
        weights: np.ndarray,
        *,
        family: bool,
    ) -> None:
        self.parts, self.literal = parts, literal
        self.count = len(weights)
        self.total = float(weights.sum())
        self.weights = weights / self.total
        self.true = _TRUE_OF_FAMILY if family else TRUE  # share of the films of most of them
        self.together = _TRUE_OF_FAMILY if family else _TOGETHER
        self.no_subject = _NO_SUBJECT_OF_FAMILY if family else _NO_SUBJECT
        self.doubt = _DOUBT_OF_FAMILY if family else _DOUBT

    def counts(self, matrix: sparse.csc_matrix) -> np.ndarray:
        """Weighted number of films by column."""
        return np.asarray((self.weights * self.total) @ matrix).ravel()

    def share(self, films: np.ndarray) -> np.ndarray:
        """Weighted mean over films, the first axis."""
        return np.asarray(self.weights @ films)


def _propose(own: _Films, vocabulary: _Vocabulary, *, final: bool) -> list[dict[str, object]]:
    """The best names of one cluster."""
    subjects = _subject_options(own, vocabulary, final=final)
    forms = _form_options(own, vocabulary, final=final)
    facets = _facet_options(own, vocabulary)
    weighted = own.weights[:, None]
    whole = (subjects.credit * weighted).T @ forms.credit
    true = (subjects.films * weighted).T @ forms.films.astype(np.float64)
    plain_worth = _worth_of_truth(whole, true, own.true)
    value = subjects.worth[:, None] + forms.worth[None, :] + plain_worth
    value[0, 0] += _NOTHING  # neither subject nor genre: true of all films, and says nothing
    proposals: list[dict[str, object]] = []
    order = np.lexsort((np.arange(value.size), -value.ravel().round(_DIGITS)))
    for position in order[:_PROPOSALS].tolist():
        s, f = divmod(position, value.shape[1])
        plain = subjects.films[:, s] & forms.films[:, f]
        shares = own.share(plain[:, None] & facets.films)
        credit = (subjects.credit[:, s] * forms.credit[:, f])[:, None] * facets.credit
        worth = facets.worth + _worth_of_truth(own.share(credit), shares, own.true)
        best = int(np.argmax(worth.round(_DIGITS)))
        proposals.append(
            {
                "subjects": list(subjects.parts[s]),
                "words": list(subjects.words[s]),
                "genres": list(forms.parts[f]),
                "every_genre": forms.every[f],
                "facets": list(facets.parts[best]),
                "value": float(value[s, f] - plain_worth[s, f] + worth[best]),
                "whole": float(shares[best]),
                "subject": float(own.share(subjects.films[:, s])) if subjects.parts[s] else None,
                "form": float(own.share(forms.films[:, f])) if forms.parts[f] else None,
                "facet": float(own.share(facets.films[:, best])) if facets.parts[best] else None,
            }
        )
    return sorted(proposals, key=lambda row: -round(float(str(row["value"])), _DIGITS))


def _ramp(share: np.ndarray | float, low: float, high: float) -> np.ndarray:
    """From 0 at `low` to 1 at `high`: no step that a single film could pass."""
    return np.clip((np.asarray(share) - low) / (high - low), 0.0, 1.0)


def _worth_of_truth(credit: np.ndarray, true: np.ndarray, most: float) -> np.ndarray:
    """What it is worth that a whole name is true of a share of the films, at best of `most`."""
    worth = np.minimum(credit, _TOGETHER) + _TRUE_OF_MOST * _ramp(true, most - _BELOW, most + _EDGE)
    return np.asarray(worth + _SAID_BY_MOST * _ramp(credit, most - _BELOW, most + _EDGE))


def _subject_options(own: _Films, vocabulary: _Vocabulary, *, final: bool) -> _Options:
    """No subject, one, or two joined ones."""
    films, total = own.count, own.total
    base = vocabulary.base[vocabulary.subjects]
    counts = own.counts(own.parts)[vocabulary.subjects]
    words, said = vocabulary.best_words(own.counts(own.literal))
    share, credit = counts / total, ((1 - _LITERAL) * counts + _LITERAL * said) / total
    # smoothed towards the catalogue by two films: in a small cluster a rare subject proves little
    lift = (counts + 2 * base) / (total + 2) / base
    gain = vocabulary.weight[vocabulary.subjects] * credit * np.log(np.maximum(lift, 1e-9))
    usable = np.flatnonzero((share >= _GOAL) & (lift >= _LIFT))
    chosen = usable[np.lexsort((usable, -gain[usable].round(_DIGITS)))][:_CANDIDATES]
    numbers = vocabulary.subjects[chosen]
    true = own.parts[:, numbers].toarray() > 0
    printed = words[chosen]
    credits = (1 - _LITERAL) * true + _LITERAL * (own.literal[:, printed].toarray() > 0)
    options = [_Option((), False, np.ones(films, bool), np.ones(films), own.no_subject)]
    least = _DOUBTFUL if final else _GOAL
    for n, number in enumerate(numbers.tolist()):
        if share[chosen[n]] >= least:
            sure = min(share[chosen[n]], float(own.share(credits[:, n])) + _SLACK)
            doubt = own.doubt * (1 - _ramp(sure, least, own.true + _EDGE)) if final else 0.0
            worth = float(gain[chosen[n]] - doubt)
            word = (int(printed[n]),)
            options.append(_Option((number,), False, true[:, n], credits[:, n], worth, word))
    least, together = (_LEAST_JOINED, _LEAST_TOGETHER) if final else (_GOAL_JOINED, 0.0)
    for (n, one), (m, other) in combinations(enumerate(numbers[:_PAIRED].tolist()), 2):
        either, joined = true[:, n] | true[:, m], np.maximum(credits[:, n], credits[:, m])
        shares = share[chosen[n]], share[chosen[m]]
        one_true, one_said = float(own.share(either)), float(own.share(joined))
        both_printed = (int(printed[n]), int(printed[m]))
        if min(shares) < least or one_true < together or vocabulary.related(*both_printed):
            continue
        both = min(1.0, base[chosen[n]] + base[chosen[m]])
        weight = (vocabulary.weight[one] + vocabulary.weight[other]) / 2
        sure = min(one_true, one_said + _SLACK)
        doubt = own.doubt * (1 - _ramp(sure, together, own.together + _EDGE)) if final else 0.0
        worth = weight * one_said * np.log(max(one_true / both, 1e-9)) - doubt
        if final:
            worth -= _RARE_SECOND * float(1 - _ramp(min(shares), _LEAST_JOINED, _JOINED))
        options.append(_Option((one, other), False, either, joined, float(worth), both_printed))
    return _Options.of(options)


def _form_options(own: _Films, vocabulary: _Vocabulary, *, final: bool) -> _Options:
    """No genre, one, two that are both true, or two of which one suffices."""
    films = own.count
    true = own.parts[:, vocabulary.genres].toarray() > 0
    share, base = own.share(true), vocabulary.base[vocabulary.genres]
    is_form = vocabulary.is_form[vocabulary.genres]
    options = [_exact((), False, np.ones(films, bool), _NO_FORM)]
    for n, number in enumerate(vocabulary.genres.tolist()):
        least = own.true if final or is_form[n] else _GOAL_FORM
        if share[n] >= least:
            worth = _form_worth(share[n], base[n], least)
            options.append(_exact((number,), False, true[:, n], worth))
    for (n, one), (m, other) in combinations(enumerate(vocabulary.genres.tolist()), 2):
        all_true, either_true = true[:, n] & true[:, m], true[:, n] | true[:, m]
        both, either = float(own.share(all_true)), float(own.share(either_true))
        if both >= own.true:
            worth = _form_worth(both, base[n] * base[m], own.true)
            worth += _SECOND_GENRE * float(_ramp(both, own.true, own.true + 2 * _EDGE))
            options.append(_exact((one, other), True, all_true, worth))
        joined = min(share[n], share[m]) >= _JOINED and max(share[n], share[m]) < own.true + _EDGE
        if joined and either >= _TOGETHER and not (is_form[n] or is_form[m]):
            union = base[n] + base[m] - base[n] * base[m]
            worth = _form_worth(either, union, _TOGETHER)
            options.append(_exact((one, other), False, either_true, worth))
    return _Options.of(options)


def _form_worth(share: float, base: float, least: float) -> float:
    """Worth of a form, which begins at that of no form where it is true of just enough films."""
    worth = share * (_FORM + _FORM_GAIN * np.log(share / base))
    return float(_NO_FORM + (worth - _NO_FORM) * _ramp(share, least - _EDGE / 2, least + _EDGE))


def _facet_options(own: _Films, vocabulary: _Vocabulary) -> _Options:
    """No facet, one, or two: an era or decade, and a language or country."""
    films = own.count
    true = own.parts[:, vocabulary.facets].toarray() > 0
    share, base = own.share(true), vocabulary.base[vocabulary.facets]
    single = [
        _exact(
            (number,),
            True,
            true[:, n],
            float(share[n] * np.log(share[n] / base[n]) * _ramp(share[n], TRUE, TRUE + 2 * _EDGE)),
        )
        for n, number in enumerate(vocabulary.facets.tolist())
        if share[n] >= TRUE and share[n] >= _FACET_LIFT * base[n]
    ]
    options = [_exact((), True, np.ones(films, bool), 0.0), *single]
    for one, other in combinations(single, 2):
        parts = one.parts + other.parts
        kinds = {vocabulary.keys[number].partition(":")[0] for number in parts}
        if len(kinds & _TIMES) == 1 and len(kinds) == 2:
            both = one.films & other.films
            if own.share(both) >= TRUE:
                options.append(_exact(parts, True, both, one.worth + other.worth))
    return _Options.of(options)


def _exact(parts: tuple[int, ...], every: bool, films: np.ndarray, worth: float) -> _Option:
    return _Option(parts, every, films, films.astype(np.float64), worth)
