from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.cluster.scale import adapt, leaf_films, min_films
from pipeline.settings import ClusterSettings

FILMS = st.integers(1, 2_000_000)


@given(FILMS, FILMS)
def test_larger_catalogues_have_clusters_at_least_as_large(first: int, second: int) -> None:
    few, many = sorted((first, second))
    auto = ClusterSettings()
    assert 10 <= leaf_films(auto, few) <= leaf_films(auto, many) <= 48
    assert 2 <= min_films(auto, few) <= min_films(auto, many) <= 5
    assert few / leaf_films(auto, few) <= many / leaf_films(auto, many) + 1  # and as many of them


@given(FILMS, st.integers(2, 10_000), st.integers(1, 50))
def test_sizes_of_the_settings_are_kept(films: int, leaf: int, fewest: int) -> None:
    settings = ClusterSettings(leaf_films=leaf, min_films=fewest)
    assert adapt(settings, films) == settings


@given(FILMS)
def test_adapted_settings_have_numbers_and_stay_as_they_are(films: int) -> None:
    once = adapt(ClusterSettings(), films)
    assert isinstance(once.leaf_films, int)
    assert isinstance(once.min_films, int)
    assert adapt(once, 10 * films) == once


def test_the_size_changes_smoothly() -> None:
    sizes = [leaf_films(ClusterSettings(), films) for films in range(50, 6_000)]
    assert max(b - a for a, b in pairwise(sizes)) <= 1


def test_twenty_films_are_one_or_two_clusters() -> None:
    assert 1 <= 20 / leaf_films(ClusterSettings(), 20) <= 2
