"""The launcher loads libraries and the release before the first visitor comes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from serve.explorer.resources import OUT, RELEASE

WARMED = (
    "import sys; from serve.explorer.launcher import warm; warm();"
    "print('plotly.graph_objects' in sys.modules, 'duckdb' in sys.modules,"
    "'serve.explorer.components.film_map' in sys.modules, 'serve.explorer.app' in sys.modules)"
)


def run_warm(**environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in (OUT, RELEASE)}
    return subprocess.run(
        [sys.executable, "-c", WARMED],
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_libraries_and_release_are_loaded(release: Path) -> None:
    found = run_warm(**{RELEASE: str(release)})
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["True", "True", "True", "False"]
    assert "there is no release to show yet" not in found.stderr


def test_without_a_release_it_starts_and_logs_it(tmp_path: Path) -> None:
    found = run_warm(**{OUT: str(tmp_path)})
    assert found.returncode == 0, found.stderr
    assert "there is no release to show yet" in found.stderr
