"""`microgenres inspect` says how files are read; input errors of all commands come at once."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from microgenres.cli.exit_codes import ExitCode
from tests.support.cases import case
from tests.support.mine_command import answer, command


def films(path: Path, rows: int, overview: str = "A keeper hides a stolen map at night.") -> Path:
    lines = [f'{n},Film {n},{1990 + n % 30},"{overview}"\n' for n in range(rows)]
    path.write_text("id,title,year,overview\n" + "".join(lines), encoding="utf-8")
    return path


def test_a_catalogue_is_described(tmp_path: Path) -> None:
    path = films(tmp_path / "films.csv", 3)
    path.write_text(
        path.read_text() + "9,No Plot,not a year,\n8,Odd Year,MCM,A plot of five words.\n"
    )
    found = answer("inspect", path)["sources"][0]
    (table,) = found["tables"]
    assert (table["kind"], table["rows"], table["role"]) == ("CSV", 5, "films")
    assert {c["column"]: c["file_columns"] for c in table["columns"]}["overview"] == ["overview"]
    assert table["unknown"][0]["column"] == "year"
    assert table["examples"][0]["title"] == "Film 0"
    cleaning = found["cleaning"]
    assert (cleaning["films"], cleaning["lost"]) == (4, 1)
    assert cleaning["rejected"][0]["reason"] == "missing_overview"
    assert table["column_map"]["title"] == "title"


@pytest.mark.parametrize("columns", ["80", "120"])
def test_the_description_fits_the_terminal(tmp_path: Path, columns: str) -> None:
    path = films(tmp_path / "films.csv", 4, "A word, " * 60)
    shown = subprocess.run(
        [sys.executable, "-m", "microgenres", "inspect", str(path), "--rows", "2"],
        env={"COLUMNS": columns, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert max(map(len, shown.splitlines())) <= int(columns)
    for part in (
        "CSV, utf-8",
        "Columns",
        "Film 0 (1990)",
        "The catalogue has 4 films of 4 rows",
        "[source.column_map]",
    ):
        assert part in shown
    assert "Film 2" not in shown, "--rows 2"


def test_the_column_map_to_paste_is_toml_that_mine_takes(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    text = "".join(
        f'Lamp {n},"A keeper of lamp number {n} hides a stolen map from the smugglers at night."\n'
        for n in range(30)
    )
    path.write_text('"Naam ""x""",Verhaaltje\n' + text)
    first = command("inspect", path)
    assert first.exit_code == ExitCode.SOURCE, "title or overview are not found"
    pasted = first.stdout[first.stdout.index("[source.column_map]") :]
    settings = tmp_path / "map.toml"
    settings.write_text(pasted)
    second = answer("inspect", path, "--settings", settings)["sources"][0]
    assert second["problem"] == ""
    assert second["cleaning"]["films"] == 30


def test_a_side_table_beside_films_is_no_problem(tmp_path: Path) -> None:
    main = films(tmp_path / "films.csv", 3)
    side = tmp_path / "keywords.csv"
    side.write_text("id,keywords\n0,lighthouse\n1,sea\n")
    assert command("inspect", main, side).exit_code == ExitCode.OK
    alone = command("inspect", side)
    assert alone.exit_code == ExitCode.SOURCE


def test_the_cases_are_described_without_an_error() -> None:
    for name in ("08-side-tables/catalogue", "16-unknown-as-a-value/films.csv"):
        shown = command("inspect", case(name), "--rows", 1)
        assert shown.exit_code == ExitCode.OK, shown.output
        assert "Traceback" not in shown.output


ERRORS: list[tuple[str, bytes | None, str]] = [
    ("none.csv", None, "there is no such file"),
    ("film.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type/Catalog>> endobj\n", "film.pdf"),
    ("empty.csv", b"", "empty.csv"),
    ("table.csv", b"a,b,c\n1,2,3\n4,5,6\n", "table.csv"),
]


def cpu_seconds() -> float:
    """Return the seconds of the CPU that ended processes of this one have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.alone
@pytest.mark.parametrize(("name", "content", "message"), ERRORS)
@pytest.mark.parametrize("arguments", [["mine"], ["genres", "train"], ["inspect"]])
def test_an_input_error_is_one_line_at_once(
    tmp_path: Path, name: str, content: bytes | None, message: str, arguments: list[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    given = [str(path)] if arguments == ["inspect"] else ["--source", f"files:{path}"]
    before = cpu_seconds()
    run = subprocess.run(
        [sys.executable, "-m", "microgenres", *arguments, *given],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    # Seconds of the CPU: the clock would also count what other processes of the machine do.
    assert cpu_seconds() - before < 2.0
    assert run.returncode == ExitCode.SOURCE, run.stderr
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: ")
    assert message in line
    assert not (tmp_path / "out").exists(), "nothing is written"


def test_input_errors_need_neither_prefect_nor_dask(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from microgenres.cli.preflight import check_sources\n"
        "check_sources(['sample'], 'default', None, {})\n"
        "heavy = {'prefect', 'dask', 'distributed', 'torch', 'faiss'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_sources_of_a_mining_are_described(tmp_path: Path) -> None:
    from microgenres.cli.preflight import check_sources

    path = films(tmp_path / "films.csv", 3)
    path.write_text(path.read_text().replace("overview\n", "overview,homepage\n", 1))
    chosen: dict[str, Any] = {}
    (line,) = check_sources([f"files:{path}"], "default", None, chosen)
    assert line.startswith("films.csv (CSV")
    assert "title, year, overview" in line
    assert line.endswith("not used: homepage")


def test_json_of_an_inspection_is_one_object(tmp_path: Path) -> None:
    shown = command("inspect", films(tmp_path / "films.csv", 2), "--json")
    assert list(json.loads(shown.stdout)) == ["sources"]
