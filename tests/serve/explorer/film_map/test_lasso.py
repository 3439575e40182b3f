"""Selections of films by a polygon in the address."""

from __future__ import annotations

import numpy as np
import pytest

from serve.explorer.film_map.lasso import MOST_CORNERS, read_lasso
from serve.explorer.query import WrongValueError


def test_a_hollow_shape_leaves_its_hollow_out() -> None:
    shape = read_lasso("0,0 900,0 900,900 600,900 600,300 300,300 300,900 0,900")
    places = np.array([[0.1, 0.8], [0.45, 0.8], [0.45, 0.1], [0.8, 0.8], [0.95, 0.1]])
    assert shape.contains(places).tolist() == [True, False, True, True, False]


def test_the_direction_of_the_corners_does_not_matter() -> None:
    places = np.random.default_rng(7).random((500, 2))
    corners = "100,100 900,150 700,800 200,600"
    backwards = " ".join(reversed(corners.split()))
    inside = read_lasso(corners).contains(places)
    assert 0 < inside.sum() < 500
    assert (inside == read_lasso(backwards).contains(places)).all()


@pytest.mark.parametrize(
    "text",
    ["", "0,0 1,1", "0,0 1,1 x,2", "0,0 1,1 99999,2", " ".join(["0,0"] * (MOST_CORNERS + 1))],
)
def test_other_texts_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(WrongValueError, match="100,100 900,100 500,800"):
        read_lasso(text)
