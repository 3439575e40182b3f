"""Temporal splits: no leakage, half-open intervals, weeks from Monday to Monday."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ModelError
from pipeline.recommend.data.explore import calendar_fields
from pipeline.recommend.data.temporal_split import (
    WEEK,
    find_boundaries,
    split_by_time,
    split_by_week,
    week_name,
)
from pipeline.settings import RecommendSettings
from tests.support.ratings import RatingsData, table_of_times

SETTINGS = RecommendSettings()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=30, max_size=300))
def test_every_part_is_later_than_the_one_before(times: list[int]) -> None:
    ratings = table_of_times(times)
    try:
        at = find_boundaries([np.array(times)], SETTINGS)
    except ModelError:
        assert len(set(times)) < 40  # too few different seconds
        return
    parts = split_by_time(ratings, at)
    order = ["fit", "validation", "test", "buffer"]
    assert sum(parts[name].num_rows for name in order) == len(times)
    assert parts["train"].num_rows == parts["fit"].num_rows + parts["validation"].num_rows
    spans = [parts[name].column("timestamp").to_numpy() for name in order]
    for earlier, later in pairwise(spans):
        assert len(earlier) and len(later)
        assert earlier.max() < later.min()  # a boundary belongs to the later part


def test_parts_have_the_shares_of_the_settings(data: RatingsData) -> None:
    whole = data.prepared.whole()
    at = find_boundaries([whole.column("timestamp").to_numpy()], SETTINGS)
    parts = split_by_time(whole, at)
    shares = {name: part.num_rows / whole.num_rows for name, part in parts.items()}
    assert shares["train"] == pytest.approx(0.7, abs=0.01)
    assert shares["test"] == pytest.approx(0.2, abs=0.01)
    assert shares["buffer"] == pytest.approx(0.1, abs=0.01)
    with pytest.raises(ModelError, match="same second"):
        find_boundaries([np.full(100, 7)], SETTINGS)


def test_weeks_begin_on_monday_and_contain_every_rating(data: RatingsData) -> None:
    whole = data.prepared.whole()
    found = split_by_week(whole)
    assert sum(part.num_rows for _, part in found) == whole.num_rows
    assert [start for start, _ in found] == sorted({start for start, _ in found})
    for start, part in found[:50]:
        time = part.column("timestamp").to_numpy()
        assert start <= time.min() and time.max() < start + WEEK
        assert calendar_fields(np.array([start]))["weekday"][0] == 0
    assert week_name(1_461_801_600) == "2016-04-25"
    assert split_by_week(whole.slice(0, 0)) == []
