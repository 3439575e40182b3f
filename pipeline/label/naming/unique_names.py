"""No two printed names differ only in the order, number or inflection of their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.label.naming.grammar import print_name, printed_parts
from pipeline.label.naming.vocabulary import PartVocabulary
from pipeline.label.words.lexicon import normal_form
from pipeline.label.words.stop_words import stop_words_of
from pipeline.label.words.tokens import lemma, words_of
from pipeline.schemas.name_parts import NameParts

__all__ = ["TakenNames", "compared_form", "distinct_name"]


def compared_form(name: str, language: str = "en") -> frozenset[str]:
    """Return the lemmas by which names are compared; names with the same ones look alike.

    Parameters
    ----------
    name : str
        A printed name.
    language : str
        ISO 639-1 of the name.

    Examples
    --------
    >>> compared_form("Ghost & Vampire Horror") == compared_form("Horror of Vampires and Ghosts")
    True
    >>> compared_form("Films 2") == compared_form("Films")
    False
    """
    if language == "en":
        return normal_form(name)
    stops = stop_words_of(language)  # with digits, in some languages; "Films 2" is not "Films"
    words = [word for word in words_of(name) if word.isdigit() or word.lower() not in stops]
    return frozenset(lemma(word, language) for word in words)


class TakenNames:
    """The names that stand already, of micro-genres and of families beside them.

    Parameters
    ----------
    names : iterable of str
        Printed names.
    language : str
        ISO 639-1 of the names.

    Examples
    --------
    >>> taken = TakenNames(["Vampire Horror"])
    >>> "Vampires: Horror" in taken, "Vampire Comedies" in taken
    (True, False)
    """

    def __init__(self, names: Iterable[str] = (), language: str = "en") -> None:
        self.language = language
        self._forms = {compared_form(name, language) for name in names}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and compared_form(name, self.language) in self._forms

    def add(self, name: str) -> None:
        """Add a name."""
        self._forms.add(compared_form(name, self.language))

    def numbered(self, name: str) -> str:
        """Return the name, with the first free number from 2 on if it is taken."""
        if name not in self:
            return name
        number = 2
        while f"{name} {number}" in self:
            number += 1
        return f"{name} {number}"


def distinct_name(
    parts: NameParts,
    vocabulary: PartVocabulary,
    taken: TakenNames,
    facets: Iterable[int] = (),
    joiner: str = "&",
    extra: str = "",
) -> tuple[NameParts, str]:
    """Return parts and a name like no other one; the name is not added to `taken`.

    Parameters
    ----------
    parts : NameParts
        Parts of the name.
    vocabulary : PartVocabulary
        The parts of the catalogue.
    taken : TakenNames
        Names that stand already.
    facets : iterable of int
        Facets that are true of the shelf too, the most typical first: one of them, then two, tell
        it apart.
    joiner : str
        Between two subjects.
    extra : str
        Text of a user's file of words.

    Returns
    -------
    parts : NameParts
        What the name states.
    name : str
        The name; with a number if no facet tells it apart.
    """
    further = [facet for facet in dict.fromkeys(facets) if facet not in parts.facets]
    added: list[tuple[int, ...]] = [(), *((facet,) for facet in further)]
    added += [(one, other) for n, one in enumerate(further) for other in further[n + 1 :]]
    for facets_too in added:
        own = replace(parts, facets=(*parts.facets, *facets_too))
        name = print_name(own, vocabulary, taken.language, joiner, extra)
        if name not in taken:
            return printed_parts(own, vocabulary, taken.language, joiner, extra), name
    name = print_name(parts, vocabulary, taken.language, joiner, extra)
    return (
        printed_parts(parts, vocabulary, taken.language, joiner, extra),
        taken.numbered(name),
    )
