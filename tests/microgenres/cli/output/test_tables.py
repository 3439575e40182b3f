"""Tables fit the width, names are shown unchanged, and JSON is valid."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console, RenderableType

from microgenres.cli.console import text
from microgenres.cli.output.report import print_report
from microgenres.cli.output.tables import (
    figures,
    micro_genre_card,
    micro_genres_table,
    number,
    to_json,
)
from pipeline.schemas.mining import MICRO_GENRES, fill_later_columns
from tests.support.tiny_release import REPORT, genre


def rendered(shown: RenderableType, width: int = 80) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(shown)
    return stream.getvalue()


def test_markup_and_control_characters_are_not_interpreted() -> None:
    assert rendered(text("[red]The [/red] :bomb: \x1b[31m\x07end\nline")).strip() == (
        "[red]The [/red] :bomb: \N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}end line"
    )


@pytest.mark.parametrize("width", [60, 80, 110, 160])
def test_micro_genres_are_wrapped_and_not_truncated(width: int) -> None:
    row = fill_later_columns(genre(1), MICRO_GENRES) | {
        "keywords": ["a very long keyword " * 3, "unbreakable" * 9, "last"]
    }
    shown = rendered(micro_genres_table([row], width=width), width)
    assert all(len(line) <= width for line in shown.splitlines())
    squeezed = "".join(shown.split())
    assert "[Slasher]" in shown
    assert "last" in shown
    assert "[REC](2007)" in squeezed or width < 80  # wrapped inside the word below that width
    assert "…" not in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        (float("nan"), "-"),
        (True, "yes"),
        (15802, "15,802"),
        (0.0314159, "0.03142"),
        (4971.23, "4,971.2"),
        ([["a", "b"], "c"], "a / b, c"),
        ("ivf", "ivf"),
    ],
)
def test_number(value: Any, shown: str) -> None:
    assert number(value) == shown


def test_json_has_no_nan_and_six_decimals() -> None:
    stream = io.StringIO()
    to_json({"a": [float("nan"), 0.12345678, (1, "é")], "b": {1: None}}, stream)
    assert json.loads(stream.getvalue()) == {"a": [None, 0.123457, [1, "é"]], "b": {"1": None}}


@pytest.mark.parametrize(("encoding", "raw"), [("utf-8", True), ("ascii", False)])
def test_json_is_escaped_for_the_encoding_of_the_stream(encoding: str, raw: bool) -> None:
    data = io.BytesIO()
    stream = io.TextIOWrapper(data, encoding=encoding)
    to_json({"title": "Amélie"}, stream)
    stream.flush()
    assert json.loads(data.getvalue()) == {"title": "Amélie"}
    assert ("é".encode() in data.getvalue()) is raw


def test_the_truth_of_a_name_is_below_it_if_it_is_known() -> None:
    rows = [fill_later_columns(genre(cluster), MICRO_GENRES) for cluster in range(3)]
    shown = rendered(micro_genres_table(rows, width=80))
    assert "true of 75%" in shown and "true of 25%" in shown
    assert "true of" not in rendered(micro_genres_table(rows[:1], width=80))


def card(cluster: int) -> str:
    stream = io.StringIO()
    row = fill_later_columns(genre(cluster), MICRO_GENRES)
    micro_genre_card(Console(file=stream, width=100, highlight=False), row, "Other", [])
    return stream.getvalue()


def test_a_card_shows_description_alternatives_and_truth_of_the_name() -> None:
    shown = card(1)
    assert "A masked killer stalks a small town: Halloween, [REC]." in shown
    assert "Masked-Killer [Slashers]; Babysitter Horror" in shown
    assert "true of 75% of its films (subject 75%, form 100%)" in shown
    assert "kept from the release before" in shown
    thin = card(2)
    assert "true of 25% of its films (adjective 25%); they say too little" in thin
    assert "Alternatives" not in thin and "Named by" not in thin


def test_a_card_of_an_earlier_release_has_no_empty_lines() -> None:
    shown = card(0)
    for words in ("Alternatives", "Name truth", "Named by", "None"):
        assert words not in shown


def test_figures_in_one_line() -> None:
    line = figures(REPORT)
    assert "names true of 60%" in line
    assert "3 micro-genres · 2 families · 9 films from 10 rows" in line
    assert "names nearest their own centre 100%" in line
    assert line.endswith("2.5 s")
    assert figures({}) == ""
    assert figures({"names": None, "clusters": {"seed_ari": None}}) == ""


def test_the_report_shows_and_explains_each_figure() -> None:
    stream = io.StringIO()
    print_report(Console(file=stream, width=80), REPORT | {"unknown": {"new": 42}, "names": {}})
    shown = stream.getvalue()
    assert "Tiny [films]" in shown
    for figure in ("0.1235", "Nearer 1 is tighter.", "leaf size", "9.5", "flat", "42", "0.6"):
        assert figure in shown, figure
    assert "1978" not in shown, "the years are only on the page"
    assert max(map(len, shown.splitlines())) <= 80
    print_report(Console(file=stream, width=80), {})
