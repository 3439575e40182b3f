"""What a name states."""

from __future__ import annotations

from pipeline.label.naming.printed import (
    ends_in_form,
    fewer_parts,
    said_words,
    without_repetition,
)
from pipeline.schemas.name_parts import NameParts
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()


def test_words_of_a_subject() -> None:
    assert said_words("serial killers") == ("serial", "killer")
    assert said_words("based on novel or book") == ()
    assert ends_in_form(("civil", "war"), "War Films")
    assert not ends_in_form(("war",), "War Films")


def test_parts_are_stated_in_the_order_of_the_name() -> None:
    parts = parts_of(VOCABULARY, "haunted house|nun|country:FR|decade:1970|Comedy|Romance", True)
    assert without_repetition(parts, VOCABULARY) == parts_of(
        VOCABULARY, "nun|haunted house|decade:1970|country:FR|Romance|Comedy", True
    )


def test_words_go_with_their_subjects() -> None:
    parts = parts_of(VOCABULARY, "police officer|ghost")
    cop = next(part.number for part in VOCABULARY.words if part.key == "cop")
    own = NameParts(parts.subjects, words=(cop, parts.subjects[1]))
    assert without_repetition(own, VOCABULARY).words == own.words


def test_shorter_names_are_more_and_more_general() -> None:
    parts = parts_of(VOCABULARY, "nun|decade:1970|country:FR|Romance|Comedy", True)
    shorter = list(fewer_parts(parts))
    sizes = [len(own.all_numbers) for own in shorter]
    assert sizes == [4, 3, 2, 2, 0]
    assert all(own.is_true_of(set(parts.all_numbers)) for own in shorter)
