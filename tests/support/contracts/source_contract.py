"""Tests that every source must pass: inherit in a class `Test...`, define `make` and `rows`."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.schemas import mining as tables
from pipeline.settings import SourceSettings
from pipeline.sources import REASONS, Source


class SourceContract:
    """`make` opens the source under test; `rows` is its number of data rows."""

    rows: int

    def make(self, folder: Path, settings: SourceSettings) -> Source:
        raise NotImplementedError

    @pytest.fixture
    def source(self, tmp_path: Path) -> Source:
        return self.make(tmp_path, SourceSettings(chunk_rows=2))

    @staticmethod
    def read(source: Source) -> tuple[pa.Table, pa.Table]:
        chunks = list(source.read())
        return (
            pa.concat_tables(chunk.movies for chunk in chunks),
            pa.concat_tables(chunk.rejects for chunk in chunks),
        )

    def test_is_a_source_with_a_short_name(self, source: Source) -> None:
        assert isinstance(source, Source)
        assert source.name and not re.search(r"[/\\]", source.name)

    def test_passes_its_own_check_more_than_once(self, source: Source) -> None:
        source.check()
        source.check()

    def test_chunks_are_bounded_and_add_up(self, source: Source) -> None:
        chunks = list(source.read())
        assert sum(chunk.rows_in for chunk in chunks) == self.rows
        for chunk in chunks:
            assert 1 <= chunk.rows_in <= 2
            assert chunk.rows_in == chunk.movies.num_rows + chunk.rejects.num_rows
            assert chunk.movies.schema == tables.MOVIES
            assert chunk.rejects.schema == tables.REJECTS

    def test_rows_are_numbered_from_one(self, source: Source) -> None:
        movies, rejects = self.read(source)
        places: dict[str, list[int]] = {}
        for table in (movies, rejects):
            for name, row in zip(
                table["source"].to_pylist(), table["row"].to_pylist(), strict=True
            ):
                places.setdefault(name, []).append(row)
        for name, rows in places.items():
            assert name and not re.search(r"[/\\]", name)
            assert sorted(rows) == list(range(1, len(rows) + 1))

    def test_missing_is_null_and_never_empty(self, source: Source) -> None:
        movies, _ = self.read(source)
        for movie in movies.to_pylist():
            assert movie["movie_id"] and not movie["movie_id"].endswith(".0")
            for value in movie.values():
                assert value not in ("", [])
                assert not isinstance(value, list) or all(value)

    def test_rejects_have_a_known_reason_and_a_detail(self, source: Source) -> None:
        _, rejects = self.read(source)
        assert set(rejects["reason"].to_pylist()) <= set(REASONS)
        assert all(rejects["detail"].to_pylist())

    def test_repeated_reading_in_any_chunks_gives_the_same_rows(
        self, source: Source, tmp_path: Path
    ) -> None:
        movies, rejects = self.read(source)
        again = self.read(source)
        whole = self.read(self.make(tmp_path, SourceSettings(chunk_rows=100_000)))
        for other in (again, whole):
            assert other[0].equals(movies) and other[1].equals(rejects)

    def test_the_hash_depends_on_the_content_only(self, source: Source, tmp_path: Path) -> None:
        sha256 = source.content_hash()
        assert re.fullmatch("[0-9a-f]{64}", sha256)
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        assert self.make(elsewhere, SourceSettings()).content_hash() == sha256
