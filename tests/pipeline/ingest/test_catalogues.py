"""Invented catalogues in the layouts of real ones, from files to clean films.

`tests/data/catalogues` has files as film databases, media servers, archives, festivals, streamers
and data sets publish them, in many languages; `expected.json` has the films of each, with the
values that must be read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.cleaning.clean import clean
from pipeline.ingest.partition import read_catalogue
from pipeline.settings import Settings
from pipeline.storage.store import Store

FOLDER = Path(__file__).resolve().parents[2] / "data" / "catalogues"
EXPECTED: dict[str, list[dict[str, Any]]] = json.loads(
    (FOLDER / "expected.json").read_text(encoding="utf-8")
)


def same(one: object, other: object) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == pytest.approx(other, rel=1e-6)
    return (one or None) == (other or None)


def test_every_catalogue_has_its_films_and_every_file_is_one() -> None:
    assert sorted(EXPECTED) == sorted(p.name for p in FOLDER.iterdir() if p.name != "expected.json")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_catalogue_is_read_right(name: str, tmp_path: Path) -> None:
    store, settings = Store(tmp_path), Settings()
    catalogue = read_catalogue(store.work, [f"files:{FOLDER / name}"], settings.source)
    parts = [clean(store.work.read(ref), settings.clean)["movies"] for ref in catalogue.partitions]
    films = pa.concat_tables(parts).to_pylist()
    wrong = []
    for expected in EXPECTED[name]:
        alike = [film for film in films if film["title"] == expected["title"]]
        fits = [f for f in alike if all(same(f[key], value) for key, value in expected.items())]
        if fits:
            films.remove(fits[0])
        else:
            wrong.append((expected, alike[:1]))
    assert wrong == []
    assert [film["title"] for film in films] == []
