"""The encoding of a file: the case, marks, wide text, mixed damage, the setting."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from tests.support.cases import case
from tests.support.raw_tables import one_table, rows_of, titles


@pytest.mark.parametrize(
    ("name", "title", "encoding"),
    [
        ("cp1251", "Соляная лампа", "cp1251"),
        ("gb18030", "盐灯", "gb18030"),
        ("latin2", "Święty Łukasz", "iso8859-2"),
        ("shift_jis", "塩のランプ", "cp932"),
        ("utf16", "Соляная лампа", "utf-16"),
        ("utf16_no_mark", "Соляная лампа", "utf-16-le"),
    ],
)
def test_files_of_case_10(tmp_path: Path, name: str, title: str, encoding: str) -> None:
    table = one_table(case(f"10-encodings/{name}.csv"), tmp_path)
    assert titles(table)[0] == title
    assert table.form.encoding == encoding
    guessed = not encoding.startswith("utf")
    assert (table.form.confidence is not None) == guessed
    assert any("source.encoding" in note for note in table.form.notes) == guessed


TEXT = "id,title,overview\n1,Été à Łódź,Соль\n2,塩,A map\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
@pytest.mark.parametrize("wide", [1, 5_000])
def test_unicode_with_and_without_a_mark(tmp_path: Path, encoding: str, wide: int) -> None:
    table = one_table((TEXT + "3,x,y\n" * wide).encode(encoding), tmp_path)
    assert titles(table)[:2] == ["Été à Łódź", "塩"] and table.columns[0] == "id"


def test_single_bytes_that_are_not_utf8_are_windows_1252(tmp_path: Path) -> None:
    data = "id,title\n1,Été\n2,Café\n3,".encode() + b"Am\xe9lie \x93x\x94\n"
    table = one_table(data, tmp_path)
    assert titles(table) == ["Été", "Café", "Amélie “x”"]
    assert table.form.encoding == "utf-8" and "Windows-1252" in table.form.notes[0]
    mixed = b"id,title\n1,Am\xe9lie \x93Caf\xc3\xa9\x94\n"
    assert titles(one_table(mixed, tmp_path)) == ["Amélie “Café”"]


def test_an_encoding_is_guessed_from_all_of_the_file(tmp_path: Path) -> None:
    lines = "".join(f"{i},Film {i}\n" for i in range(300_000))
    data = ("id,title\n" + lines + "x,Соляная лампа\n").encode("cp1251")
    assert len(data) > 2**22
    assert rows_of(one_table(data, tmp_path), 100_000)[-1]["title"] == "Соляная лампа"


def test_the_setting_decides(tmp_path: Path) -> None:
    data = "id,title\n1,Øre\n".encode("cp1252")
    assert titles(one_table(data, tmp_path, encoding="latin-1")) == ["Øre"]
    assert titles(one_table(data, tmp_path, encoding="koi8-r")) == ["ьre"]
    assert titles(one_table("id,title\n1,Ø\n".encode("utf-16-be"), tmp_path, encoding="utf-16"))
    for name in ("klingon", "base64", "rot13"):
        with pytest.raises(SettingsError, match=r"source\.encoding"):
            one_table(data, tmp_path, encoding=name)
