"""Changes of shares: exact for many films, shrunk for few."""

from __future__ import annotations

import pytest

from serve.catalogue.statistics.shrunk_change import shrunk_change


def test_many_films_are_hardly_shrunk_and_few_are() -> None:
    many = shrunk_change((10_000, 100_000), (20_000, 100_000))
    few = shrunk_change((1, 10), (2, 10))
    assert many == pytest.approx(1.0, abs=0.01)
    assert 0 < few < 0.2


def test_an_equal_share_is_no_change_also_without_films() -> None:
    assert shrunk_change((3, 30), (9, 90)) == pytest.approx(0)
    assert shrunk_change((0, 30), (0, 90)) == 0
    assert shrunk_change((0, 0), (5, 90)) == 0


def test_a_new_group_has_a_finite_growth() -> None:
    assert 0 < shrunk_change((0, 100), (10, 100)) < 10
