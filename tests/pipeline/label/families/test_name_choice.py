"""The choice of the names of families."""

from __future__ import annotations

import numpy as np

from pipeline.label.families.name_choice import NameValues, choose_names
from pipeline.schemas.name_parts import NameParts
from tests.pipeline.label.families.shelved import genre, possible, sizes_of
from tests.pipeline.label.shelves.parts_of_films import angles

FILMS = {
    0: ["ghost|Horror"] * 9,
    1: ["vampire|Horror"] * 9,
    2: ["Crime"] * 5,
    3: ["Crime"] * 4,
    4: ["Drama"] * 2,
}
AT = angles(0, 20, 120, 140, 240)


def chosen(films: dict[int, list[str]], at: np.ndarray, count: int) -> list[NameParts]:
    found = possible(films)
    values = NameValues.of(found, at, sizes_of(films).astype(float))
    return [found.names[n] for n in choose_names(found, values, count).tolist()]


def test_the_name_of_most_films_is_chosen_first() -> None:
    assert chosen(FILMS, AT, 1) == [genre("Horror")]
    assert chosen(FILMS, AT, 2) == [genre("Horror"), genre("Crime")]


def test_no_name_is_chosen_that_adds_nothing() -> None:
    assert set(chosen(FILMS, AT, 9)) == {genre("Horror"), genre("Crime"), genre("Drama")}


def test_a_name_is_exchanged_for_one_that_says_more_beside_the_others() -> None:
    """Comedies hold most at first; beside the two others they add less than Dramas do."""
    films = {
        0: ["Comedy|Horror"] * 6,
        1: ["Comedy|Horror"] * 6,
        2: ["Comedy|Crime"] * 6,
        3: ["Comedy|Crime"] * 6,
        4: ["Drama"] * 5,
        5: ["Drama"] * 5,
    }
    names = chosen(films, angles(0, 5, 120, 125, 240, 245), 3)
    said = {frozenset(name.genres) for name in names}
    assert said >= {frozenset(genre("Drama").genres)}
    assert len(said) == 3
    assert frozenset(genre("Comedy").genres) not in said


def test_a_name_is_worth_nothing_where_it_is_true_of_few_films() -> None:
    films = {**FILMS, 5: ["Drama", "Drama", "Drama|Western"] * 3}
    found = possible(films)
    values = NameValues.of(found, np.vstack([AT, angles(250)]), sizes_of(films).astype(float))
    value = values.value.toarray()
    assert (value[values.share.toarray() == 0] == 0).all()
    assert value.min() >= 0
    horror = found.names.index(genre("Horror"))
    assert value[:2, horror].min() > 0
    assert not value[2:, horror].any()
