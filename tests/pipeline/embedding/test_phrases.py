"""Phrases cut into tables of about equal length."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.embedding.phrases import split_phrases


@pytest.mark.parametrize(
    ("count", "lengths"), [(0, [0]), (1, [1]), (4, [4]), (5, [3, 2]), (9, [3, 3, 3])]
)
def test_tables_are_few_and_about_equal(count: int, lengths: list[int]) -> None:
    phrases = [f"phrase {number}" for number in range(count)]
    tables = split_phrases(phrases, 4)
    assert [len(table) for table in tables] == lengths
    joined = pa.concat_tables(tables)
    assert joined.schema == pa.schema([("term", pa.string())])
    assert joined["term"].to_pylist() == phrases
