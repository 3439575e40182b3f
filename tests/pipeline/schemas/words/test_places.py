"""Languages and countries as catalogues write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.schemas.words.places import (
    country_adjective,
    country_code,
    country_codes,
    language_adjective,
    language_code,
)


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", ("en", "EN", "eng", "English", "Englisch", "en-US", "en_GB")),
        ("ja", ("ja", "jpn", "Japanese", "japonais", "\u65e5\u672c\u8a9e")),
        ("zh", ("zh", "chi", "Mandarin", "zh-Hant")),
        ("yue", ("cn", "Cantonese")),
        ("no", ("no", "nb", "nn", "Norwegian")),
        ("tl", ("tl", "fil", "Filipino", "Tagalog")),
        ("zxx", ("xx", "No Language")),
    ],
)
def test_spellings_of_a_language_are_one(code: str, written: tuple[str, ...]) -> None:
    assert {language_code(name) for name in written} == {code}


@pytest.mark.parametrize(
    ("code", "written"),
    [
        (
            "US",
            (
                "US",
                "usa",
                "United States of America",
                "United States",
                "\u0421\u0428\u0410",
                "Vereinigte Staaten",
            ),
        ),
        ("GB", ("GB", "UK", "United Kingdom", "Great Britain", "Royaume-Uni")),
        ("HK", ("HK", "Hong Kong", "Hong Kong SAR China", "\u9999\u6e2f")),
        ("KR", ("KR", "KOR", "South Korea", "Korea, Republic of")),
        ("NL", ("NL", "the Netherlands", "The Netherlands")),
        ("SU", ("SU", "Soviet Union", "USSR")),
        ("CI", ("C\u00f4te d\u2019Ivoire", "Cote d'Ivoire")),
    ],
)
def test_spellings_of_a_country_are_one(code: str, written: tuple[str, ...]) -> None:
    assert {country_code(name) for name in written} == {code}


@pytest.mark.parametrize("name", [None, "", "Unknown", "und", "mul", "Elvish", "-"])
def test_unknown_places_are_not_guessed(name: str | None) -> None:
    assert language_code(name) is None
    assert country_code(name) is None


def test_countries_are_distinct_and_keep_their_order() -> None:
    assert country_codes(["IT", "France", "FR", "?", "Italy"]) == ["IT", "FR"]
    assert country_codes(None) == []


@given(st.text(max_size=20))
def test_a_code_is_its_own_code(written: str) -> None:
    for code_of in (language_code, country_code):
        code = code_of(written)
        assert code is None or code_of(code) == code


def test_adjectives_are_words_of_names() -> None:
    assert [language_adjective(code) for code in ("bn", "tl", "zxx", "??")] == [
        "Bengali",
        "Filipino",
        None,
        None,
    ]
    assert [country_adjective(code) for code in ("JP", "DD", "??")] == [
        "Japanese",
        "East German",
        None,
    ]
