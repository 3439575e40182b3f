"""Small catalogues in files of every format, and helpers to read them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from tests.support.contracts.source_contract import SourceContract

__all__ = [
    "FILMS",
    "SETTINGS",
    "csv_text",
    "failure",
    "json_text",
    "noise",
    "read",
    "write",
    "zstd",
]

SETTINGS = SourceSettings()
FILMS: list[dict[str, Any]] = [
    {"id": 1, "title": "First Light", "overview": "A lighthouse goes dark.", "vote_average": 7.5},
    {"id": 2, "title": 'The "Other" Room', "overview": "Two lines,\none room.", "vote_average": 6},
    {"id": 3, "title": "Été", "overview": "Summer by the sea.", "vote_average": None},
    {"id": 4, "title": "Bad Vote", "overview": "Its vote is no number.", "vote_average": "x"},
    {"id": None, "title": "No Id", "overview": "It has none.", "vote_average": 5.0},
]


def cell(value: object) -> str:
    return '"' + ("" if value is None else str(value)).replace('"', '""') + '"'


def csv_text(films: Sequence[dict[str, Any]], separator: str = ",") -> str:
    lines = [separator.join(films[0])]
    lines += [separator.join(cell(value) for value in film.values()) for film in films]
    return "\r\n".join(lines) + "\r\n"


def noise(rows: int) -> list[dict[str, Any]]:
    rng = random.Random(rows)
    return [dict(FILMS[0], overview=rng.randbytes(64).hex()) for _ in range(rows)]


def json_text(films: Sequence[dict[str, Any]]) -> str:
    return "".join(json.dumps(film) + "\n" for film in films)


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def read(path: Path, settings: SourceSettings = SETTINGS) -> tuple[list[Any], list[Any]]:
    source = open_source(f"files:{path}", settings)
    source.check()
    movies, rejects = SourceContract.read(source)
    return movies.to_pylist(), rejects.to_pylist()


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def failure(path: Path, settings: SourceSettings = SETTINGS) -> str:
    with pytest.raises(SourceError) as caught:
        open_source(f"files:{path}", settings).check()
    assert str(path) in str(caught.value)
    return str(caught.value)
