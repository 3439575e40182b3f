"""The noun at the end of a name."""

from __future__ import annotations

import pytest

from pipeline.label.naming.forms import form_of


@pytest.mark.parametrize(
    ("genres", "every", "language", "form"),
    [
        ((), False, "en", "Films"),
        (("War",), False, "en", "War Films"),
        (("War", "Action"), False, "en", "War & Action Films"),
        (("War", "Drama"), False, "en", "War Films & Dramas"),
        (("War", "Drama"), True, "en", "War Dramas"),
        (("Comedy", "Drama"), False, "fr", "Comédies et drames"),
        (("Comedy", "Romance"), True, "fr", "Comédies romantiques"),
    ],
)
def test_forms(genres: tuple[str, ...], every: bool, language: str, form: str) -> None:
    assert form_of(genres, every, language) == form
