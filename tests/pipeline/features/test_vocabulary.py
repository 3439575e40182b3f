"""The vocabulary: keywords of several films, most frequent first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pipeline.features.text import KEYWORD_COUNTS
from pipeline.features.vocabulary import select_vocabulary, vocabulary_table
from pipeline.schemas.mining import VOCABULARY
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import FeatureSettings


def counts(**films: int) -> pa.Table:
    return pa.table([list(films), list(films.values())], schema=KEYWORD_COUNTS)


def test_keywords_add_up_over_partitions_and_are_sorted_by_films() -> None:
    parts = [counts(spy=2, war=1, sea=1), KEYWORD_COUNTS.empty_table(), counts(war=4, ape=3, sea=1)]
    settings = FeatureSettings(keyword_min_films=2, keyword_vocabulary=10)
    found = select_vocabulary(parts, settings, lambda _: False)
    assert found == [("war", 5), ("ape", 3), ("sea", 2), ("spy", 2)]


def test_rare_and_excluded_keywords_are_left_out_before_the_limit() -> None:
    settings = FeatureSettings(keyword_min_films=3, keyword_vocabulary=2)
    parts = [counts(sequel=9, spy=5, war=4, ape=3, sea=2)]
    found = select_vocabulary(parts, settings, lambda keyword: keyword == "sequel")
    assert found == [("spy", 5), ("war", 4)]


def test_the_table_has_a_vector_for_each_keyword() -> None:
    column = column_of_vectors(np.array([[1, 0], [0, 1]]), "float16")
    table = vocabulary_table([("war", 5), ("spy", 2)], pa.table([column], names=["vector"]))
    assert table.schema == VOCABULARY(2)
    assert table.to_pylist() == [
        {"keyword": "war", "films": 5, "vector": [1, 0]},
        {"keyword": "spy", "films": 2, "vector": [0, 1]},
    ]
    empty = pa.table([column_of_vectors(np.zeros((0, 2)), "float16")], names=["vector"])
    assert len(vocabulary_table([], empty)) == 0
