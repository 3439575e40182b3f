"""An inspection counts what a mining reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cleaning.clean import clean
from pipeline.ingest.inspection import inspect_catalogue
from pipeline.ingest.partition import read_catalogue
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.storage.work_store import WorkStore
from tests.support.cases import case
from tests.support.ingest_rows import PLOTS

SOURCE, CLEANING = SourceSettings(), CleanSettings()
HEADER = "id,title,year,genre,overview\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def line(n: int, own: str, genre: str = "War") -> str:
    return f'{own},Film {n},{1990 + n},{genre},"{PLOTS[n]}"\n'


def films_of_mining(folder: Path, spec: str) -> int:
    store = WorkStore(folder / "out")
    catalogue = read_catalogue(store, [spec], SOURCE)
    return sum(len(clean(store.read(ref), CLEANING)["movies"]) for ref in catalogue.partitions)


CATALOGUES = {
    "zeros": {"a.csv": HEADER + line(0, "007") + line(1, "7") + line(2, "07")},
    "independent": {
        "a.csv": HEADER + line(0, "1") + line(1, "2"),
        "b.csv": HEADER + line(2, "1") + line(3, "2"),
    },
    "constant": {"a.csv": HEADER + "".join(line(n, "1") for n in range(6))},
    "join": {"a.csv": HEADER + line(0, "1") + line(0, "1", "Drama") + line(1, "2")},
    "apart": {
        "titles.csv": "id,title,genre\n1,Film 0,War\n2,Film 1,War\n",
        "plots.csv": f'id,plot\n1,"{PLOTS[0]}"\n2,"{PLOTS[1]}"\n',
    },
}


@pytest.mark.parametrize(("name", "films"), list(zip(CATALOGUES, (3, 4, 6, 2, 2), strict=True)))
def test_films_are_as_many_as_a_mining_has(tmp_path: Path, name: str, films: int) -> None:
    spec = f"files:{write(tmp_path, CATALOGUES[name])}"
    found = inspect_catalogue(spec, SOURCE, CLEANING)
    assert found.inspection.problem == ""
    assert found.cleaning.films == films_of_mining(tmp_path.parent / name, spec) == films


@pytest.mark.parametrize("name", ["08-side-tables/catalogue", "06-same-film-two-kinds-of-id"])
def test_the_cases_have_as_many_films(tmp_path: Path, name: str) -> None:
    spec = f"files:{case(name)}"
    found = inspect_catalogue(spec, SOURCE, CLEANING)
    assert found.cleaning.films == films_of_mining(tmp_path, spec)


def test_repeated_rows_are_no_rejects_and_examples_name_their_file(tmp_path: Path) -> None:
    text = HEADER + line(0, "1") + line(0, "1", "") + line(1, "2") + "3,Empty,1999,War,\n"
    write(tmp_path, {"a.csv": text})
    found = inspect_catalogue(f"files:{tmp_path}", SOURCE, CLEANING).cleaning
    assert found.repeated is not None
    assert (found.repeated.rows, found.repeated.file) == (1, "a.csv")
    assert (found.repeated.example_row, found.repeated.example) == (2, "kept: row 1 of a.csv")
    (rejected,) = found.rejected
    assert (rejected.reason, rejected.file, rejected.example_row) == (
        "missing_overview",
        "a.csv",
        4,
    )
    assert (found.films, found.lost) == (2, 1)


def test_notes_on_ids_are_given(tmp_path: Path) -> None:
    write(tmp_path, CATALOGUES["independent"])
    (note,) = inspect_catalogue(f"files:{tmp_path}", SOURCE, CLEANING).cleaning.notes
    assert note.startswith("a.csv and b.csv number their films independently")


def test_a_side_table_alone_stays_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"k.csv": "id,keywords\n1,sea\n2,robot\n"})
    found = inspect_catalogue(f"files:{tmp_path / 'k.csv'}", SOURCE, CLEANING)
    assert "no column for" in found.inspection.problem
    assert found.cleaning.films == 0
