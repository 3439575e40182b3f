"""The command line: output and exit code of each command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from microgenres.cli.app import app
from microgenres.cli.exit_codes import ExitCode
from microgenres.cli.options import overrides
from microgenres.cli.output.release import show_run
from pipeline.release.lookup import Release, find_release
from tests.support.tiny_release import FILMS, REPORT, build_release

ROOT = Path(__file__).resolve().parents[3]
LOOKING = ("show", "search", "similar", "assign", "report", "verify", "settings", "profiles")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("out")
    build_release(root)
    return root


def run(*args: object, **env: str) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "80", **env})


def answer(*args: object) -> Any:
    result = run(*args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def process(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "microgenres.cli.app", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", cwd=ROOT, check=False, timeout=60
    )


def test_help_has_examples_and_exit_codes() -> None:
    whole = run("--help")
    assert whole.exit_code == 0
    for word in ("mine", *LOOKING, "Exit codes", "130", "interrupted"):
        assert word in whole.stdout, word
    for command in ("mine", *LOOKING[:-1]):
        shown = run(command, "--help").stdout
        assert f"microgenres {command}" in shown.split("Examples")[1], command
    panels = run("mine", "--help").stdout
    for panel in ("Catalogue", "Mining", "Where it runs", "Settings", "Output"):
        assert f" {panel} " in panels, panel


def test_help_and_show_import_no_large_libraries(out: Path) -> None:
    code = (
        "import sys; from microgenres.cli.app import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'prefect', 'distributed', 'faiss', 'sklearn', 'pandas', 'plotly'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
        "print('ARROW', 'pyarrow' in sys.modules)\n"
    )
    for args, light in (
        (["mine", "--help"], "ARROW False"),
        (["assign", "--help"], "ARROW False"),
        (["show", "--out", out], "ARROW True"),
        (["similar", "Das Boot (1981)", "--out", out], "ARROW True"),
        (["report", "--out", out], "ARROW"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, args)],
            capture_output=True,
            encoding="utf-8",
            cwd=ROOT,
            check=True,
            timeout=60,
        )
        assert "LOADED []" in done.stdout
        assert light in done.stdout


def test_options_become_overrides() -> None:
    assert overrides() == {}
    assert overrides(workers=2) == {"dask": {"workers": 2}}
    assert overrides(new_names=True) == {"label": {"new_names": True}}
    assert overrides(k="auto") == {"cluster": {"k": "auto"}}
    assert overrides(workers=1, scheduler="tcp://h:1", k="120", seed=0) == {
        "seed": 0,
        "cluster": {"k": 120},
        "dask": {"workers": 1, "scheduler": "tcp://h:1"},
    }


@pytest.mark.parametrize(
    "args",
    [
        ["mine", "--k", "0"],
        ["mine", "--k", "many"],
        ["mine", "--workers", "0"],
        ["mine", "--scheduler", "host"],
        ["mine", "--limit", "-1"],
        ["mine", "--seed", str(2**31)],
        ["mine", "--unknown"],
        ["assign"],
        ["assign", "text", "--file", "x"],
        ["assign", "  "],
        ["similar"],
        ["nothing"],
    ],
)
def test_wrong_usage_ends_with_2(args: list[str]) -> None:
    result = run(*args)
    assert result.exit_code == ExitCode.USAGE
    assert result.stdout == ""
    assert result.stderr


def test_show_lists_micro_genres_largest_first(out: Path) -> None:
    result = run("show", "--out", out)
    assert result.exit_code == 0
    assert "Small-Town [Slasher] Horror" in result.stdout
    assert "千と千尋の神隠し (2001)" in result.stdout
    places = [result.stdout.index(word) for word in ("Whimsical", "Slasher", "Submarine")]
    assert places == sorted(places)
    assert result.stderr == ""
    assert "\x1b" not in result.stdout
    limited = run("show", "--out", out, "--limit", 1).stdout
    assert "Submarine" not in limited
    assert "and 2 more" in limited


def test_show_as_json(out: Path) -> None:
    shown = answer("show", "--out", out)
    assert shown["release_id"] == "tiny-1"
    assert shown["counts"]["released"] == len(FILMS)
    assert [row["cluster"] for row in shown["micro_genres"]] == [2, 1, 0]
    one = answer("show", "mg-slash", "--out", out, "--limit", 2)
    assert one["micro_genre"]["keywords"] == ["slasher", "masked killer", "babysitter"]
    assert [film["movie_id"] for film in one["films"]] == ["2007", "1250"]


def test_show_one(out: Path) -> None:
    shown = run("show", "1", "--release", out / "releases" / "tiny-1").stdout
    for word in ("Small-Town [Slasher] Horror", "masked killer", "1978 to 2018", "[REC]", "0.830"):
        assert word in shown, word
    assert "Whimsical Wonder" in shown, "the nearest micro-genre"
    assert "weak" in run("show", "2", "--out", out).stdout


def test_a_run_ends_with_a_summary_of_its_release(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show_run(Release(find_release(out)), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    folder = out / "releases" / "tiny-1"
    assert f"Release  {folder}" in lines, "a path is not wrapped"
    assert f"Report   {folder / 'report.html'}" in lines
    assert lines[-1].startswith("Figures  3 micro-genres")
    assert any("Submarine Cold-War Thriller" in line for line in lines)
    show_run(Release(find_release(out)), as_json=True)
    summary = json.loads(capsys.readouterr().out)
    assert summary["path"] == str(folder)
    assert len(summary["micro_genres"]) == 3


def test_similar(out: Path) -> None:
    shown = run("similar", "das boot (1981)", "--out", out, "--release", "tiny-1")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Das Boot (1981): Submarine")
    assert "The Hunt for Red October" in shown.stdout
    found = answer("similar", "300", "--out", out, "--limit", 2)
    assert found["film"]["title"] == "Das Boot"
    assert [(f["movie_id"], f["similarity"]) for f in found["similar"]] == [
        ("8", 0.9),
        ("2007", 0.8),
    ]


def test_an_unknown_film_is_an_error_with_a_suggestion(out: Path) -> None:
    result = run("similar", "Das Bot", "--out", out)
    assert result.exit_code == ExitCode.USAGE
    assert "did you mean Das Boot (1981)?" in result.stderr
    assert result.stdout == ""
    assert run("show", "9", "--out", out).exit_code == ExitCode.USAGE


def test_report(out: Path) -> None:
    shown = run("report", "--out", out)
    assert "Nearer 1 is tighter." in shown.stdout
    assert shown.stdout.rstrip().endswith("releases/tiny-1/report.html")
    assert answer("report", "--out", out) == REPORT


def test_verify(out: Path, tmp_path: Path) -> None:
    shown = run("verify", "--out", out)
    assert shown.exit_code == 0
    assert "10 rows = 9 films + 1 rejects" in shown.stdout
    assert answer("verify", out / "releases" / "tiny-1")["ok"] is True
    folder = build_release(tmp_path)
    (folder / "movies.parquet").unlink()
    (folder / "stray").touch()
    for result in (run("verify", folder), run("verify", "tiny-1", "--out", tmp_path)):
        assert result.exit_code == ExitCode.RELEASE
        assert result.stdout == ""
        assert "movies.parquet: is missing" in result.stderr
        assert "stray: is not in the manifest" in result.stderr
    as_json = run("verify", folder, "--json")
    assert as_json.exit_code == ExitCode.RELEASE
    assert json.loads(as_json.stdout)["problems"] == [
        "movies.parquet: is missing",
        "stray: is not in the manifest",
    ]


def test_settings_and_profiles() -> None:
    shown = run("settings").stdout
    assert "embed.dtype" in shown
    assert "[auto | float32 | bfloat16]" in " ".join(shown.split())
    rows = {row["name"]: row for row in answer("settings", "--profile", "sample")["settings"]}
    assert rows["publish.title"]["value"] != rows["publish.title"]["default"]
    assert run("settings", "--profile", "nope").exit_code == ExitCode.USAGE
    assert {row["name"] for row in answer("profiles")["profiles"]} >= {"default", "sample"}
    assert "sample" in run("profiles").stdout


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    for args in (["--debug", "show", "--out", tmp_path], ["show", "--debug", "--out", tmp_path]):
        result = run(*args)
        assert result.exit_code == ExitCode.RELEASE
        assert "Traceback" in result.stderr
        assert "error: no release in" in result.stderr


def test_exit_codes_of_a_real_process(out: Path, tmp_path: Path) -> None:
    fine = process("similar", "Das Boot (1981)", "--out", out, "--json")
    assert (fine.returncode, fine.stderr) == (0, "")
    assert json.loads(fine.stdout)["similar"][0]["movie_id"] == "8"
    missing = process("show", "--out", tmp_path / "no-release-here")
    assert missing.returncode == ExitCode.RELEASE
    assert missing.stderr.splitlines()[0].startswith("error: no release in")
    torn = process("assign", "--file", tmp_path / "none.txt", "--out", out)
    assert (torn.returncode, torn.stdout) == (ExitCode.SOURCE, "")
    assert process("mine", "--k", "0").returncode == ExitCode.USAGE
    assert process("--version").stdout.startswith("microgenres ")


def test_titles_are_escaped_on_an_ascii_terminal(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "microgenres.cli.app", "show", "--out", str(out)],
        capture_output=True,
        cwd=ROOT,
        check=False,
        timeout=60,
        env={"PYTHONIOENCODING": "ascii", "PATH": "", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert b"Am\\xe9lie" in done.stdout


def test_every_command_with_a_result_prints_it_for_people_unless_json() -> None:
    """The others run until a signal ends them, or print the progress of another program."""
    without = {"serve api", "serve app", "ui", "deploy", "scheduler", "worker", "bench"}
    group: Any = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        inner = getattr(command, "commands", {}).items()
        for path, one in [(f"{name} {n}", c) for n, c in inner] or [(name, command)]:
            found[path] = {option: p for p in one.params for option in p.opts}
    assert {path for path, options in found.items() if "--json" not in options} == without
    assert all(not options["--json"].default for p, options in found.items() if p not in without)
