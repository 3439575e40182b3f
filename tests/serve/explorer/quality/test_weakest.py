"""The weakest micro-genres and their films."""

from __future__ import annotations

from pathlib import Path

from serve.catalogue.catalogue import Catalogue
from serve.explorer.quality.weakest import find_weakest


def test_the_micro_genre_with_a_false_name_is_first_with_its_untrue_films(
    catalogue: Catalogue,
) -> None:
    first = find_weakest(catalogue, catalogue.micro_genres(), 2)[0]
    assert first.genre["cluster"] == 0  # the only one with measured name truth, 0.5
    assert first.untrue == 0.5
    assert [film["name_true"] for film in first.films] == [False] * len(first.films)
    assert {film["cluster"] for film in first.films} == {0}


def test_without_name_truth_weak_films_decide(earlier_release: Path) -> None:
    catalogue = Catalogue(earlier_release)
    found = find_weakest(catalogue, catalogue.micro_genres(), 10)
    assert {row.untrue for row in found} == {None}
    assert len(found) == len({row.genre["cluster"] for row in found}) > 1
