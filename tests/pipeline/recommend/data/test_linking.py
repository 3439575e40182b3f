"""Films of two lists linked by ids that agree, else by title and year; and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.recommend.data.linking import FilmList, Linking, link_lists


def link(
    films: Sequence[tuple[str | None, int | None]],
    others: Sequence[tuple[str | None, int | None]],
    ids: tuple[Sequence[str | None], Sequence[str | None]] | None = None,
    kind: str = "tmdb",
) -> tuple[list[int], Linking]:
    """Link lists of title and year, with ids of one authority."""
    left, right = ({kind: one} for one in ids) if ids else ({}, {})
    rows, linking = link_lists(
        FilmList([t for t, _ in films], [y for _, y in films], left),
        FilmList([t for t, _ in others], [y for _, y in others], right),
    )
    return rows.tolist(), linking


@pytest.mark.parametrize(
    ("film", "other", "linked"),
    [
        (("Waltz Nine, The", 2001), ("The Waltz Nine", 2001), True),
        (("Café Salt", 1995), ("CAFE SALT", 1995), True),
        (("Salt (a.k.a. The Lamp)", 1995), ("The Lamp", 1995), True),
        (("Lost Salt, The (Sel perdu, Le)", 1995), ("Le Sel perdu", 1995), True),
        (("Salt", 1995), ("Salt", 1996), True),
        (("Salt", 1995), ("Salt", 1997), False),
        (("Salt", None), ("Salt", 1995), False),
        (("Salt", 1995), ("Salt", None), False),
        (("Salt", 1995), ("Lamp", 1995), False),
        ((None, 1995), (None, 1995), False),
        (("???", 1995), ("!!!", 1995), False),
    ],
)
def test_titles_and_years(
    film: tuple[str | None, int | None], other: tuple[str | None, int | None], linked: bool
) -> None:
    rows, linking = link([film], [("Other", 1950), other])
    assert rows == ([1] if linked else [-1])
    assert linking.by_title == linked and linking.by_id == 0


def test_titles_that_several_films_have_are_not_linked() -> None:
    assert link([("Emma", 1996), ("Emma", 1996)], [("Emma", 1996)])[0] == [-1, -1]
    assert link([("Emma", 1996)], [("Emma", 1996), ("Emma", 1996)])[0] == [-1]
    assert link([("Emma", 1996)], [("Emma", 1995), ("Emma", 1997)])[0] == [-1]
    assert link([("Emma", 1996), ("Emma", 1997)], [("Emma", 1997)])[0] == [-1, 0]


def test_ids_link_films_of_other_titles_and_contradict_titles() -> None:
    films = [("Salt", 1995), ("Salz", 1995), ("Lamp", 1996), ("Door", 1990)]
    others = [("Salt", 1995), ("Salt Road", 1996), ("Lamp", 1996), ("Door", 1990)]
    rows, linking = link(films, others, (["1", "2", "9", None], ["1", "2", "3", "4"]))
    assert rows == [0, 1, -1, 3], "Lamp has another id, so it is another film"
    assert (linking.by_id, linking.by_title) == (2, 1)


def test_numbers_of_another_file_link_nothing() -> None:
    films = [("Salt", 1995), ("Lamp", 1970), ("Door", 1990)]
    others = [("War", 2010), ("Sea", 2020), ("Door", 1990)]
    rows, linking = link(films, others, (["1", "2", "3"], ["1", "2", "4"]))
    assert rows == [-1, -1, 2] and linking.by_title == 1 and linking.other_ids == "1"


def test_warnings_say_why() -> None:
    assert Linking(9, 5, 0, have_ids=True, other_ids=None).warnings(0.5) == []
    (none,) = Linking(9, 0, 0, have_ids=False, other_ids=None).warnings(0.0)
    assert "none of the 9 films is linked" in none and "there is no links.csv" in none
    (other,) = Linking(9, 0, 0, have_ids=True, other_ids="f12").warnings(0.0)
    assert "of another kind" in other and "f12" in other
    (few,) = Linking(9, 1, 0, have_ids=True, other_ids=None).warnings(0.04)
    assert "only 1 of 9 films, with 4% of the ratings" in few
