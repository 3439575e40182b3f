"""Tables of words, and what a user's file may do with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.label.words.tables import LANGUAGES, read_tables, read_user_file


def test_every_language_has_its_tables() -> None:
    tables = read_tables()
    assert set(tables.subjects) == set(LANGUAGES)
    forms = (tables.plurals, tables.generic, tables.patterns, tables.eras, tables.pairs)
    assert len({frozenset(table) - {"en"} for table in forms}) == 1
    assert set(tables.generic) > set(LANGUAGES)  # names can be written in more languages
    for code in tables.generic:
        assert set(tables.plurals[code]) == set(tables.plurals["en"])


def test_the_tables_of_the_product_name_known_subjects() -> None:
    # a user's file makes the check run on the tables of the product too
    assert "ferry" in read_tables("[subjects.en]\nferry = []").subjects["en"]


def test_english_has_many_subjects_and_the_others_the_commonest() -> None:
    sizes = {code: len(own) for code, own in read_tables().subjects.items()}
    assert sizes["en"] >= 700
    assert min(sizes.values()) >= 120


def test_a_user_extends_a_list() -> None:
    tables = read_tables('[subjects.en]\nvampire = ["night walker"]')
    assert tables.subjects["en"]["vampire"][-1] == "night walker"
    assert "bloodsucker" in tables.subjects["en"]["vampire"]
    assert "night walker" not in read_tables().subjects["en"]["vampire"]


def test_a_user_takes_a_word_out() -> None:
    tables = read_tables('[subjects.en]\nvampire = ["-bloodsucker"]')
    assert "bloodsucker" not in tables.subjects["en"]["vampire"]


def test_a_user_replaces_a_text() -> None:
    tables = read_tables('[plurals.en]\nHorror = "Chillers"')
    assert tables.plurals["en"]["Horror"] == "Chillers"
    assert tables.plurals["en"]["Drama"] == "Dramas"


def test_a_user_adds_a_language() -> None:
    tables = read_tables('[subjects.nl]\nvampire = ["vampiers", "vampier"]')
    assert tables.subjects["nl"]["vampire"][0] == "vampiers"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("subject = 1", "unknown table or key subject; did you mean subjects?"),
        ("[subjects.english]\nx = []", "english is no language"),
        ("[subjects.en]\nvampire = 3", "subjects.en.vampire: "),
        ('[senses.en]\nbat = [{subjct = "vampire"}]', "senses.en.bat.0.subj"),
        ('[senses.en]\nbat = [{subject = "vampir"}]', "'vampir' is no subject"),
        ('[kinds]\nsettings = ["moon base alpha"]', "'moon base alpha' is no subject"),
        ('[variants.zh]\n"ab" = "a"', "variants: "),
        ("[subjects", "not TOML: "),
    ],
)
def test_a_wrong_file_is_a_one_line_error(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "words.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        read_user_file(file)
    assert str(error.value).startswith(f"label.lexicon: {file}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_text_of_a_user_file_is_returned(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('[subjects.en]\n"ferry" = []\n', encoding="utf-8")
    assert "ferry" in read_tables(read_user_file(str(file))).subjects["en"]
    assert read_user_file("") == read_user_file(None) == ""


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: No such file"):
        read_user_file(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_bytes("[moods]\nde = ['düster']".encode("latin-1"))
    with pytest.raises(SettingsError, match="is not UTF-8"):
        read_user_file(file)
