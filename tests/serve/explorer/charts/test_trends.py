"""Charts of shares and ratings."""

from __future__ import annotations

from serve.catalogue.statistics.decade_shares import decade_shares
from serve.catalogue.statistics.weighted_ratings import WeightedRating
from serve.explorer.charts.trends import ratings_chart, shares_chart

ROWS = [
    {"cluster": 0, "decade": 1950, "films": 2},
    {"cluster": 0, "decade": 1970, "films": 30},
    {"cluster": 1, "decade": 1970, "films": 70},
]


def test_small_decades_are_marked_and_decades_without_films_are_gaps() -> None:
    figure = shares_chart({"<b>Spies": decade_shares(ROWS, 0)})
    (drawn,) = [trace for trace in figure["data"] if "markers" in trace["mode"]]
    assert drawn["y"][1] is None
    assert drawn["marker"]["symbol"] == ["circle-open", "circle-open", "circle"]
    assert figure["layout"]["xaxis"]["ticktext"] == ["1950s*", "1960s*", "1970s"]
    assert "&lt;b&gt;Spies" in drawn["text"][0]


def test_the_axis_ends_above_the_shares_and_not_above_wide_intervals() -> None:
    shares = decade_shares(ROWS, 0)
    top = shares_chart({"Spies": shares})["layout"]["yaxis"]["range"][1]
    assert top >= max(row["share"] for row in shares)
    assert top < max(row["high"] for row in shares) * 1.1


def test_all_films_are_grey_with_a_band_and_micro_genres_have_none() -> None:
    row: WeightedRating = {
        "key": 1970, "films": 12, "plain": 6.0, "rating": 6.1, "low": 5.8, "high": 6.4,
    }  # fmt: skip
    few: WeightedRating = {**row, "films": 3}
    figure = ratings_chart({"All films": [row], "Spies": [few]}, [1960, 1970])
    assert [trace["meta"]["series"] for trace in figure["data"]] == [6, 6, 6, 0]
    assert figure["data"][-1]["y"] == [None, 6.1]
    assert figure["data"][-1]["marker"]["symbol"] == ["circle", "circle-open"]
