"""A film goes to the nearest micro-genre whose name is true of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inference.known_films import KnownFilm
from pipeline.inference.shelf_rule import ShelfRule
from pipeline.schemas.release_manifest import ShelfLimits

LIMITS = ShelfLimits(reach=0.3, near_enough=0.9, untagged=0.8)
GHOSTS, COPS, SEA, HORROR, NINETIES, HINDI, PERSONS = range(7)
ROWS: list[dict[str, Any]] = [
    {"subjects": ["ghost"], "subject_terms": ["ghost", "haunted house"], "form_genres": ["Horror"]},
    {"subjects": ["cop"], "subject_terms": ["cop", "police officer"], "form_genres": ["Crime"]},
    {"subjects": ["sea"], "subject_terms": ["sea", "ship"]},
    {"form_genres": ["Horror"]},
    {"form_genres": ["Comedy"], "facets": ["decade:1990"]},
    {"form_genres": ["Horror", "Comedy"], "every_genre": True, "facets": ["language:hi"]},
    {},
]
LABELS = [{"cluster": cluster, **row} for cluster, row in enumerate(ROWS)]
UNKNOWN = frozenset({"genre", "decade", "era", "language", "country", "form"})


def film(text: str = "", *genres: str, **facts: Any) -> KnownFilm:
    facets = frozenset(facts.pop("facets", ()))
    unknown = UNKNOWN - {key.partition(":")[0] for key in facets} - ({"genre"} if genres else set())
    said = {"overview": text, "tagline": None, "keywords": facts.pop("keywords", [])}
    said["genres"] = list(genres)
    tagged = bool(said["keywords"])
    return KnownFilm(
        said, frozenset(genres), facets, unknown, "en", tagged, **{"thin": False, **facts}
    )


def place(own: KnownFilm, lenient: bool = False, rows: Any = None, **cosine: float) -> int:
    """The micro-genre of a film with these cosines to the centroids, 0 to others."""
    rows = LABELS if rows is None else rows
    names = {"ghosts": GHOSTS, "cops": COPS, "sea": SEA, "horror": HORROR, "persons": PERSONS}
    point = np.zeros(len(rows) + 1, np.float32)
    for name, value in cosine.items():
        point[names[name]] = value
    point[-1] = np.sqrt(max(0.0, 1 - float(point @ point)))
    centroids = np.eye(len(rows), len(point), dtype=np.float32)
    rule = ShelfRule(rows, centroids, LIMITS, lenient=lenient)
    (chosen,) = rule.choose(point[None], [own])
    return int(chosen)


class TestThemes:
    def test_the_nearest_one_whose_name_is_true_in_any_words(self) -> None:
        own = film("They buy a haunted house.", "Horror")
        assert place(own, ghosts=0.6, cops=0.5) == GHOSTS

    def test_another_one_takes_a_film_that_says_the_word_of_its_name(self) -> None:
        own = film("A cop meets a ghost.", "Crime")
        assert place(own, ghosts=0.6, cops=0.5) == COPS
        assert place(film("A police officer.", "Crime"), ghosts=0.6, cops=0.5) == GHOSTS

    def test_only_within_the_reach(self) -> None:
        own = film("A cop meets a ghost.", "Crime")
        assert place(own, ghosts=0.6, cops=0.31) == COPS
        assert place(own, ghosts=0.6, cops=0.29) == GHOSTS

    def test_a_near_one_takes_a_film_that_says_no_subject_but_has_the_genre(self) -> None:
        silent = film("They meet.", "Horror", keywords=["friend"])
        assert place(silent, ghosts=0.95) == GHOSTS
        assert place(silent, ghosts=0.85) == HORROR
        assert place(film("They meet.", "Horror"), ghosts=0.85) == GHOSTS, "without keywords"
        assert place(film("They meet.", "Crime"), ghosts=0.95) == GHOSTS, "nothing else is true"
        assert place(film("They meet.", "Comedy", "Horror"), cops=0.95) == HORROR

    def test_a_name_without_a_genre_holds_only_films_that_say_it(self) -> None:
        assert place(film("A ship is lost.", "Horror"), sea=0.5, ghosts=0.4) == SEA
        assert place(film("They meet.", "Horror"), sea=0.95) == HORROR
        assert place(film("The sea.", "Horror"), ghosts=0.5, sea=0.4) == HORROR

    def test_a_name_of_which_the_parts_are_not_known_holds_those_that_are_nearest(self) -> None:
        own = film("A ghost.", "Horror")
        assert place(own, persons=0.5, ghosts=0.4) == PERSONS
        assert place(own, ghosts=0.5, persons=0.4) == GHOSTS


class TestGeneral:
    def test_the_most_telling_genre_then_language_further_genre_and_time(self) -> None:
        decade = "decade:1990"
        comedy = film("They meet.", "Comedy", facets=[decade])
        assert place(comedy, sea=0.5) == NINETIES
        both = film("They meet.", "Comedy", "Horror", facets=[decade])
        assert place(both, sea=0.5) == HORROR
        hindi = film("They meet.", "Comedy", "Horror", facets=[decade, "language:hi"])
        assert place(hindi, sea=0.5) == HINDI

    def test_of_two_that_say_the_same_the_nearer_one(self) -> None:
        rows = [*LABELS[:4], {"cluster": 4, "form_genres": ["Horror"]}, *LABELS[5:]]
        own = film("They meet.", "Horror")
        assert place(own, rows=rows, sea=0.5, horror=0.2) == HORROR
        assert place(own, rows=rows, sea=0.5, horror=-0.2) == NINETIES

    def test_thin_films_are_in_no_theme(self) -> None:
        assert place(film("A ghost.", "Horror", thin=True), ghosts=0.99) == HORROR
        assert place(film("A ghost.", "Drama", thin=True), ghosts=0.99) == GHOSTS, "none is true"

    def test_a_release_with_no_theme_has_the_nearest_as_the_last_resort(self) -> None:
        rows = [{"cluster": 0, "form_genres": ["Drama"]}, {"cluster": 1, "form_genres": ["War"]}]
        assert place(film("They meet.", "Comedy"), rows=rows, cops=0.4) == COPS


class TestLenient:
    def test_what_is_not_known_is_no_reason_against_a_name(self) -> None:
        bare = film("A ghost.")
        assert place(bare, cops=0.5, ghosts=0.4) == GHOSTS, "a film without genres"
        rows = [LABELS[0] | {"facets": ["decade:1980"]}, *LABELS[1:]]
        assert place(bare, True, rows, cops=0.5, ghosts=0.4) == GHOSTS
        assert place(bare, False, rows, cops=0.5, ghosts=0.4) == COPS, "none is true of it"
        assert place(film("The sea."), True, cops=0.5, sea=0.4) == SEA, "no genre to be said"
        assert place(film("The sea."), False, cops=0.5, sea=0.4) == COPS

    def test_what_is_known_is(self) -> None:
        comedy = film("A ghost.", "Comedy")
        assert place(comedy, lenient=True, cops=0.5, ghosts=0.4) == COPS
        rows = [LABELS[0] | {"facets": ["decade:1980"]}, *LABELS[1:]]
        later = film("A ghost.", facets=["decade:1990"])
        assert place(later, True, rows, cops=0.5, ghosts=0.4) == COPS

    def test_a_text_alone_gets_a_theme_though_a_general_one_is_nearer(self) -> None:
        assert place(film("They meet."), lenient=True, horror=0.9, sea=0.3) == SEA


@pytest.mark.parametrize(
    ("own", "strict", "lenient"),
    [
        (film("A ghost.", "Horror"), True, True),
        (film("A ghost.", "Comedy"), False, False),
        (film("A ghost."), False, None),
        (film("A cop."), False, False),
    ],
)
def test_whether_a_name_is_true(own: KnownFilm, strict: bool, lenient: bool | None) -> None:
    centroids = np.eye(len(LABELS), dtype=np.float32)
    assert ShelfRule(LABELS, centroids, LIMITS).name_true(GHOSTS, own) is strict
    assert ShelfRule(LABELS, centroids, LIMITS, lenient=True).name_true(GHOSTS, own) is lenient
    assert ShelfRule(LABELS, centroids, LIMITS).name_true(PERSONS, own) is None


_POINTS = st.lists(st.floats(-1, 1, width=32), min_size=7, max_size=7).filter(any)


@given(points=st.lists(_POINTS, min_size=1, max_size=5))
def test_without_limits_the_nearest_takes_each_film(points: list[list[float]]) -> None:
    rows = np.array(points, np.float32)
    rule = ShelfRule(LABELS, np.eye(7, dtype=np.float32), None)
    films = [film("A ghost.", "Horror")] * len(rows)
    assert rule.choose(rows, films).tolist() == rows.argmax(1).tolist()


@given(points=st.lists(_POINTS, min_size=2, max_size=6), data=st.data())
def test_the_place_of_a_film_does_not_depend_on_the_others(
    points: list[list[float]], data: st.DataObject
) -> None:
    rows = np.array(points, np.float32)
    rows /= np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True).astype(np.float32)
    kinds = [film("A ghost.", "Horror"), film("A cop.", "Crime"), film("They meet.", "Comedy")]
    films = [data.draw(st.sampled_from(kinds)) for _ in points]
    rule = ShelfRule(LABELS, np.eye(7, dtype=np.float32), LIMITS)
    together = rule.choose(rows, films).tolist()
    alone = [int(rule.choose(rows[[n]], [own])[0]) for n, own in enumerate(films)]
    assert together == alone
