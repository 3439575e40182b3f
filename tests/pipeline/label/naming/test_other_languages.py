"""Names in other languages than English."""

from __future__ import annotations

import pytest

from pipeline.label.naming.other_languages import place_name, subject_word, write_in

VAMPIRE, HEIST = ("vampire", "vampire"), ("bank heist job", "bank heist job")


@pytest.mark.parametrize(
    ("language", "subjects", "form", "name"),
    [
        ("de", [VAMPIRE], "Dramen", "Vampir-Dramen"),
        ("de", [VAMPIRE], "Komödien & Dramen", "Vampir-Komödien & -Dramen"),
        ("de", [HEIST], "Dramen", "Dramen: Bank heist job"),
        ("es", [VAMPIRE], "Comedias", "Comedias de vampiros"),
        ("fr", [HEIST], "Drames", "Drames : bank heist job"),
        ("ja", [VAMPIRE], "ホラー", "吸血鬼ホラー"),
        ("pl", [HEIST, HEIST], "Dramaty", "Dramaty: bank heist job i bank heist job"),
    ],
)
def test_subjects(language: str, subjects: list[tuple[str, str]], form: str, name: str) -> None:
    assert write_in(language, [], subjects, form) == name


def test_a_decade_stands_before_a_colon() -> None:
    name = write_in("fr", ["decade:1970", "era:silent"], [HEIST], "Comédies")
    assert name == "Comédies muettes des années 1970 : bank heist job"


@pytest.mark.parametrize(
    ("language", "form", "name"),
    [
        ("pl", "Horrory", "Polskie horrory z lat 1970\u20131979"),
        ("nl", "Horrorfilms", "Poolse horrorfilms uit de jaren 1970"),
        ("sv", "Skräckfilmer", "Polska skräckfilmer från 1970-talet"),
        ("tr", "Korku filmleri", "Polonya yap\u0131m\u0131 korku filmleri (1970\u20131979)"),
        ("ko", "공포 영화", "1970년대 폴란드 공포 영화"),
    ],
)
def test_decades_and_countries_of_further_languages(language: str, form: str, name: str) -> None:
    assert write_in(language, ["decade:1970", "country:PL"], [], form) == name


def test_adjectives_inside_a_name_are_in_lower_case() -> None:
    facets = ["era:classic", "country:FR"]
    assert write_in("de", facets, [], "Dramen") == "Klassische französische Dramen"
    assert write_in("ru", facets, [], "Драмы") == "Классические французские драмы"


def test_words_and_places() -> None:
    assert subject_word("vampire", "vampire", "de") == ("Vampir", True)
    assert subject_word("fbi files", "fbi files", "de") == ("FBI files", False)
    assert place_name("country:FR", "ru") == "Франция"
    assert place_name("country:QQ", "en") is None


def test_german_compounds_have_linking_forms() -> None:
    subjects = [("christmas", "christmas"), ("witch", "witch")]
    assert write_in("de", [], subjects[:1], "Komödien") == "Weihnachts-Komödien"
    assert write_in("de", [], subjects[1:], "Horrorfilme") == "Hexen-Horrorfilme"
