"""Words are not broken: at no width, with long names, and with Japanese text."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from microgenres.cli.console import print_line
from microgenres.cli.output.fitted_table import FittedTable
from microgenres.cli.output.settings import setting_rows, settings_tables
from microgenres.cli.output.tables import films_table, micro_genres_table

LONG = "Haunted-House & Post-Apocalyptic Coming-of-Age Documentaries"
JAPANESE = "千と千尋の神隠し 劇場版特別編集版"
FILMS = [
    {
        "similarity": 0.8123,
        "weak": True,
        "title": JAPANESE,
        "year": 2001,
        "micro_genre_name": "呪われた館の幽霊ホラー映画と長い名前のマイクロジャンル",
        "movie_id": "tmdb-129",
    },
    {
        "similarity": 0.7,
        "weak": False,
        "title": "Counterrevolutionary Misunderstandings",
        "year": None,
        "micro_genre_name": LONG,
        "movie_id": "sample-ab12cd34ef56",
    },
]
GENRE = {
    "cluster": 3,
    "micro_genre_name": LONG,
    "films": 12_345,
    "exemplars": [f"{JAPANESE} (1997)", "Counterrevolutionaries (1934)"],
    "keywords": ["electroencephalography", "[red]"],
    "name_truth": 0.51,
}


def shown(table: object, width: int) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, highlight=False).print(table)
    assert all(cell_len(line) <= width for line in stream.getvalue().splitlines())
    return stream.getvalue()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
def test_words_stay_whole_at_every_width(width: int) -> None:
    for table in (films_table(FILMS), micro_genres_table([GENRE], width=width)):
        words = set(shown(table, width).replace(",", " ").split())
        assert {"Haunted-House", "Post-Apocalyptic", "Coming-of-Age", "Documentaries"} <= words
    assert {"Counterrevolutionary", "Misunderstandings", "sample-ab12cd34ef56", "0.812"} <= set(
        shown(films_table(FILMS), width).split()
    )
    assert "electroencephalography" in shown(micro_genres_table([GENRE], width=width), width)


@pytest.mark.parametrize("width", [60, 80])
def test_no_word_of_the_settings_is_broken(width: int) -> None:
    tables = settings_tables(setting_rows())
    wide = {w.removesuffix(":") for table in tables for w in shown(table, 400).split()}
    for table in tables:
        words = {word.removesuffix(":") for word in shown(table, width).split()}
        assert {word for word in words - wide if "─" not in word} <= {"Value", "type", ""}


def test_a_row_that_does_not_fit_becomes_a_block() -> None:
    table = FittedTable()
    for name in ("Film", "Micro-genre", "Year"):
        table.add_column(name)
    table.add_row("Misunderstandings", Text("Counterrevolutionaries"), "1934")
    table.add_row("Two", "", "2002")
    assert "Film" in shown(table, 60), "a table"
    assert [line.rstrip() for line in shown(table, 40).splitlines()] == [
        "Misunderstandings",
        "  Micro-genre: Counterrevolutionaries",
        "  Year: 1934",
        "",
        "Two",
        "  Year: 2002",
    ]


def test_the_column_with_most_text_gets_the_rest_of_the_line() -> None:
    table = FittedTable()
    table.add_column("Name")
    table.add_column("What it says")
    table.add_row("two words", "many words " * 12)
    lines = shown(table, 60).splitlines()
    assert max(len(line.rstrip()) for line in lines) >= 56
    assert "two words" in lines[3], "a short cell is not wrapped"


def test_an_empty_table_has_its_head_only() -> None:
    table = FittedTable()
    table.add_column("Name")
    assert shown(table, 40).split()[0] == "Name"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_line_is_wrapped_between_words_on_a_terminal(terminal: bool) -> None:
    stream, path = io.StringIO(), "/a/long/path/of/an/output/folder/that/is/copied"
    console = Console(file=stream, width=40, force_terminal=terminal, highlight=False)
    print_line(console, "Figures  ", f"many words that need a second line {path}")
    lines = stream.getvalue().splitlines()
    if terminal:
        assert lines[0] == "Figures  many words that need a second"
        assert lines[1:] == [" " * 9 + "line", " " * 9 + path]
    else:
        assert lines == [f"Figures  many words that need a second line {path}"]
