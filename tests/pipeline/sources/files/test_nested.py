"""Values within the objects of JSON."""

from __future__ import annotations

from pipeline.sources.files.nested import expand, pick

CELL = {"rating": 7.5, "votes": {"all": 3, "deep": {"deeper": {"deepest": 1}}}}


def test_values_within_objects_have_paths() -> None:
    paths = expand(["id", "imdb"], {"id": [1], "imdb": [None, CELL]})
    assert paths["imdb.rating"] == ("imdb", "rating")
    assert paths["imdb.votes.all"] == ("imdb", "votes", "all")
    assert "imdb.votes.deep.deeper.deepest" not in paths
    assert not any(name.startswith("id") for name in paths)


def test_a_column_of_the_table_prevails() -> None:
    assert "imdb.rating" not in expand(["imdb", "imdb.rating"], {"imdb": [CELL]})


def test_a_path_may_lead_nowhere() -> None:
    assert pick(CELL, ("votes", "all")) == 3
    assert pick(CELL, ("votes", "none", "x")) is None
    assert pick("text", ("a",)) is None


def test_objects_keyed_by_values_are_not_columns() -> None:
    wide = {str(n): n for n in range(1_000)}
    assert expand(["seen"], {"seen": [wide]}) == {}
