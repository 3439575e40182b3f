"""Capitals of names."""

from __future__ import annotations

import pytest

from pipeline.label.naming.capitals import title_case


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("coming-of-age drama", "Coming-of-Age Drama"),
        ("a tv series in the usa", "A TV Series in the USA"),
        ("world war ii", "World War II"),
        ("fbi", "FBI"),
        ("women's prison", "Women's Prison"),
        ("", ""),
    ],
)
def test_title_case(words: str, title: str) -> None:
    assert title_case(words) == title
