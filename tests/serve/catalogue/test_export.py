"""Export of a selection as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.schemas.mining import RELEASED_MOVIES
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.export import escape_formula


class TestExport:
    def test_csv_contains_the_selection_and_no_formula(self, catalogue: Catalogue) -> None:
        raw = catalogue.export(Filters(genres=("War",)), "year").decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(raw)))
        assert sorted(row["movie_id"] for row in rows) == catalogue.ids(Filters(genres=("War",)))
        assert [row["title"] for row in rows if "HYPERLINK" in row["title"]] == ["'=HYPERLINK(1)"]
        assert not any(cell.startswith(("=", "@")) for row in rows for cell in row.values())

    def test_parquet_equals_the_table_of_the_release(
        self, catalogue: Catalogue, release: Path
    ) -> None:
        found = pq.read_table(pa.BufferReader(catalogue.export(format="parquet")))
        assert found.schema.equals(RELEASED_MOVIES)
        assert found.sort_by("movie_id").equals(pq.read_table(release / "movies.parquet"))

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
    def test_a_formula_is_escaped(self, text: str) -> None:
        assert escape_formula(text) == f"'{text}"
        assert escape_formula(f"a{text}") == f"a{text}"
