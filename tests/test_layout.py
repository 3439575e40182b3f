"""The layout of the project: short folders, tests that mirror the code, plain names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("microgenres", "flows", "pipeline", "serve")
MOST_MODULES = 13

# Tests of no single module, by their path below `tests`; each says in its docstring what it tests.
NOT_MIRRORED = {
    "benchmarks/lib/test_budget.py",
    "flows/fetch/test_changes.py",
    "flows/mining/test_release.py",
    "flows/mining/test_resume.py",
    "flows/update/test_encoding.py",
    "flows/update/test_mining_when_due.py",
    "microgenres/cli/test_commands.py",
    "pipeline/cluster/test_cluster.py",
    "pipeline/ingest/test_catalogues.py",
    "pipeline/ingest/test_cases.py",
    "pipeline/report/test_html_browser.py",
    "pipeline/sources/files/test_known_catalogues.py",
    "serve/api/routes/v1/test_fuzz.py",
    "serve/api/test_app_fuzz.py",
    "serve/api/test_many_clients.py",
    "serve/explorer/test_app_browser.py",
    "serve/explorer/test_figures_browser.py",
}
# Folders of tests that cut across the tree, and tests of the project as a whole.
ACROSS = ("faults", "operate", "support")
WHOLE = {"test_config.py", "test_doctests.py", "test_layout.py", "test_security.py"}


def code(*packages: str) -> list[Path]:
    return [path for name in packages for path in sorted((ROOT / name).rglob("*.py"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_folder_has_more_modules_than_a_reader_can_scan(package: str) -> None:
    folders = {path.parent for path in code(package)}
    counts = {
        str(folder.relative_to(ROOT)): len([f for f in folder.glob("*.py") if f.stem != "__init__"])
        for folder in folders
    }
    assert {name: n for name, n in counts.items() if n > MOST_MODULES} == {}


def test_tests_mirror_the_code() -> None:
    stray = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT / "tests")
        if name.as_posix() in NOT_MIRRORED | WHOLE or name.parts[0] in ACROSS:
            continue
        module = path.stem.removeprefix("test_")
        file = "__init__.py" if module == "init" else f"{module}.py"
        if not (ROOT / name.parent / file).is_file():
            stray.append(name.as_posix())
    assert stray == []


def test_the_list_of_tests_without_a_module_is_up_to_date() -> None:
    gone = [name for name in sorted(NOT_MIRRORED | WHOLE) if not (ROOT / "tests" / name).is_file()]
    assert gone == []


def test_benchmarks_import_no_tests() -> None:
    importing = []
    for path in code("benchmarks"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if any(name.split(".")[0] == "tests" for name in names):
                importing.append(str(path.relative_to(ROOT)))
    assert importing == []


def test_no_identifier_is_called_told() -> None:
    """The word meant a dozen things; each of them has a name of its own now."""
    found = []
    for path in code(*PACKAGES, "benchmarks", "tests"):
        if path == Path(__file__):
            continue
        for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
            if token.type == tokenize.NAME and "told" in token.string.split("_"):
                found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {token.string}")
    assert found == []


@pytest.mark.parametrize(("mark", "most"), [(r"#\s*noqa", 30), (r"#\s*fmt:\s*skip", 30)])
def test_few_lines_are_excused_from_the_checks(mark: str, most: int) -> None:
    found = []
    for path in code(*PACKAGES, "benchmarks", "tests"):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [f"{path.relative_to(ROOT)}: {line}" for line in lines if re.search(mark, line)]
    assert len(found) <= most, "\n".join(found)


def test_every_command_has_a_file_of_its_name() -> None:
    """`microgenres NAME` is in `commands/.../NAME.py`, a group in a package of its name."""
    from typer.main import get_command

    from microgenres.cli.app import app

    folder = ROOT / "microgenres" / "cli" / "commands"
    missing = []
    group = get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        own = name.replace("-", "_")
        below = getattr(command, "commands", None)
        if below is None:
            missing += [] if list(folder.rglob(f"{own}.py")) else [name]
            continue
        files = {path.stem for path in (folder / own).glob("*.py")}
        missing += [f"{name} {sub}" for sub in below if sub.replace("-", "_") not in files]
    assert missing == []
