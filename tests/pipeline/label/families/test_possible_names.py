"""Names that families could have."""

from __future__ import annotations

import numpy as np

from pipeline.schemas.name_parts import NameParts
from tests.pipeline.label.families.shelved import genre, possible, subject


def share(films: dict[int, list[str]], name: NameParts) -> list[float]:
    found = possible(films)
    column = found.share[:, [found.names.index(name)]]
    return [float(value) for value in column.toarray()[:, 0].round(3)]


def test_a_genre_is_a_name_even_of_one_micro_genre_and_a_subject_of_two() -> None:
    films = {0: ["ghost|Horror"] * 3, 1: ["shark|Drama"] * 3, 2: ["ghost|Drama"] * 3}
    names = possible(films).names
    assert genre("Horror") in names
    assert subject("ghost") in names
    assert subject("shark") not in names


def test_shares_are_those_of_the_films_of_each_micro_genre() -> None:
    films = {0: ["Horror", "Horror", "Drama", "Drama"], 1: ["Horror"] * 2, 2: ["Crime"] * 2}
    assert share(films, genre("Horror")) == [0.5, 1.0, 0.0]


def test_two_genres_that_are_both_true_are_a_name() -> None:
    films = {0: ["Comedy|Drama"] * 3, 1: ["Comedy|Drama", "Comedy|Drama", "Comedy"], 2: ["Crime"]}
    name = NameParts((), tuple(sorted(genre("Comedy", "Drama").genres)), True)
    names = possible(films).names
    assert any(set(own.genres) == set(name.genres) and own.every_genre for own in names)


def test_one_of_two_genres_suffices_where_they_occur_together() -> None:
    films = {
        0: ["Crime|Western", "Crime|Western", "Crime"],
        1: ["Western|Crime", "Western", "Crime|Western"],
        2: ["Comedy"] * 4,
        3: ["Horror"] * 4,
        4: ["Drama"] * 4,
    }
    either = {frozenset(own.genres) for own in possible(films).names if not own.every_genre}
    assert frozenset(genre("Crime", "Western").genres) in either
    assert frozenset(genre("Comedy", "Horror").genres) not in either


def test_a_subject_that_is_a_genre_of_the_catalogue_is_no_name() -> None:
    films = {0: ["heist|Western"] * 3, 1: ["heist|Drama"] * 3}
    assert subject("heist") in possible(films).names
    assert subject("heist") not in possible(films, renamed={"heist": "western"}).names


def test_names_that_look_alike_or_share_a_genre_exclude_each_other() -> None:
    films = {
        0: ["Crime|Western", "Crime|Western", "Crime"],
        1: ["Western|Crime", "Western", "Crime|Western"],
        2: ["Comedy|ghost"] * 4,
        3: ["Horror|ghost"] * 4,
    }
    found = possible(films)
    crime = found.names.index(genre("Crime"))
    gone = {found.names[n] for n in found.excluded_by(crime).tolist()}
    assert genre("Crime") in gone
    assert all(set(name.genres) & set(genre("Crime").genres) for name in gone)
    assert any(len(name.genres) == 2 and not name.every_genre for name in gone)
    assert genre("Comedy") not in gone
    assert subject("ghost") not in gone


def test_partitions_of_the_films_change_nothing() -> None:
    films = {0: ["Comedy|Drama"] * 5, 1: ["Comedy|Drama", "Drama"] * 2, 2: ["Crime|ghost"] * 3}
    one, many = possible(films), possible(films, partitions=4)
    assert one.names == many.names
    assert np.array_equal(one.share.toarray(), many.share.toarray())


def test_a_catalogue_without_parts_has_no_names() -> None:
    found = possible({0: [""] * 3, 1: [""] * 2})
    assert found.names == []
    assert found.share.shape == (2, 0)
