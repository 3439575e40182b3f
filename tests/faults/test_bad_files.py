"""Files that are not a catalogue are rejected by name before any commit."""

from __future__ import annotations

import gzip
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SourceError
from pipeline.ingest.partition import read_catalogue
from pipeline.settings import SourceSettings
from pipeline.storage.work_store import WorkStore

ROW = "1,Film,A film about a lighthouse and the sea.\n"
GOOD = "id,title,overview\n" + ROW
SETTINGS = SourceSettings(max_file_bytes=2**20)


def parquet(path: Path) -> bytes:
    table = pa.table({"id": ["1"] * 500, "title": ["a"] * 500, "overview": ["A long film."] * 500})
    pq.write_table(table, path)
    return path.read_bytes()


def truncated(path: Path) -> None:
    data = parquet(path)
    path.write_bytes(data[: len(data) // 2])


def wrong_schema(path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": [2.0]}), path)


def flipped_footer(path: Path) -> None:
    data = bytearray(parquet(path))
    data[-6] ^= 255  # of the length of the footer
    path.write_bytes(data)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        os.chdir(path.parent)  # the name of a socket is short
        sock.bind(path.name)


BAD: dict[str, tuple[str, Callable[[Path], object]]] = {
    "empty": ("bad.csv", Path.touch),
    "header only": ("bad.csv", lambda p: p.write_text("id,title,overview\n")),
    "no header": ("bad.csv", lambda p: p.write_text(ROW * 3)),
    "truncated": ("bad.parquet", truncated),
    "flipped": ("bad.parquet", flipped_footer),
    "wrong schema": ("bad.parquet", wrong_schema),
    "no parquet": ("bad.parquet", lambda p: p.write_bytes(b"PAR1" + bytes(100) + b"PAR1")),
    "truncated gzip": (
        "bad.csv.gz",
        lambda p: p.write_bytes(gzip.compress((GOOD + ROW * 9_999).encode())[:-20]),
    ),
    "zip bomb": (
        "bad.csv.gz",
        lambda p: p.write_bytes(gzip.compress((GOOD + ROW * 99_999).encode())),
    ),
    "bomb in a line": (
        "bad.jsonl.gz",
        lambda p: p.write_bytes(gzip.compress(b'{"id": "' + bytes(2**25))),
    ),
    "random": ("bad.csv", lambda p: p.write_bytes(bytes(range(256)) * 40)),
    "a folder": ("bad.csv", Path.mkdir),
    "a pipe": ("bad.csv", os.mkfifo),
    "a socket": ("bad.csv", listening),
    "unreadable": ("bad.csv", loop),
    "a dangling link": ("bad.csv", lambda p: p.symlink_to("nowhere")),
    "missing": ("bad.csv", lambda p: None),
    "a device": ("bad.csv", lambda p: p.symlink_to("/dev/zero")),
    "text as JSON": ("bad.jsonl", lambda p: p.write_text("no\njson\n")),
    "an array": ("bad.json", lambda p: p.write_text("[1, 2]")),
    "a picture": ("bad.png", lambda p: p.write_bytes(b"\x89PNG")),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.timeout(30)
def test_a_bad_file_is_rejected_by_name_and_nothing_is_committed(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = tmp_path / "good.csv"
    good.write_text(GOOD)
    name, make = BAD[kind]
    make(tmp_path / name)
    store = WorkStore(tmp_path / "out")
    for specs in ([f"files:{good}", f"files:{tmp_path / name}"], [f"files:{tmp_path / name}"]):
        with pytest.raises(SourceError, match=r"bad\."):
            read_catalogue(store, specs, SETTINGS)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []
    assert read_catalogue(store, [f"files:{good}"], SETTINGS).rows_in == 1
