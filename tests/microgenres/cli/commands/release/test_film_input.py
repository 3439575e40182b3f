"""Unseen films are read from plain lines or JSON lines; errors name file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from microgenres.cli.commands.release.film_input import read_films
from pipeline.errors import SourceError


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "films.txt"
    path.write_bytes(text.encode())
    return path


def test_plain_lines(tmp_path: Path) -> None:
    films = read_films(written(tmp_path, "\ufeffOne.\r\n\n  Two\u2028lines. \n"))
    assert [film["overview"] for _, film in films] == ["One.", "Two\u2028lines."]
    assert films[0] == ("One.", {"overview": "One.", "keywords": [], "tagline": None})


def test_json_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        '\n{"overview": " A. ", "keywords": ["x"], "tagline": "T", "title": "Ä", "id": 1}\n'
        '{"overview": "B", "keywords": null, "language": "ja", "countries": ["Japan"],'
        ' "genres": ["Horrorfilm"], "year": 1954, "runtime_minutes": 96}\n',
    )
    unknown: dict[str, object] = {
        "keywords": [], "genres": [], "countries": [], "tagline": None, "language": None,
        "year": None, "runtime_minutes": None,
    }  # fmt: skip
    known = {
        "language": "ja", "countries": ["Japan"], "genres": ["Horrorfilm"], "year": 1954,
        "runtime_minutes": 96,
    }  # fmt: skip
    assert read_films(path) == [
        ("Ä", unknown | {"overview": "A.", "keywords": ["x"], "tagline": "T"}),
        ("B", unknown | known | {"overview": "B"}),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n \n", "contains no film"),
        ('{"overview": "A"}\nB', "line 2: not valid JSON"),
        ('{"overview": "A"}\n[1]', "line 2: a JSON object"),
        ('{"overview": " "}', "line 1: `overview`"),
        ('{"title": "A"}', "line 1: `overview`"),
        ('{"overview": "A", "keywords": "a, b"}', "line 1: `keywords`"),
        ('{"overview": "A", "genres": "Horror"}', "line 1: `genres`"),
        ('{"overview": "A", "tagline": 3}', "line 1: `tagline`"),
        ('{"overview": "A", "year": "1994"}', "line 1: `year`"),
        ('{"overview": "A", "year": true}', "line 1: `year`"),
        ('{"overview": "A", "runtime_minutes": NaN}', "line 1: `runtime_minutes`"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SourceError, match=rf"films\.txt.*{problem}"):
        read_films(written(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_films(tmp_path / "none.txt")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(SourceError, match=r"latin\.txt cannot be read as UTF-8"):
        read_films(tmp_path / "latin.txt")
