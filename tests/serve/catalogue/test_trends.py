"""Trends of a release, checked against its films."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from serve.catalogue.catalogue import Catalogue


class TestTrends:
    def test_figures_match_the_films(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        trends = catalogue.trends
        dated = [film for film in films if film["year"] is not None]
        by_year = trends.films_by("year")
        assert sum(row["films"] for row in by_year) == len(dated) == 39
        assert sum(trends.films_per_year().values()) == 39
        own = sum(row["films"] for row in trends.films_by("decade", 2))
        assert own == sum(film["cluster"] == 2 for film in dated)
        grown = {row["cluster"]: row for row in trends.growth((1960, 1969), (1970, 1999))}
        before = sum(1960 <= film["year"] <= 1969 for film in dated)
        assert sum(row["before"] for row in grown.values()) == before
        assert grown[3]["before"] == 0 and grown[3]["change"] is None
        rated = [film for film in dated if film["vote_average"] is not None]
        by_decade = trends.ratings_by_decade()
        assert sum(row["films"] for row in by_decade) == len(rated)
        sixties = [film["vote_average"] for film in rated if film["year"] < 1970]
        assert by_decade[0]["mean"] == pytest.approx(np.mean(sixties))
        spread = trends.rating_spread(2)
        assert [row["deviation"] for row in spread] == sorted(row["deviation"] for row in spread)
        assert trends.year_and_rating(limit=5).num_rows == 5

    def test_keywords_are_counted_per_film(
        self, catalogue: Catalogue, films: list[dict[str, Any]]
    ) -> None:
        counts: dict[str, int] = {}
        for film in films:
            if film["cluster"] == 0:
                for keyword in set(film["keywords"] or []):
                    counts[keyword] = counts.get(keyword, 0) + 1
        found = {row["keyword"]: row["films"] for row in catalogue.trends.keywords(0)}
        assert found == counts
