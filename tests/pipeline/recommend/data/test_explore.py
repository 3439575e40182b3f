"""Statistics of ratings."""

from __future__ import annotations

import pytest

from pipeline.recommend.data.explore import explore
from tests.support.ratings import RatingsData


def test_statistics_count_every_rating(data: RatingsData) -> None:
    found = explore(data.prepared.ratings(), data.films)
    whole = data.prepared.whole()
    assert found["ratings"] == sum(found["stars"].values()) == whole.num_rows
    assert found["users"] == len(set(whole.column("user_id").to_pylist()))
    assert found["mean"] == pytest.approx(whole.column("rating").to_numpy().mean(), abs=1e-4)
    assert sum(found["by_year"].values()) == sum(found["by_hour"]) == whole.num_rows
    assert sum(found["by_weekday"]) == whole.num_rows
    assert found["films_linked"] == len(data.films)
    assert 0 < found["density"] < 1 and found["share_of_busiest_tenth"]["films"] > 0.2
