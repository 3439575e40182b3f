"""Files of folders and patterns, and checks of a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.forms import find_files, inspect_path
from tests.support.cases import case


def make(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("id,title\n1,a\n")
    return folder


def test_files_of_a_folder_with_partitions(tmp_path: Path) -> None:
    make(
        tmp_path,
        "b.csv",
        "a/part-0",
        "year=1999/language=p%C3%B6/part-0.parquet",
        "year=__HIVE_DEFAULT_PARTITION__/x.csv",
        "_SUCCESS",
        "_temporary/y.csv",
        ".hidden.csv",
        ".git/z.csv",
        "README.md",
        "licence.txt",
        "a/picture.png",
        "part-0.parquet.crc",
    )
    found = find_files(tmp_path)
    assert [file.label for file in found] == [
        "a/part-0",
        "b.csv",
        "year=1999/language=p%C3%B6/part-0.parquet",
        "year=__HIVE_DEFAULT_PARTITION__/x.csv",
    ]
    assert [dict(file.partition) for file in found[1:]] == [
        {},
        {"year": "1999", "language": "pö"},
        {"year": None},
    ]


def test_files_of_a_pattern(tmp_path: Path) -> None:
    make(tmp_path, "data/b.csv", "data/a.csv", "data/c.tsv", "data/deep/d.csv")
    assert [f.label for f in find_files(tmp_path / "data" / "*.csv")] == ["a.csv", "b.csv"]
    assert [f.label for f in find_files(tmp_path / "data" / "**" / "*.csv")] == [
        "a.csv",
        "b.csv",
        "deep/d.csv",
    ]
    assert [f.label for f in find_files(tmp_path / "d*")] == [
        "data/a.csv",
        "data/b.csv",
        "data/c.tsv",
        "data/deep/d.csv",
    ]
    with pytest.raises(SourceError, match="no file matches"):
        find_files(tmp_path / "*.parquet")
    assert find_files(case("23-file-forms"))[-1].partition == {"year": "1999"}


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "[REC].csv").write_text("id,title\n")
    assert [file.label for file in find_files(tmp_path / "[REC].csv")] == ["[REC].csv"]


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "box").mkdir()
    for path, message in (
        ("absent.csv", "no such file"),
        ("pipe.csv", "not a regular file"),
        ("empty.csv", "is empty"),
        ("a\0b", "null"),
    ):
        with pytest.raises(SourceError, match=message):
            inspect_path(tmp_path / path)
    with pytest.raises(SourceError, match="no catalogue"):
        find_files(tmp_path / "box")
