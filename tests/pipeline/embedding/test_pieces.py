"""Texts and phrases are cut into pieces of about equal cost."""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pytest

from pipeline.embedding.pieces import count_parts, select_part, split_phrases


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


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
def test_parts_contain_each_text_once_and_have_about_equal_characters(parts: int) -> None:
    texts = ["word " * (1 + number * 7 % 13) for number in range(100)]
    found = [texts[select_part(texts, part, parts)] for part in range(parts)]
    assert list(chain.from_iterable(found)) == texts
    lengths = [sum(map(len, own)) for own in found]
    assert max(lengths) - min(lengths) <= 2 * max(map(len, texts))


@pytest.mark.parametrize("texts", [[], ["War."], ["", ""], ["a", "b" * 1_000, "c"]])
def test_parts_of_few_texts_contain_each_text_once(texts: list[str]) -> None:
    found = [texts[select_part(texts, part, 4)] for part in range(4)]
    assert list(chain.from_iterable(found)) == texts


def test_the_number_of_parts_grows_with_the_characters_up_to_eight() -> None:
    counts = [count_parts(characters) for characters in range(0, 1_000_000, 1_000)]
    assert counts == sorted(counts)
    assert set(counts) == {1, 2, 4, 8}
