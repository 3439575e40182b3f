"""JSON in scripts and in JSON texts is read as the document that it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.forms import open_tables
from tests.support.raw_tables import SETTINGS, one_table, rows_of

FILMS = [{"title": f"T{i}", "plot": f"A plot; with [marks] ({i});"} for i in range(1, 6)]
ARRAY = json.dumps(FILMS)
LINES = "[\n" + ",\n".join(map(json.dumps, FILMS)) + "\n]"


@pytest.mark.parametrize("document", [ARRAY, LINES, json.dumps({"results": FILMS}, indent=2)])
@pytest.mark.parametrize(
    "script",
    [
        "var movies = {};",
        "const a={}\n",
        "window.YTD.films.part0 = {}\n\n",
        "module.exports = {};\n",
        "export default {};",
        "/**/ callback({});",
        "jQuery_1({})\r\n",
        ")]}}',\n{}",
        "// films\nlet films = {} ;\n",
    ],
)
def test_json_in_a_script(tmp_path: Path, script: str, document: str) -> None:
    assert rows_of(one_table(script.format(document), tmp_path)) == FILMS


def test_a_long_script(tmp_path: Path) -> None:
    films = [{"title": f"T{i}", "plot": "x" * 500} for i in range(2_000)]
    text = f"\ufeffvar films = {json.dumps(films)};\n"
    assert rows_of(one_table(text.encode("utf-16"), tmp_path), 900) == films


@pytest.mark.parametrize(
    "text",
    [json.dumps(ARRAY), json.dumps(LINES), "\n".join(json.dumps(json.dumps(f)) for f in FILMS)],
)
def test_json_in_a_json_text(tmp_path: Path, text: str) -> None:
    assert rows_of(one_table(text, tmp_path)) == FILMS


def test_a_script_without_json_is_one_line_of_error(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("var films = [[1, 2], 'x'];\n")
    with pytest.raises(SourceError, match="Expecting value"):
        open_tables(path, SETTINGS)


def test_a_table_of_texts_stays_a_table(tmp_path: Path) -> None:
    rows = rows_of(one_table('"[REC]","[1]"\n"A","B"\n"C","D"\n', tmp_path))
    assert rows == [{"[REC]": "A", "[1]": "B"}, {"[REC]": "C", "[1]": "D"}]
