"""ZIP and TAR archives with several members."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import NotATable, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.forms import open_tables
from tests.support.raw_tables import SETTINGS, rows_of, titles

FILMS = "id,title\n1,Salt Lamp\n2,Waltz Nine\n"


def make_zip(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_zip_with_several_tables_and_other_files(tmp_path: Path) -> None:
    path = make_zip(
        tmp_path / "films.zip",
        {
            "data/movies.csv": FILMS,
            "data/credits.csv.gz": gzip.compress(b"id,cast\n1,Bo Lint\n"),
            "data/year=1999/part": "id,title\n3,Ward of Songs\n",
            "__MACOSX/data/._movies.csv": "Mac\x00OS",
            "data/.hidden.csv": FILMS,
            "README.txt": "Films, as they were, in 1990.",
            "data/about.txt": "Two sentences.\nThey hold no table.\n",
            "data/empty.csv": "",
        },
    )
    tables = {table.name.rpartition(": ")[2]: table for table in open_tables(path, SETTINGS)}
    assert list(tables) == ["data/credits.csv.gz", "data/movies.csv", "data/year=1999/part"]
    assert titles(tables["data/movies.csv"]) == ["Salt Lamp", "Waltz Nine"]
    assert tables["data/credits.csv.gz"].form.compression == "gzip, zip"
    assert rows_of(tables["data/year=1999/part"]) == [
        {"year": "1999", "id": "3", "title": "Ward of Songs"}
    ]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_a_tar_archive(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "films"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name in ("b.csv", "a.csv"):
            data = FILMS.replace("Salt", name).encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    first, second = open_tables(path, SETTINGS)
    assert titles(first) == ["a.csv Lamp", "Waltz Nine"]
    assert titles(second) == ["b.csv Lamp", "Waltz Nine"]


def test_archives_without_a_table_or_with_a_password(tmp_path: Path) -> None:
    with pytest.raises(NotATable, match="looks like XML"):
        open_tables(make_zip(tmp_path / "xml.zip", {"a.xml": "<?xml version='1.0'?>"}), SETTINGS)
    with pytest.raises(NotATable, match="holds no table"):
        open_tables(make_zip(tmp_path / "none.zip", {}), SETTINGS)
    inner = make_zip(tmp_path / "inner.zip", {"a.csv": FILMS}).read_bytes()
    outer = make_zip(tmp_path / "outer.zip", {"inner.zip": inner}).read_bytes()
    with pytest.raises(SourceError, match="archive in other archives"):
        open_tables(make_zip(tmp_path / "deep.zip", {"outer.zip": outer}), SETTINGS)
    data = bytearray(make_zip(tmp_path / "locked.zip", {"a.csv": FILMS}).read_bytes())
    data[6] |= 1  # the flag of an encrypted member, in its header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "locked.zip").write_bytes(data)
    with pytest.raises(SourceError, match="encrypted"):
        open_tables(tmp_path / "locked.zip", SETTINGS)


def test_a_member_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "bomb.zip", {"a.csv": FILMS + "3,x\n" * 1_000_000})
    with pytest.raises(SourceError, match="max_file_bytes"):
        (table,) = open_tables(path, SourceSettings(max_file_bytes=1_000_000))
        rows_of(table, 10_000)


def test_a_member_without_a_name_is_skipped(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"a.csv": FILMS, "nameless": FILMS})
    path.write_bytes(path.read_bytes().replace(b"nameless", bytes(8)))
    (table,) = open_tables(path, SETTINGS)
    assert titles(table) == ["Salt Lamp", "Waltz Nine"]


def test_an_archive_in_an_archive_is_read(tmp_path: Path) -> None:
    inner = make_zip(tmp_path / "inner.zip", {"a.csv": FILMS, "b/c.csv": FILMS}).read_bytes()
    path = make_zip(tmp_path / "outer.zip", {"data/inner.zip": inner, "d.csv": FILMS})
    tables = open_tables(path, SETTINGS)
    assert [table.name.removeprefix(f"{path}: ") for table in tables] == [
        "d.csv",
        "data/inner.zip: a.csv",
        "data/inner.zip: b/c.csv",
    ]
    for table in tables:
        assert titles(table) == titles(table) == ["Salt Lamp", "Waltz Nine"]
    large = make_zip(tmp_path / "large.zip", {"a.csv": FILMS + "3,x\n" * 100_000}).read_bytes()
    path = make_zip(tmp_path / "bomb.zip", {"large.zip": large})
    with pytest.raises(SourceError, match="max_file_bytes"):
        (table,) = open_tables(path, SourceSettings(max_file_bytes=100_000))
        rows_of(table, 10_000)
