"""No two names look alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.naming.parsing import parse_name
from pipeline.label.naming.unique_names import TakenNames, compared_form, distinct_name
from tests.support.name_vocabulary import name_vocabulary, parts_of

VOCABULARY = name_vocabulary()


def test_order_number_and_inflection_do_not_tell_names_apart() -> None:
    taken = TakenNames(["Ghost & Vampire Horror"])
    assert "Vampires and Ghosts: Horror" in taken
    assert "Ghost Horror" not in taken
    assert compared_form("Vampir-Dramen", "de") == compared_form("Dramen: Vampire", "de")


def test_a_facet_tells_names_apart() -> None:
    taken = TakenNames(["Vampire Horror", "1970s Vampire Horror"])
    facets = parts_of(VOCABULARY, "decade:1970|country:IT").facets
    parts, name = distinct_name(parts_of(VOCABULARY, "vampire|Horror"), VOCABULARY, taken, facets)
    assert name == "Italian Vampire Horror"
    assert parts == parts_of(VOCABULARY, "vampire|Horror|country:IT")
    taken.add(name)
    _, name = distinct_name(parts_of(VOCABULARY, "vampire|Horror"), VOCABULARY, taken, facets)
    assert name == "1970s Italian Vampire Horror"


def test_a_number_is_the_last_resort() -> None:
    taken = TakenNames()
    names = []
    for _ in range(3):
        parts, name = distinct_name(parts_of(VOCABULARY, "Drama"), VOCABULARY, taken)
        assert parse_name(name, VOCABULARY) == parts
        taken.add(name)
        names.append(name)
    assert names == ["Dramas", "Dramas 2", "Dramas 3"]


@given(
    st.lists(
        st.sampled_from(["vampire|Horror", "ghost|Horror", "Drama", "Horror|country:IT"]),
        max_size=12,
    )
)
def test_all_names_are_unique(drawn: list[str]) -> None:
    taken = TakenNames()
    facets = parts_of(VOCABULARY, "country:IT|era:silent").facets
    forms = set()
    for keys in drawn:
        _, name = distinct_name(parts_of(VOCABULARY, keys), VOCABULARY, taken, facets)
        taken.add(name)
        forms.add(compared_form(name))
    assert len(forms) == len(drawn)
