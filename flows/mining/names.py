"""The step that names the groups of films of a level: propose, check, keep, choose."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from flows.mining.embed import embed_terms
from flows.mining.naming_parts import NamingParts, propose_names
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs, add_to_all, piece_per_partition
from pipeline import label
from pipeline.label.naming.grammar import stated_name
from pipeline.label.naming.parsing import parse_name
from pipeline.label.naming.unique_names import compared_form
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.shelves import (
    PROPOSED_NAMES,
    ChosenName,
    NameCandidates,
    NameTruth,
    add_truth,
    check_names,
    numbered_name,
    own_margins,
)
from pipeline.schemas.name_parts import NameParts, name_parts_of, shelf_table
from pipeline.schemas.vectors import matrix_of

__all__ = ["GroupNames", "NamingLevel", "PreviousName", "name_groups"]

_TRUE = 0.6  # share of the films for which a kept or suggested name is true
_EMBEDDED = 32  # names of a group compared with its centroid; others are hardly ever chosen
_ALTERNATIVES = 2


@dataclass(frozen=True)
class PreviousName:
    """The name of a group in the release before.

    Attributes
    ----------
    name : str
        The name.
    by_person : bool
        Whether a person set it: it stays, whatever is true.
    """

    name: str
    by_person: bool = False


@dataclass(frozen=True)
class NamingLevel:
    """What is named: the micro-genres, or the families above them.

    Attributes
    ----------
    prefix : str
        Prefix of the names of the stages of this level.
    assigned : tuple of FileRef
        ASSIGNMENTS of each partition; `cluster` is the group of this level.
    groups : int
        Number of groups.
    sure : ndarray of shape (n_films,), float32
        How surely each film belongs to its group, see `margin_weights`.
    taken : collection of str
        Names that no group of this level may have.
    previous : Mapping of int to PreviousName
        Name in the release before, of each group that continues one.
    suggest : callable, optional
        Returns further names by group, the best first.
    given : Mapping of int to NameParts
        Groups that have a name already: of films without a theme, and families.
    """

    prefix: str
    assigned: Refs
    groups: int
    sure: np.ndarray
    taken: Collection[str] = ()
    previous: Mapping[int, PreviousName] = field(default_factory=dict)
    suggest: Callable[[], Mapping[int, Sequence[str]]] | None = None
    given: Mapping[int, NameParts] = field(default_factory=dict)


@dataclass(frozen=True)
class GroupNames:
    """Names of the groups of a level, by group.

    Attributes
    ----------
    chosen : list of ChosenName
        The name of each group.
    alternatives : list of list of str
        Further names, the best first.
    truth : list of NameTruth
        Of how many films each name is true.
    name_true : tuple of FileRef
        For each partition, whether the name is true of each film.
    fresh : list of str
        Names without regard to a release before.
    vectors : pa.Table
        Columns term and vector of the names.
    """

    chosen: list[ChosenName]
    alternatives: list[list[str]]
    truth: list[NameTruth]
    name_true: Refs
    fresh: list[str]
    vectors: pa.Table

    @property
    def names(self) -> list[str]:
        """The names, as printed."""
        return [name.printed for name in self.chosen]


def name_groups(
    run: RunContext,
    level: NamingLevel,
    parts: NamingParts,
    vocabulary: PartVocabulary,
    text_means: pa.Table,
) -> GroupNames:
    """Choose a name for each group.

    A name of a person stays. A group of films without a theme has its own name. A previous name
    stays while it, and each of its parts, is true of 60 % of the films, unless it lacks a subject
    or a genre that the new name has. Then comes a name that the namer suggests, if it is as true.
    Of the proposals, names that are nearest to the centroid of their own group are preferred.
    """
    naming = _Naming(run, level, parts, vocabulary)
    candidates, vectors = naming.candidates(text_means)
    suggested: dict[int, ChosenName] = {}
    if level.suggest is not None:
        suggested = naming.true_names(level.suggest(), "namer")
    given = naming.given_names()
    fresh = candidates.choose(level.groups, naming.distinct(given, suggested))
    persons, kept = naming.persons_names(), naming.kept_names(fresh)
    chosen = fresh
    if persons or kept:
        fixed = naming.distinct(persons, given, kept, suggested)
        chosen = candidates.choose(level.groups, fixed)
    names = [name.printed for name in chosen]
    truth, name_true = naming.check([name.parts for name in chosen], "name-truth")
    return GroupNames(
        chosen,
        candidates.alternatives(chosen, _ALTERNATIVES),
        truth,
        name_true,
        [name.printed for name in fresh],
        naming.embed(names, "chosen-names", vectors),
    )


@dataclass(frozen=True)
class _Naming:
    """What all names of a level have in common."""

    run: RunContext
    level: NamingLevel
    parts: NamingParts
    vocabulary: PartVocabulary

    @property
    def language(self) -> str:
        """Language of the names."""
        return self.parts.language

    def candidates(self, text_means: pa.Table) -> tuple[NameCandidates, pa.Table]:
        """Propose names; return them, and the vectors of their printed forms."""
        key, groups = f"{self.level.prefix}final", self.level.groups
        if self.level.prefix and len(self.level.given) == groups:  # all families have names
            proposals = PROPOSED_NAMES.empty_table()
        else:
            proposals = propose_names(
                self.run,
                key,
                self.parts,
                self.level.assigned,
                self.level.sure,
                groups,
                final=True,
                family=bool(self.level.prefix),
            )
        stated = self.print_all(name_parts_of(proposals))
        clusters = proposals.column("cluster").to_numpy()
        rows = _best_names(clusters, [name for _, name in stated], _EMBEDDED)
        printed = [stated[row][1] for row in rows]
        vectors = self.embed(printed, "names", None)
        margins = own_margins(
            clusters[rows], label.vectors_of_names(vectors, printed), matrix_of(text_means)
        )
        candidates = NameCandidates(
            clusters[rows].tolist(),
            proposals.column("value").to_numpy()[rows],
            [stated[row][0] for row in rows],
            printed,
            margins,
            self.level.taken,
            self.language,
        )
        return candidates, vectors

    def print_all(self, names: Sequence[NameParts]) -> list[tuple[NameParts, str]]:
        """Return what each name states, and the name; many groups have names in common."""
        known: dict[tuple[object, ...], tuple[NameParts, str]] = {}
        keys = [(name, name.words) for name in names]
        for name, key in zip(names, keys, strict=True):
            if key not in known:
                known[key] = stated_name(
                    name, self.vocabulary, self.language, extra=self.parts.lexicon
                )
        return [known[key] for key in keys]

    def given_names(self) -> dict[int, ChosenName]:
        """Return the names of the groups that have one already."""
        printed = self.print_all(list(self.level.given.values()))
        return {
            group: ChosenName(*name) for group, name in zip(self.level.given, printed, strict=True)
        }

    def persons_names(self) -> dict[int, ChosenName]:
        """Return the previous names that a person set."""
        return {
            group: ChosenName(self.parse(before.name) or NameParts(), before.name, "person")
            for group, before in self.level.previous.items()
            if before.by_person
        }

    def kept_names(self, fresh: Sequence[ChosenName]) -> dict[int, ChosenName]:
        """Return the previous names that are still true, and say no less than the new ones."""
        others = {
            group: [before.name]
            for group, before in self.level.previous.items()
            if not before.by_person and group not in self.level.given
        }
        return {
            group: name
            for group, name in self.true_names(others, "kept").items()
            if bool(name.parts.subjects) >= bool(fresh[group].parts.subjects)
            and bool(name.parts.genres) >= bool(fresh[group].parts.genres)
        }

    def distinct(self, *sources: Mapping[int, ChosenName]) -> dict[int, ChosenName]:
        """Return the names that stand before others are chosen, no two of them alike.

        Of two names of a group, or two names that look alike, that of the first source stands. The
        second of two that look alike is left out; if it is that of a person or of films without a
        theme, it gets a number.
        """
        found: dict[int, ChosenName] = {}
        forms = {compared_form(name, self.language) for name in self.level.taken}
        for source in sources:
            for group, name in sorted(source.items()):
                form = compared_form(name.printed, self.language)
                must = name.source == "person" or group in self.level.given
                if group in found or (form in forms and not must):
                    continue
                printed = name.printed
                if name.source != "person":
                    printed = numbered_name(printed, forms, self.language)
                found[group] = replace(name, printed=printed)
                forms.add(compared_form(printed, self.language))
        return found

    def true_names(self, names: Mapping[int, Sequence[str]], source: str) -> dict[int, ChosenName]:
        """Return the first name of each group that is true of 60 % of its films."""
        found: dict[int, ChosenName] = {}
        used = {compared_form(name, self.language) for name in self.level.taken}
        for rank in range(max(map(len, names.values()), default=0)):
            tried: dict[int, ChosenName] = {}
            for group, own in sorted(names.items()):
                parts = self.parse(own[rank]) if rank < len(own) and group not in found else None
                if parts is not None:
                    tried[group] = ChosenName(parts, own[rank], source)
            checked = [
                tried[n].parts if n in tried else NameParts() for n in range(self.level.groups)
            ]
            truth, _ = self.check(checked, f"{source}-{rank}")
            for group, name in tried.items():
                form = compared_form(name.printed, self.language)
                if truth[group].all_at_least(_TRUE) and form not in used:
                    found[group] = name
                    used.add(form)
        return found

    def check(self, names: Sequence[NameParts], key: str) -> tuple[list[NameTruth], Refs]:
        """Check one name of each group against its films."""
        name = f"{self.level.prefix}{key}"
        pieces = piece_per_partition(
            ("film_parts", self.parts.film_parts), ("assignments", self.level.assigned)
        )
        shelves = self.run.put(f"{name}-shelves", "all", shelf_table(names))
        pieces = add_to_all(pieces, {"shelves": (shelves,)}, {"width": self.parts.width})
        result = self.run.stage(check_names, pieces, name=name, shown=False)
        return add_truth(map(self.run.read, result.refs("truth")), names), result.refs("name_true")

    def parse(self, name: str) -> NameParts | None:
        """Return the parts of a name, or None if it has words that cannot be checked."""
        return parse_name(name, self.vocabulary, self.language, self.parts.lexicon)

    def embed(self, names: Iterable[str], stage: str, vectors: pa.Table | None) -> pa.Table:
        """Embed the names that have no vector yet; return the vectors of all."""
        missing = label.missing_names(names, vectors)
        new = embed_terms(self.run, missing, f"{self.level.prefix}{stage}")
        return label.add_name_vectors(vectors, self.run.read(new))


def _best_names(clusters: np.ndarray, printed: Sequence[str], most: int) -> list[int]:
    """Rows of the first `most` different names of each group; they are sorted, best first."""
    seen: set[tuple[int, str]] = set()
    found: dict[int, int] = {}
    rows: list[int] = []
    for row, (group, name) in enumerate(zip(clusters.tolist(), printed, strict=True)):
        if (group, name) not in seen and found.get(group, 0) < most:
            seen.add((group, name))
            found[group] = found.get(group, 0) + 1
            rows.append(row)
    return rows
