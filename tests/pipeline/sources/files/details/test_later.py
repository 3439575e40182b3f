"""Columns whose first cells come in later rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pipeline.sources.files.columns import choose_columns
from pipeline.sources.files.details.later import late_columns

LONG = "A keeper of a lighthouse hides a map from the men who come ashore at night."
FIRST: dict[str, Sequence[object]] = {"title": ["A"], "overview": [LONG]}


def test_keys_of_later_objects() -> None:
    plan = choose_columns(list(FIRST), FIRST)
    cells: dict[str, Sequence[object]] = {
        "Rank": [1],
        "rating": ["PG"],
        "plot": ["Six men walk over the sea."],
        "tagline": ["Go."],
    }
    late = late_columns(plan, FIRST | cells)
    assert late.uses["overview"].names == ("overview", "plot")
    assert late.uses["tagline"].names == ("tagline",)
    assert "vote_average" not in late.uses
    assert {"Rank", "rating"} <= set(late.not_used)
    assert "certificates" in late.not_used["rating"]
    assert late_columns(plan, FIRST) is plan
    assert late_columns(late, FIRST | cells) is late


def test_a_column_that_starts_late_gets_its_unit() -> None:
    sample: dict[str, Sequence[object]] = FIRST | {
        "rating": [None],
        "runtime": [""],
        "released": [None],
    }
    plan = choose_columns(list(sample), sample)
    assert plan.pending == {"rating", "runtime", "released"}
    assert late_columns(plan, sample) is plan
    later: dict[str, Sequence[object]] = {
        "rating": [None, 81.0],
        "runtime": [5760, ""],
        "released": ["14/3/1994", ""],
    }
    late = late_columns(plan, later)
    assert late.uses["vote_average"].scales == {"rating": pytest.approx(0.1)}
    assert late.uses["runtime_minutes"].scales == {"runtime": pytest.approx(1 / 60)}
    assert late.uses["release_date"].day_first == {"released"}
    assert not late.pending and not {"rating", "runtime"} & set(late.not_used)


def test_a_number_of_another_authority_stands_in_for_none() -> None:
    sample: dict[str, Sequence[object]] = FIRST | {"imdb_rating": [7.1], "score": [None]}
    late = late_columns(choose_columns(list(sample), sample), {"score": [81]})
    assert late.uses["vote_average"].names == ("imdb_rating",)
    assert late.not_used["score"] == "another column gives vote_average"
