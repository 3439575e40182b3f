"""Files of a data set: compressions by content, archives, folders, damage."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.sources.movielens.data_files import DataFile, list_files
from pipeline.sources.movielens.source import MovieLens

TEXT = b"userId,movieId,rating\n" + b"1,2,3.5\n" * 500


def _zstd(data: bytes) -> bytes:
    compressed: bytes = pa.compress(data, "zstd", asbytes=True)
    return compressed


@pytest.mark.parametrize("name", ["ratings.csv", "ratings.csv.gz"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress, _zstd])
def test_a_compression_is_found_by_the_first_bytes(
    tmp_path: Path, compress: Callable[[bytes], bytes], name: str
) -> None:
    (tmp_path / name).write_bytes(compress(TEXT))
    (file,) = list_files(tmp_path)
    with file.open() as handle:
        assert handle.read() == TEXT
    assert file.name == "ratings.csv" and file.text_bytes > 0
    (chunk,) = MovieLens(tmp_path).ratings()
    assert chunk.good.num_rows == 500
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.write(tmp_path / name, f"inner/{name}")
        archive.writestr("__MACOSX/._ratings.csv", b"x")
    (member,) = list_files(tmp_path / "whole.zip")
    assert member.member == f"inner/{name}" and member.folder.endswith("whole.zip/inner")
    with member.open() as handle:
        assert handle.read() == TEXT


def test_hidden_files_and_deep_folders_are_not_searched(tmp_path: Path) -> None:
    for name in (".cache/ratings.csv", "a/b/c/d/ratings.csv"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(TEXT)
    assert list_files(tmp_path) == []


def test_errors_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.csv: there is no such file"):
        DataFile(tmp_path / "absent.csv").open()
    (tmp_path / "x").write_bytes(TEXT)
    with tarfile.open(tmp_path / "ratings.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "x", "ratings.csv")
    with pytest.raises(SourceError, match="is a tar archive: unpack it"):
        MovieLens(tmp_path / "ratings.tar.gz")
