"""Tables of persons, genres, reviews and collections beside one of films."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.files.source import FilesSource

LONG = "A keeper of a lighthouse hides a map from the men who come ashore at night."
BORN = "Born by the sea she made films all her long and quiet life in the north."
FILMS = f"id,title,year,overview\n1,Salt Lamp,1990,{LONG}\n2,Waltz Nine,1991,{LONG}\n"


def roles(folder: Path, name: str, text: str) -> tuple[str, str]:
    """Return the role of a table beside one of films, and its notes."""
    (folder / "films.csv").write_text(FILMS, "utf-8")
    (folder / name).write_text(text, "utf-8")
    source = FilesSource(folder, SourceSettings())
    source.check()
    found = {table.name: table for table in source.tables()}
    assert found["films.csv"].role == "films"
    return found[name].role, " ".join(found[name].notes)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("genres.csv", f"id,name,description\n10,Drama,{LONG}\n", "genres"),
        ("persons.csv", f"person_id,name,description\n1,Ada Quill,{BORN}\n", "persons"),
        ("people.csv", f"id,name,birthday,biography\n1,A B,1950-01-01,{BORN}\n", "pers"),
        ("x.csv", f"id,name,bio,birth_year\n1,Ada Quill,{BORN},1950\n", "persons"),
        ("collections.csv", f"id,name,overview\n900,The Quill Films,{LONG}\n", "collections"),
        ("reviews.csv", f"id,movie_id,title,text\n1,1,Great,{LONG}\n2,1,Bad,{LONG}\n", "another"),
        ("notes.csv", f"id,film_id,title,text\n1,1,Great,{LONG}\n2,1,Bad,{LONG}\n", "another"),
        ("countries.csv", "id,country\n1,France\n2,Spain\n", "own rows"),
        ("tmdb_companies_2.csv", f"id,name,description\n7,Quill & Co,{LONG}\n", "companies"),
    ],
)  # fmt: skip
def test_is_passed_over_with_a_reason(tmp_path: Path, name: str, text: str, why: str) -> None:
    role, notes = roles(tmp_path, name, text)
    assert role == "not read"
    assert why in notes
    assert "column_map" not in notes


@pytest.mark.parametrize(
    ("name", "text", "role"),
    [
        ("more_films.csv", f"id,title,overview\n8,Reed,{LONG}\n", "films"),
        ("collection.csv", f"id,title,year,overview\n8,Reed,1999,{LONG}\n", "films"),
        ("genre_drama.csv", f"id,title,overview\n8,Reed,{LONG}\n", "films"),
        ("countries.csv", "movie_id,country\n1,France\n2,Spain\n", "fills"),
        ("keywords.csv", 'id,keywords\n1,"sea, map"\n2,"waltz, fair"\n', "fills"),
        ("cast.csv", "movie_id,name,character,gender\n1,Bo Lint,X,2\n1,Cy Marr,Y,1\n", "fills"),
    ],
)
def test_films_and_side_tables_stay(tmp_path: Path, name: str, text: str, role: str) -> None:
    assert roles(tmp_path, name, text)[0] == role


def test_a_table_of_persons_alone_gets_no_advice_to_read_them_as_films(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        f"id,name,birthday,biography\n1,A B,1950,{BORN}\n", "utf-8"
    )
    with pytest.raises(SourceError, match=r"persons, not films \(column 'bi") as error:
        FilesSource(tmp_path, SourceSettings()).check()
    assert "column_map" not in str(error.value)
