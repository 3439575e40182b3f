"""What may stand in each place of a name: subjects, forms and facets, and their worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
from scipy import sparse

from pipeline.schemas.name_parts import FACET, GENRE, SUBJECT, WORD
from pipeline.schemas.words.genre_words import genre_words

__all__ = [
    "DIGITS",
    "EDGE",
    "TOGETHER",
    "TRUE",
    "ClusterFilms",
    "Options",
    "PartArrays",
    "facet_options",
    "form_options",
    "ramp",
    "subject_options",
]

TRUE = 0.6  # a part is printed if it is true of this share of the films
_JOINED = 0.3  # each of two joined parts ...
TOGETHER = 0.75  # ... if one of the two is true of this share
_GOAL = 0.15  # least share of a subject towards which films are moved
_GOAL_JOINED = 0.2
_GOAL_FORM = 0.4
_LIFT = 1.25  # least lift of a subject over the catalogue ...
_FACET_LIFT = 2.0  # ... and of a facet
_CANDIDATES = 24  # subjects of a cluster that are combined ...
_PAIRED = 12  # ... and of these, in pairs
DIGITS = 9  # of values that are compared: the last ones depend on the order of the films
_STEM = 5  # letters that two words have in common from which they are related
_FORM, _FORM_GAIN = 0.25, 0.6  # worth of any form, and of one unlikely in the catalogue
_SECOND_GENRE = 0.1
_DOUBTFUL = 0.25  # least share of a subject that is printed if truer names are those of others ...
_DOUBT = 1.4  # ... and what that costs
_LEAST_JOINED, _LEAST_TOGETHER = 0.15, 0.3  # the same of two joined subjects
_FEWEST_JOINED = 4  # films of each of two joined subjects: in a small shelf two words prove little
_RARE_SECOND = 0.6  # what a joined subject costs that is true of hardly any film
_NO_SUBJECT, _NO_FORM = -1.1, -0.45  # worth of a name without
_TRUE_OF_FAMILY, _NO_SUBJECT_OF_FAMILY, _DOUBT_OF_FAMILY = 0.5, -0.2, 0.5
# Part of a film's credit for a subject that it has only if it says it in the words of the name; and
# how much lower the share by credit may be than the share for which the subject is true.
_LITERAL, _SLACK = 0.75, 0.1
EDGE = 0.05  # half of the width of a gradual limit
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
        The films for which it is true.
    credit : ndarray of shape (n_films,), float64
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
class Options:
    """All alternatives for a place of a name; `films` and `credit` are (n_films, n_options)."""

    parts: list[tuple[int, ...]]
    words: list[tuple[int, ...]]
    every: list[bool]
    films: np.ndarray
    credit: np.ndarray
    worth: np.ndarray

    @classmethod
    def of(cls, options: Sequence[_Option]) -> Options:
        """Return the alternatives as arrays."""
        return cls(
            [option.parts for option in options],
            [option.words for option in options],
            [option.every for option in options],
            np.stack([option.films for option in options], axis=1),
            np.stack([option.credit for option in options], axis=1),
            np.array([option.worth for option in options]),
        )


class PartArrays:
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


class ClusterFilms:
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
        self.together = _TRUE_OF_FAMILY if family else TOGETHER
        self.no_subject = _NO_SUBJECT_OF_FAMILY if family else _NO_SUBJECT
        self.doubt = _DOUBT_OF_FAMILY if family else _DOUBT

    def counts(self, matrix: sparse.csc_matrix) -> np.ndarray:
        """Weighted number of films by column."""
        return np.asarray((self.weights * self.total) @ matrix).ravel()

    def share(self, films: np.ndarray) -> np.ndarray:
        """Weighted mean over films, the first axis."""
        return np.asarray(self.weights @ films)


def ramp(share: np.ndarray | float, low: float, high: float) -> np.ndarray:
    """From 0 at `low` to 1 at `high`: no step that a single film could pass."""
    return np.clip((np.asarray(share) - low) / (high - low), 0.0, 1.0)


def subject_options(own: ClusterFilms, vocabulary: PartArrays, *, final: bool) -> Options:
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
    chosen = usable[np.lexsort((usable, -gain[usable].round(DIGITS)))][:_CANDIDATES]
    numbers = vocabulary.subjects[chosen]
    true = own.parts[:, numbers].toarray() > 0
    printed = words[chosen]
    credits = (1 - _LITERAL) * true + _LITERAL * (own.literal[:, printed].toarray() > 0)
    options = [_Option((), False, np.ones(films, bool), np.ones(films), own.no_subject)]
    least = _DOUBTFUL if final else _GOAL
    for n, number in enumerate(numbers.tolist()):
        if share[chosen[n]] >= least:
            sure = min(share[chosen[n]], float(own.share(credits[:, n])) + _SLACK)
            doubt = own.doubt * (1 - ramp(sure, least, own.true + EDGE)) if final else 0.0
            worth = float(gain[chosen[n]] - doubt)
            word = (int(printed[n]),)
            options.append(_Option((number,), False, true[:, n], credits[:, n], worth, word))
    least, together = (_LEAST_JOINED, _LEAST_TOGETHER) if final else (_GOAL_JOINED, 0.0)
    for (n, one), (m, other) in combinations(enumerate(numbers[:_PAIRED].tolist()), 2):
        either, joined = true[:, n] | true[:, m], np.maximum(credits[:, n], credits[:, m])
        shares = share[chosen[n]], share[chosen[m]]
        one_true, one_said = float(own.share(either)), float(own.share(joined))
        both_printed = (int(printed[n]), int(printed[m]))
        few = min(shares) < least or min(shares) * films < _FEWEST_JOINED
        if few or one_true < together or vocabulary.related(*both_printed):
            continue
        both = min(1.0, base[chosen[n]] + base[chosen[m]])
        weight = (vocabulary.weight[one] + vocabulary.weight[other]) / 2
        sure = min(one_true, one_said + _SLACK)
        doubt = own.doubt * (1 - ramp(sure, together, own.together + EDGE)) if final else 0.0
        worth = weight * one_said * np.log(max(one_true / both, 1e-9)) - doubt
        if final:
            worth -= _RARE_SECOND * float(1 - ramp(min(shares), _LEAST_JOINED, _JOINED))
        options.append(_Option((one, other), False, either, joined, float(worth), both_printed))
    return Options.of(options)


def form_options(own: ClusterFilms, vocabulary: PartArrays, *, final: bool) -> Options:
    """No genre, one, two that are both true, or two where one suffices."""
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
            worth += _SECOND_GENRE * float(ramp(both, own.true, own.true + 2 * EDGE))
            options.append(_exact((one, other), True, all_true, worth))
        joined = min(share[n], share[m]) >= _JOINED and max(share[n], share[m]) < own.true + EDGE
        if joined and either >= TOGETHER and not (is_form[n] or is_form[m]):
            union = base[n] + base[m] - base[n] * base[m]
            worth = _form_worth(either, union, TOGETHER)
            options.append(_exact((one, other), False, either_true, worth))
    return Options.of(options)


def _form_worth(share: float, base: float, least: float) -> float:
    """Worth of a form, which begins at that of no form where it is true of just enough films."""
    worth = share * (_FORM + _FORM_GAIN * np.log(share / base))
    return float(_NO_FORM + (worth - _NO_FORM) * ramp(share, least - EDGE / 2, least + EDGE))


def facet_options(own: ClusterFilms, vocabulary: PartArrays) -> Options:
    """No facet, one, or two: an era or decade, and a language or country."""
    films = own.count
    true = own.parts[:, vocabulary.facets].toarray() > 0
    share, base = own.share(true), vocabulary.base[vocabulary.facets]
    single = [
        _exact(
            (number,),
            True,
            true[:, n],
            float(share[n] * np.log(share[n] / base[n]) * ramp(share[n], TRUE, TRUE + 2 * EDGE)),
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
    return Options.of(options)


def _exact(parts: tuple[int, ...], every: bool, films: np.ndarray, worth: float) -> _Option:
    return _Option(parts, every, films, films.astype(np.float64), worth)
