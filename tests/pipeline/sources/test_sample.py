"""The bundled catalogue."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.cleaning import clean
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import Source, open_source
from tests.support.contracts.source_contract import SourceContract


def editors_rows() -> list[dict[str, str]]:
    with (files("pipeline.sources") / "sample.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class TestSample(SourceContract):
    @pytest.fixture(autouse=True)
    def count(self) -> None:
        self.rows = len(editors_rows())

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        return open_source("sample", settings)

    def test_settings_of_columns_do_not_apply(self) -> None:
        odd = SourceSettings(dialect="imdb", column_map={"title": "Name"})
        assert next(iter(open_source("sample", odd).read())).movies.num_rows > 0

    def test_every_row_is_clean(self, source: Source) -> None:
        movies, rejects = self.read(source)
        assert rejects.num_rows == 0
        assert set(movies["source"].to_pylist()) == {"sample"}
        out = clean.clean(movies, CleanSettings())
        assert out["rejects"].to_pylist() == []
        for name in ("year", "genres", "directors", "cast", "keywords", "countries", "language"):
            assert movies[name].null_count == 0, name

    def test_the_editors_column_is_not_read(self, source: Source) -> None:
        movies, _ = self.read(source)
        editors_choice = {row["micro_genre"] for row in editors_rows()}
        assert "micro_genre" not in movies.schema.names
        cells = {
            cell for name in movies.schema.names for cell in map(str, movies[name].to_pylist())
        }
        assert not cells & editors_choice
