"""The choice of the names of families, so that together they say most about all micro-genres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from pipeline.label.families.possible_names import PossibleNames
from pipeline.schemas.vectors import unit_rows

__all__ = ["ChosenNames", "NameValues", "choose_names"]

_BEGINS, _FULL = 0.35, 0.6  # shares of films between which a name begins to be true
_MOST_SAID = 3.0  # of what a name says, in nats: that of one film of twenty is enough
_NEAR = 5.0  # worth of a cosine of 1 to the mean of a family
_BLOCK = 65_536  # cosines that are computed at the same time
_SWEEPS = 2  # over all chosen names, to exchange some of them
_DIGITS = 9  # of values that are compared: the last ones depend on the kind of CPU


@dataclass(frozen=True)
class NameValues:
    """What each possible name is worth for each micro-genre.

    Attributes
    ----------
    share : csc_matrix of shape (k, n_names)
        Share of the films for which the name is true.
    says : ndarray of shape (n_names,)
        What a name says, in nats: the negative logarithm of the share of all films for which it
        is true, at most 3, times the worth of its parts.
    centred : ndarray of shape (k, dim)
        Unit centroids of the micro-genres, without their common mean.
    means : ndarray of shape (n_names, dim)
        Unit mean of the micro-genres for which each name is true.
    value : csc_matrix of shape (k, n_names)
        Value of each name for each micro-genre, above 0; times the films of the micro-genre.
    films : ndarray of shape (k,)
        Number of films of each micro-genre.
    """

    share: sparse.csc_matrix
    says: np.ndarray
    centred: np.ndarray
    means: np.ndarray
    value: sparse.csc_matrix
    films: np.ndarray

    @classmethod
    def of(cls, possible: PossibleNames, centroids: np.ndarray, films: np.ndarray) -> NameValues:
        """Return the values of all possible names; parameters as of `find_families`."""
        centred = unit_rows(centroids.astype(np.float64), None)
        centred = unit_rows(centred - (films / films.sum()) @ centred, None)
        says = np.minimum(-np.log(possible.base), _MOST_SAID) * possible.worth
        share = possible.share.copy()
        share.data[share.data <= _BEGINS] = 0
        share.eliminate_zeros()
        weights = share.multiply(share >= 0.5).multiply(films[:, None])
        means = unit_rows(np.asarray(sparse.csr_matrix(weights.T) @ centred), None)
        rows, columns = share.indices, np.repeat(np.arange(len(says)), np.diff(share.indptr))
        near = np.concatenate(
            [
                np.einsum("nd,nd->n", centred[rows[n : n + _BLOCK]], means[columns[n : n + _BLOCK]])
                for n in range(0, len(rows), _BLOCK)
            ]
        )
        value = share.copy()
        value.data = np.maximum(_value(share.data, says[columns], near), 0) * films[rows]
        value.data = value.data.round(_DIGITS)
        return cls(share, says, centred, means, value, films)


@dataclass(frozen=True)
class ChosenNames:
    """The values of the chosen names.

    Attributes
    ----------
    values : NameValues
        Of all possible names.
    chosen : ndarray of shape (m,), int64
        The numbers of the chosen ones.
    """

    values: NameValues
    chosen: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """Share of the films of each micro-genre for which each name is true, (k, m)."""
        return np.asarray(self.values.share[:, self.chosen].toarray())

    @property
    def first_means(self) -> np.ndarray:
        """Unit mean of the micro-genres for which each name is true, (m, dim)."""
        return np.asarray(self.values.means[self.chosen])

    def values_at(self, cosine: np.ndarray) -> np.ndarray:
        """Return the value of each name for each micro-genre, given cosines to the families."""
        return _value(self.share, self.values.says[self.chosen], cosine)


def choose_names(possible: PossibleNames, values: NameValues, count: int) -> np.ndarray:
    """Choose names so that the best one of each micro-genre is worth most, over all films.

    Parameters
    ----------
    possible : PossibleNames
        Names that families could have.
    values : NameValues
        Their values.
    count : int
        Most names.

    Returns
    -------
    ndarray of int64
        Numbers of the chosen names, at most `count`.

    Notes
    -----
    The facility location problem. Names are added one by one, each time the one that adds most;
    then each is exchanged for the one that adds most in its place. Adding alone reaches 1 - 1/e of
    the best sum (Nemhauser, Wolsey and Fisher 1978), without names that exclude each other.
    """
    chosen: list[int] = []
    best = np.zeros(len(values.films))
    while len(chosen) < count:
        number = _best_addition(possible, values, chosen, best)
        if number is None:
            break
        chosen.append(number)
        best = np.maximum(best, values.value[:, [number]].toarray()[:, 0])
    for _ in range(_SWEEPS):
        before = list(chosen)
        for place in range(len(chosen)):
            others = chosen[:place] + chosen[place + 1 :]
            own = values.value[:, others]
            best = own.max(1).toarray()[:, 0] if others else np.zeros(len(values.films))
            number = _best_addition(possible, values, others, best)
            chosen[place] = chosen[place] if number is None else number
        if chosen == before:
            break
    return np.array(chosen, np.int64)


def _best_addition(
    possible: PossibleNames, values: NameValues, chosen: list[int], best: np.ndarray
) -> int | None:
    """The name that adds most to the best values of the micro-genres; None if none adds any."""
    value = values.value
    columns = np.repeat(np.arange(value.shape[1]), np.diff(value.indptr))
    gain = np.bincount(
        columns,
        weights=np.maximum(value.data - best[value.indices], 0),
        minlength=value.shape[1],
    ).round(6)
    for number in chosen:
        gain[possible.excluded_by(number)] = 0
    number = int(gain.argmax())
    return number if gain[number] > 0 else None


def _value(share: np.ndarray, says: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """Value of a name for a micro-genre: none where it is not true of many films."""
    true = np.clip((share - _BEGINS) / (_FULL - _BEGINS), 0, 1)
    return np.asarray(true * (share * says + _NEAR * cosine))
