"""Families of micro-genres: names are chosen first, then the micro-genres that belong to each.

A name of a family is true of most films of its micro-genres, says something about them, and its
micro-genres are near each other. A micro-genre moves as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.label.families.branches import branches_of
from pipeline.label.families.name_choice import ChosenNames, NameValues, choose_names
from pipeline.label.families.possible_names import PossibleNames
from pipeline.schemas.name_parts import NameParts
from pipeline.schemas.vectors import unit_rows

__all__ = ["Families", "find_families"]

_ROUNDS = 4  # of centroids of the families and assignment of the micro-genres
_TRUE = 0.65  # share of the films of a family for which its name is true, at least
_ALONE = 0.15  # films of a family of one micro-genre, at least; 1: as many as an average family
_DIGITS = 9  # of values that are compared


@dataclass(frozen=True)
class Families:
    """Families of micro-genres.

    Attributes
    ----------
    family : ndarray of shape (k,), int64
        The family of each micro-genre, from 0; family 0 has the most films.
    names : list of NameParts
        The name of each family; without parts if it is still to be named, since none of the
        possible names is true of most of its films.
    """

    family: np.ndarray
    names: list[NameParts]


def find_families(
    possible: PossibleNames, centroids: np.ndarray, films: Sequence[int] | np.ndarray, count: int
) -> Families:
    """Group micro-genres into families, each under a name that is true of most of its films.

    Parameters
    ----------
    possible : PossibleNames
        Names that families could have.
    centroids : ndarray of shape (k, dim), float
        Centroids of the micro-genres.
    films : sequence of int, or ndarray of shape (k,)
        Number of films of each micro-genre.
    count : int
        Most families.

    Returns
    -------
    Families
        A family with a name has at least two micro-genres, or one with many films, and its name is
        true of at least 65 % of its films. Micro-genres that fit no such family are grouped by
        their centroids.
    """
    films = np.asarray(films, np.float64)
    family, chosen = _named_families(possible, centroids, films, count)
    if len(chosen) == count and (family < 0).any():  # one for those that fit none
        family, chosen = _named_families(possible, centroids, films, count - 1)
    names = [possible.names[number] for number in chosen.tolist()]
    left = np.flatnonzero(family < 0)
    if len(left):
        more = round(count * films[left].sum() / films.sum())
        more = min(max(more, 1), count - len(names))
        family[left] = len(names) + branches_of(centroids[left], more)
        names += [NameParts()] * (int(family.max()) + 1 - len(names))
    total = np.bincount(family, weights=films, minlength=len(names))
    order = np.lexsort((np.arange(len(total)), -total))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return Families(rank[family], [names[number] for number in order.tolist()])


def _named_families(
    possible: PossibleNames, centroids: np.ndarray, films: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The family of each micro-genre, -1 for none, and the number of the name of each family."""
    none = np.full(len(films), -1, np.int64)
    if not possible.names:
        return none, np.zeros(0, np.int64)
    values = NameValues.of(possible, centroids, films)
    chosen = choose_names(possible, values, count)
    while len(chosen):
        names = ChosenNames(values, chosen)
        family, near = _assign(names, values.centred, films)
        family = _place(names, family, near, films)
        lasting = _lasting(family, films, len(chosen))
        if lasting.all():
            return family, chosen
        chosen = chosen[lasting]
    return none, chosen


def _assign(
    names: ChosenNames, centred: np.ndarray, films: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Assign micro-genres to the names that are true of them, and near; -1: none is."""
    means = names.first_means
    for _ in range(_ROUNDS):
        cosine = (centred @ means.T).round(_DIGITS)
        value = names.values_at(cosine).round(_DIGITS)
        family = np.where(value.max(1) > 0, value.argmax(1), -1)
        means = _means(centred, films, family, means)
    return family, (centred @ means.T).round(_DIGITS)


def _means(
    centred: np.ndarray, films: np.ndarray, family: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """Unit mean of the micro-genres of each family; the one before of a family without any."""
    total = np.zeros_like(before)
    own = family >= 0
    np.add.at(total, family[own], centred[own] * films[own, None])
    return np.where(total.any(axis=1, keepdims=True), unit_rows(total, None), before)


def _place(
    names: ChosenNames, family: np.ndarray, near: np.ndarray, films: np.ndarray
) -> np.ndarray:
    """Make each name true of 65 % of the films of its family.

    The micro-genres for which a name is least true leave its family. Those without a family go, the
    largest first, to the one whose name is truest of them and that is nearest, if its name stays
    true.
    """
    family, share = family.copy(), names.share
    true, total = np.zeros(near.shape[1]), np.zeros(near.shape[1])
    for number in range(near.shape[1]):
        own = np.flatnonzero(family == number)
        own = own[np.lexsort((own, -share[own, number].round(_DIGITS)))]
        sums = np.cumsum(films[own] * share[own, number])
        enough = np.flatnonzero(sums >= _TRUE * np.cumsum(films[own]))
        stay = enough[-1] + 1 if len(enough) else 0
        family[own[stay:]] = -1
        if stay:
            true[number], total[number] = sums[stay - 1], films[own[:stay]].sum()
    left = np.flatnonzero(family < 0)
    for row in left[np.lexsort((left, -films[left]))].tolist():
        after = true + films[row] * share[row]
        stays_true = (after >= _TRUE * (total + films[row])) & (total > 0)
        if stays_true.any():
            merit = share[row] + near[row] + after / (total + films[row])
            merit = np.where(stays_true, merit, -np.inf)
            number = int(merit.round(_DIGITS).argmax())
            family[row] = number
            true[number], total[number] = after[number], total[number] + films[row]
    return family


def _lasting(family: np.ndarray, films: np.ndarray, count: int) -> np.ndarray:
    """Whether each family lasts: two micro-genres or more, or one with many films."""
    own = family >= 0
    members = np.bincount(family[own], minlength=count)
    total = np.bincount(family[own], weights=films[own], minlength=count)
    lasting = (members >= 2) | (total >= _ALONE * films.sum() / count)
    return np.asarray(lasting & (members > 0))
