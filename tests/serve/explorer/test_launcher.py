"""The explorer's start: what the first visitor would wait for is there, or nothing is missed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from serve.explorer.resources import OUT, RELEASE

WARMED = (
    "import sys; from serve.explorer.launcher import warm; from serve.explorer import source; warm();"
    "print('plotly.graph_objects' in sys.modules, 'duckdb' in sys.modules)"
)


def started(**told: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if name not in (OUT, RELEASE)}
    return subprocess.run(
        [sys.executable, "-c", WARMED],
        env=known | told,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_libraries_and_release_are_there_before_anybody_comes(release: Path) -> None:
    found = started(**{RELEASE: str(release)})
    assert found.returncode == 0, found.stderr
    assert found.stdout.split() == ["True", "True"]
    assert "nothing to show yet" not in found.stderr


def test_without_a_release_it_starts_and_says_so(tmp_path: Path) -> None:
    found = started(**{OUT: str(tmp_path)})
    assert found.returncode == 0, found.stderr
    assert "nothing to show yet" in found.stderr
