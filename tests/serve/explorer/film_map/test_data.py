"""The data of the map, as its module in the browser reads them."""

from __future__ import annotations

from base64 import b64decode

import numpy as np

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import Filters
from serve.explorer.film_map.data import LARGEST, UNKNOWN, map_data, placed_films


def test_each_film_with_a_place_is_on_the_map_once(catalogue: Catalogue) -> None:
    rows, positions = placed_films(catalogue)
    data = map_data(catalogue)
    assert data is not None
    sent = np.frombuffer(b64decode(data["rows"]), "<u4")
    assert sent.tolist() == rows.tolist() == sorted(set(rows.tolist()))
    places = np.frombuffer(b64decode(data["positions"]), "<u2").reshape(-1, 2)
    assert (places == positions).all()
    assert places.min() == 0
    assert places.max() == LARGEST
    ids = catalogue.released_films().column("movie_id").to_pylist()
    assert data["ids"] == [ids[row] for row in rows]


def test_adult_titles_are_not_on_the_map(catalogue: Catalogue) -> None:
    rows, _ = placed_films(catalogue)
    assert not set(rows.tolist()) & set(catalogue.find_rows(Filters(adult=True)).tolist())
    assert len(rows) == catalogue.count(Filters(adult=False))


def test_clusters_number_the_micro_genres_of_the_films(catalogue: Catalogue) -> None:
    data = map_data(catalogue)
    assert data is not None
    numbers = np.frombuffer(b64decode(data["clusters"]), "<u2")
    for place in (0, len(numbers) // 2, len(numbers) - 1):
        film = catalogue.film(data["ids"][place])
        assert data["genres"][numbers[place]]["name"] == film["micro_genre_name"]
    assert sum(label["films"] for label in data["families"]) == len(numbers)


def test_ranges_of_years_have_an_order_and_each_film_is_in_its_own(catalogue: Catalogue) -> None:
    data = map_data(catalogue)
    assert data is not None
    years = data["colourings"]["year"]
    numbers = np.frombuffer(b64decode(years["films"]), "u1")
    known = [value for value in years["values"] if value != UNKNOWN]
    assert years["ordered"]
    assert known == sorted(known)
    rows, _ = placed_films(catalogue)
    found = catalogue.released_films().column("year").take(rows).to_pylist()
    for number, year in zip(numbers, found, strict=True):
        value = years["values"][number]
        if year is None:
            assert value == UNKNOWN
        else:
            edges = [int(edge) for edge in value.split(" \u2013 ")]
            assert edges[0] <= year <= edges[-1]


def test_each_colouring_numbers_every_film_within_its_legend(catalogue: Catalogue) -> None:
    data = map_data(catalogue)
    assert data is not None
    for colouring in data["colourings"].values():
        numbers = np.frombuffer(b64decode(colouring["films"]), "u1")
        assert len(numbers) == len(data["ids"])
        assert set(numbers.tolist()) == set(range(len(colouring["values"])))
