"""The comparison of a catalogue before and after, and MLflow if it is not installed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import ModelError
from pipeline.genres.data.films import select_films
from pipeline.genres.evaluation.catalogue_report import (
    compare_catalogues,
    render_catalogue_comparison,
)
from pipeline.genres.evaluation.html import HeatMap, environment
from pipeline.genres.training.mlflow import track
from pipeline.genres.training.registry import REGISTRY
from pipeline.settings import GenreSettings
from tests.support.films import table_of

LONG = "A keeper of a lighthouse finds a boat without a crew and follows its log."


def test_a_catalogue_is_compared_before_and_after() -> None:
    rows = [
        {"movie_id": "a", "overview": LONG, "genres": ["Drama"]},
        {"movie_id": "a", "overview": "Add a Plot", "genres": ["War"]},
        {"movie_id": "b", "overview": LONG, "genres": ["Drama", "War <b>"]},
        {"movie_id": "c", "overview": None, "genres": None},
    ]
    before = table_of(rows)
    films, dropped = select_films(table_of(rows[:1] + rows[2:]), GenreSettings(min_films=1))
    found = compare_catalogues(before, films, dropped)
    assert (found["before"]["rows"], found["before"]["films"]) == (4, 3)
    assert found["before"]["placeholders"] == 1
    assert found["before"]["genres"] == {"Drama": 2, "War": 1, "War <b>": 1}
    assert sum(found["before"]["lengths"].values()) == 4
    assert found["before"]["lengths"]["none"] == 1
    assert found["after"]["names"] == ["Drama", "War <b>"]
    assert found["after"]["together"] == [[2, 1], [1, 1]]
    assert found["dropped"]["no_genre"] == 1
    json.dumps(found, allow_nan=False)
    page = render_catalogue_comparison(found)
    assert "War &lt;b&gt;" in page and "War <b>" not in page
    for word in ("<h2>Lengths</h2>", "<h2>Genres</h2>", "no genre", "10 to 19"):
        assert word in page, word


def test_a_heat_map_has_a_cell_for_each_pair() -> None:
    shares = HeatMap("Shares", ["x", "y"], ["a", "b", "c"], [[0, 0.5, 1], [0.25, 0, 0]])
    macros: Any = environment().get_template("macros.html.j2").module
    drawn = str(macros.heat_map(shares))
    assert drawn.count("<td style") == 6
    assert "--v:0.50" in drawn and "<caption>Shares</caption>" in drawn


def test_without_mlflow_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = {"format": 1, "models": [], "serving": {}}
    (tmp_path / REGISTRY).write_text(json.dumps(registry), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "mlflow.tracking", None)
    with pytest.raises(ModelError, match=r"micro-genre-miner\[tracking\]"):
        track(tmp_path)


def test_an_empty_catalogue_has_figures() -> None:
    none = table_of([{"overview": LONG, "genres": ["Drama"]}]).slice(0, 0)
    found = compare_catalogues(none, pa.table(none), {})
    assert found["after"]["words"] == [0.0, 0.0, 0.0]
    assert "<h2>Lengths</h2>" in render_catalogue_comparison(found)
