"""How files of ratings and films are written: encodings, separators, headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.sources.movielens.data_files import DataFile
from pipeline.sources.movielens.layout import find_encoding, find_layout


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("1::Café (1995)::Drama\n".encode(), "utf-8"),
        ("1::Café (1995)::Drama\n".encode("latin-1"), "latin-1"),
        ("1::Don\u2019t (1995)::Drama\n".encode("cp1252"), "cp1252"),
        (b"1::Plain (1995)::Drama\n", "utf-8"),
        ("1::Café (1995)::Drama\n".encode("utf-16"), "utf-16"),
        ("1::Caf (1995)::Drama\n".encode("utf-16-le"), "utf-16-le"),
        ("1::Café éèêëàâ üöä (1995)::Drama\n".encode() + b"2::Caf\xe9::Drama\n", "utf-8-replace"),
    ],
)
def test_the_encoding_is_found_by_all_bytes(tmp_path: Path, data: bytes, encoding: str) -> None:
    (tmp_path / "movies.dat").write_bytes(data)
    assert find_encoding(DataFile(tmp_path / "movies.dat")) == encoding


def test_a_character_between_two_blocks_is_whole(tmp_path: Path) -> None:
    (tmp_path / "movies.dat").write_bytes(b"x" * (2**20 - 1) + "é".encode() * 3)
    assert find_encoding(DataFile(tmp_path / "movies.dat")) == "utf-8"
    (tmp_path / "movies.dat").write_bytes(b"x" * 2**20 + b"\xe9\xe8 caf\xe9")
    assert find_encoding(DataFile(tmp_path / "movies.dat")) == "latin-1"


@pytest.mark.parametrize(
    ("text", "separator", "columns", "role"),
    [
        ("1::2::3::4\n", "::", ("user_id", "film_id", "rating", "timestamp"), "ratings"),
        ("1\t2\t3\t4\n", "\t", ("user_id", "film_id", "rating", "timestamp"), "ratings"),
        ("1 2 3 4\n", " ", ("user_id", "film_id", "rating", "timestamp"), "ratings"),
        ("1,2,3.5\n", ",", ("user_id", "film_id", "rating"), "ratings"),
        ("1::Salt, A (1995)::Drama|War\n", "::", ("film_id", "title", "genres"), "films"),
        ("7::2::sea::978300760\n", "::", ("user_id", "film_id", "tag", "timestamp"), "tags"),
        ("sep=;\nuserId;movieId;rating\n1;2;3\n", ";", ("userId", "movieId", "rating"), "ratings"),
        ("movieId,title,genres\n1,A|B,C|D\n", ",", ("movieId", "title", "genres"), "films"),
        ("movieId,tagId,relevance\n1,1,0.5\n", ",", ("movieId", "tagId", "relevance"), "genome"),
        ("a,b\nx,y\n", ",", ("a", "b"), None),
    ],
)
def test_separator_columns_and_role(
    tmp_path: Path, text: str, separator: str, columns: tuple[str, ...], role: str | None
) -> None:
    (tmp_path / "file").write_text(text)
    layout = find_layout(DataFile(tmp_path / "file"))
    assert (layout.separator, layout.columns, layout.role) == (separator, columns, role)
