"""Choice of one name for each cluster, so that no two clusters have the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
import pyarrow as pa

from pipeline.label.naming.unique_names import compared_form
from pipeline.schemas.name_parts import NameParts, name_parts_of

__all__ = [
    "ChosenName",
    "NameCandidates",
    "best_proposals",
    "lasting_names",
    "many_nameless",
    "nameless_clusters",
    "numbered_name",
    "own_margins",
    "split_names",
]

_NEAREST = 1.0  # worth of a name that is nearest to the centroid of its own cluster
_FEW = 0.35  # a name that is true of a smaller share of the films is no name
_NAMELESS = 3  # where more than one in three clusters has no name, names say little
_GRADUAL = 0.02  # margin, in cosine, between which and its negative that worth grows
_MARGIN = 1.0  # worth of its margin, per cosine


def nameless_clusters(proposals: pa.Table, k: int) -> list[int]:
    """Return the clusters for which no name is left that says something true.

    The best proposals of all clusters are taken first. A cluster is nameless if other clusters have
    all its names, or if the name that is left is true of few of its films.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters, `final`.
    k : int
        Number of clusters.

    Returns
    -------
    list of int
        In the order of their numbers. Empty if there would be more than a third of all clusters:
        names say little about such a catalogue.
    """
    whole = proposals.column("whole").to_numpy()
    chosen = _take_proposals(proposals)
    nameless = [
        cluster for cluster in range(k) if cluster not in chosen or whole[chosen[cluster]] < _FEW
    ]
    return nameless if _NAMELESS * len(nameless) <= k else []


def lasting_names(
    proposals: pa.Table, k: int, least: int, taken: Collection[NameParts] = ()
) -> list[NameParts]:
    """Return the name of each cluster that can keep its films, the best proposals of all first.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters, `final`.
    k : int
        Number of clusters.
    least : int
        Fewest films of a shelf.
    taken : collection of NameParts
        Names that no cluster may have.

    Returns
    -------
    list of NameParts
        By cluster, no two alike. A name without parts: the cluster has fewer films, other clusters
        have its names, or its name has no subject or is true of few films.
    """
    names, whole = name_parts_of(proposals), proposals.column("whole").to_numpy()
    films = proposals.column("films").to_numpy()
    chosen = _take_proposals(proposals, taken)
    found = [NameParts()] * k
    for cluster, row in chosen.items():
        if names[row].subjects and whole[row] >= _FEW and films[row] >= least:
            found[cluster] = names[row]
    return found


def many_nameless(proposals: pa.Table, names: Sequence[NameParts]) -> bool:
    """Return whether more than a third of the clusters with films have names without parts.

    Names say little about such a catalogue; its films stay where they are.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of all clusters.
    names : sequence of NameParts
        Result of `lasting_names`.
    """
    with_films = np.unique(proposals.column("cluster").to_numpy()).tolist()
    nameless = sum(not names[cluster].all_numbers for cluster in with_films)
    return _NAMELESS * nameless > len(with_films)


def split_names(
    proposals: pa.Table, least: int, taken: Collection[NameParts]
) -> dict[int, NameParts]:
    """Return names of shelves that are split off: films that left a cluster and have one in common.

    Parameters
    ----------
    proposals : pa.Table
        PROPOSED_NAMES of the films that left each cluster, `final`.
    least : int
        Fewest films of a shelf.
    taken : collection of NameParts
        Names of other shelves.

    Returns
    -------
    dict of int to NameParts
        By the cluster that the films left; no two alike. A name has a subject and a genre, and is
        true of at least `least` films.
    """
    names = name_parts_of(proposals)
    films = proposals.column("films").to_numpy() * proposals.column("whole").to_numpy()
    known = {_key(name) for name in taken}
    usable = [
        bool(name.subjects and name.genres) and films[row] >= least and _key(name) not in known
        for row, name in enumerate(names)
    ]
    usable_proposals = proposals.filter(pa.array(usable, pa.bool_()))
    left = name_parts_of(usable_proposals)
    return {cluster: left[row] for cluster, row in _take_proposals(usable_proposals).items()}


@dataclass(frozen=True)
class ChosenName:
    """The name of one group.

    Attributes
    ----------
    parts : NameParts
        What it says; no parts for a name of a person in other words.
    printed : str
        The name.
    source : str
        "mined", "kept" (of the release before), "namer" or "person".
    """

    parts: NameParts
    printed: str
    source: str = "mined"


@dataclass(frozen=True)
class NameCandidates:
    """Names from which one is chosen for each group.

    Attributes
    ----------
    clusters : sequence of int
        Group of each candidate.
    values : ndarray of shape (n_candidates,), float64
        How good each is, `value` of PROPOSED_NAMES.
    parts : sequence of NameParts
        What each says.
    printed : sequence of str
        Each as printed.
    margins : ndarray of shape (n_candidates,), float
        Result of `own_margins`.
    taken : collection of str
        Names that no group may have, such as those of the level below.
    language : str
        Language of the names.
    """

    clusters: Sequence[int]
    values: np.ndarray
    parts: Sequence[NameParts]
    printed: Sequence[str]
    margins: np.ndarray
    taken: Collection[str] = ()
    language: str = "en"

    def choose(self, groups: int, fixed: Mapping[int, ChosenName]) -> list[ChosenName]:
        """Choose a name for each group; no two have the same `compared_form`.

        Parameters
        ----------
        groups : int
            Number of groups.
        fixed : Mapping of int to ChosenName
            Names of groups that have one already.

        Returns
        -------
        list of ChosenName
            By group. A group whose candidates other groups have gets its best one with a number.
        """
        forms = {compared_form(name, self.language) for name in self.taken}
        forms.update(compared_form(name.printed, self.language) for name in fixed.values())
        near = np.clip((self.margins + _GRADUAL) / (2 * _GRADUAL), 0, 1)
        merit = self.values + _NEAREST * near + _MARGIN * self.margins
        free = [row for row, cluster in enumerate(self.clusters) if cluster not in fixed]
        keys = [compared_form(self.printed[row], self.language) for row in free]
        best = _take_best([self.clusters[row] for row in free], merit[free], keys, forms)
        chosen = {
            group: ChosenName(self.parts[free[n]], self.printed[free[n]])
            for group, n in best.items()
        }
        chosen.update(fixed)
        forms.update(compared_form(name.printed, self.language) for name in chosen.values())
        for group in range(groups):
            if group not in chosen:
                first = self._first_of(group)
                name = numbered_name(first.printed, forms, self.language)
                forms.add(compared_form(name, self.language))
                chosen[group] = replace(first, printed=name)
        return [chosen[group] for group in range(groups)]

    def alternatives(self, chosen: Sequence[ChosenName], count: int) -> list[list[str]]:
        """Return further names of each group, the best first, that no group has.

        Parameters
        ----------
        chosen : sequence of ChosenName
            The name of each group.
        count : int
            Most alternatives of a group.
        """
        used = {compared_form(name.printed, self.language) for name in chosen}
        used.update(compared_form(name, self.language) for name in self.taken)
        found: list[list[str]] = [[] for _ in chosen]
        own: list[set[frozenset[str]]] = [set() for _ in chosen]
        for row in sorted(range(len(self.clusters)), key=lambda n: (-self.values[n], n)):
            group, form = self.clusters[row], compared_form(self.printed[row], self.language)
            if len(found[group]) < count and form not in used and form not in own[group]:
                found[group].append(self.printed[row])
                own[group].add(form)
        return found

    def _first_of(self, group: int) -> ChosenName:
        rows = [row for row, cluster in enumerate(self.clusters) if cluster == group]
        row = max(rows, key=lambda n: (self.values[n], -n), default=None)
        if row is None:
            return ChosenName(NameParts(), "Films")
        return ChosenName(self.parts[row], self.printed[row])


def numbered_name(name: str, forms: Collection[frozenset[str]], language: str = "en") -> str:
    """Return the name, with a number if its `compared_form` is among `forms`."""
    if compared_form(name, language) not in forms:
        return name
    number = next(n for n in count(2) if compared_form(f"{name} {n}", language) not in forms)
    return f"{name} {number}"


def best_proposals(proposals: pa.Table, most: int) -> pa.Table:
    """Return the first `most` proposals of each cluster; they are sorted by cluster and value."""
    clusters = proposals.column("cluster").to_numpy()
    starts = np.flatnonzero(np.diff(clusters, prepend=-1))
    rank = np.arange(len(clusters)) - np.repeat(starts, np.diff([*starts, len(clusters)]))
    return proposals.filter(pa.array(rank < most))


def own_margins(
    clusters: np.ndarray, name_vectors: np.ndarray, centroids: np.ndarray
) -> np.ndarray:
    """Return how much nearer names are to the centroid of their cluster than to any other.

    Parameters
    ----------
    clusters : ndarray of shape (n_names,), integer
        Cluster of each name.
    name_vectors : ndarray of shape (n_names, dim), float32
        Unit vectors of the names.
    centroids : ndarray of shape (k, dim), float32
        Unit mean text vector of each cluster.

    Returns
    -------
    ndarray of shape (n_names,), float32
        Cosine to the own centroid minus the highest one to another; the cosine itself if k is 1.
    """
    cosine = name_vectors @ centroids.T
    rows = np.arange(len(clusters))
    own = cosine[rows, clusters].copy()
    if len(centroids) < 2:
        return np.asarray(own)
    cosine[rows, clusters] = -np.inf
    return np.asarray(own - cosine.max(1))


def _take_proposals(proposals: pa.Table, taken: Collection[NameParts] = ()) -> dict[int, int]:
    """Take proposals by value, no two names alike; return row by cluster."""
    keys = [_key(name) for name in name_parts_of(proposals)]
    clusters = proposals.column("cluster").to_pylist()
    used = {_key(name) for name in taken}
    return _take_best(clusters, proposals.column("value").to_numpy(), keys, used)


def _key(name: NameParts) -> tuple[object, ...]:
    return frozenset(name.subjects), frozenset(name.genres), name.facets


def _take_best(
    clusters: Sequence[int], value: np.ndarray, keys: Sequence[object], taken: Collection[object]
) -> dict[int, int]:
    """Take rows by value, at most one of a cluster and one of a key; return row by cluster."""
    chosen: dict[int, int] = {}
    used = set(taken)
    # rounding: what differs in the last digits only must not depend on the kind of CPU
    order = sorted(range(len(clusters)), key=lambda n: (-round(float(value[n]), 6), clusters[n], n))
    for row in order:
        if clusters[row] not in chosen and keys[row] not in used:
            chosen[clusters[row]] = row
            used.add(keys[row])
    return chosen
