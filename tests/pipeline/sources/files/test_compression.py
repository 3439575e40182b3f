"""The bytes of catalogue files: pipes, truncation, damage, compression bombs, and hashes."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from tests.support.catalogue_files import FILMS, SETTINGS, csv_text, failure, noise, write, zstd


def test_a_pipe_is_an_error_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "not a regular file" in failure(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match=r"pipe\.csv"):
        open_source(f"files:{tmp_path}", SETTINGS).content_hash()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_truncated_file_is_an_error(tmp_path: Path, suffix: str) -> None:
    text = csv_text(noise(20_000))
    whole = gzip.compress(text.encode()) if suffix == ".gz" else zstd(text.encode())
    path = write(tmp_path / f"cut.csv{suffix}", whole[:-50])
    source = open_source(f"files:{path}", SETTINGS)
    with pytest.raises(SourceError, match=r"cut\.csv.*past data row \d+"):
        list(source.read())


def test_a_damaged_parquet_page_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    films = noise(5_000)
    pq.write_table(
        pa.Table.from_pylist(films), path, row_group_size=1_000, write_page_checksum=True
    )
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = bytes(20_000)
    write(path, bytes(data))
    with pytest.raises(SourceError, match=r"a\.parquet.*past data row"):
        list(open_source(f"files:{path}", SETTINGS).read())


@pytest.mark.parametrize("name", ["bomb.csv", "bomb.csv.gz", "bomb.csv.zst", "bomb.parquet"])
def test_decompression_stops_at_the_limit(tmp_path: Path, name: str) -> None:
    films = [FILMS[0]] * 20_000
    text = csv_text(films).encode()
    path = tmp_path / name
    if name.endswith(".parquet"):
        varied = [dict(film, overview=str(i) * 20) for i, film in enumerate(films)]
        pq.write_table(pa.Table.from_pylist(varied), path)
    else:
        write(path, {"v": text, "z": gzip.compress(text), "t": zstd(text)}[name[-1]])
    small = SourceSettings(max_file_bytes=600_000)
    with pytest.raises(SourceError, match="max_file_bytes"):
        list(open_source(f"files:{path}", small).read())
    enough = SourceSettings(max_file_bytes=6_000_000)
    assert sum(c.rows_in for c in open_source(f"files:{path}", enough).read()) == 20_000


def test_an_endless_line_is_not_read_into_memory(tmp_path: Path) -> None:
    data = gzip.compress(b"id,title,overview\n1,a," + bytes(2**25))
    assert len(data) < 2**17
    assert "longer than" in failure(write(tmp_path / "line.csv.gz", data))


def test_hashes_of_different_contents_differ(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.csv", "x\n"), write(tmp_path / "b.csv", "y\n")
    assert len({open_source(f"files:{p}", SETTINGS).content_hash() for p in (one, two)}) == 2
    before = open_source(f"files:{tmp_path}", SETTINGS).content_hash()
    two.write_text("z\n")
    assert open_source(f"files:{tmp_path}", SETTINGS).content_hash() != before
