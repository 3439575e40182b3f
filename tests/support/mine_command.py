"""Mine the bundled sample, run commands, and compare releases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from flows.events import Event, listen
from flows.mining.flow import mine
from microgenres.cli.app import app
from pipeline.release.lookup import Release

__all__ = [
    "FILMS",
    "SAME",
    "Mined",
    "answer",
    "command",
    "lines",
    "run",
    "same_bytes",
    "sample_csv",
]

FILMS = 531
SAME = ("movies.parquet", "micro_genres.parquet", "neighbours.parquet")


@dataclass(frozen=True)
class Mined:
    """A finished run.

    Attributes
    ----------
    out : Path
        Output folder.
    release : Release
        Its release.
    events : list of Event
        Events of the run.
    """

    out: Path
    release: Release
    events: list[Event]


def run(sources: list[str], out: Path, workers: int, **sections: dict[str, Any]) -> Mined:
    """Mine with the profile `sample`; `sections` are further settings."""
    events: list[Event] = []
    overrides = {"dask": {"workers": workers}, **sections}
    with listen(events.append):
        path = mine(sources, str(out), profile="sample", overrides=overrides)
    return Mined(out, Release(Path(path)), events)


def sample_csv() -> str:
    """Return the text of the bundled sample."""
    return files("pipeline.sources").joinpath("sample.csv").read_text(encoding="utf-8")


def command(*args: object) -> Result:
    """Run `microgenres ARGS` in this process."""
    return CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "120"})


def answer(*args: object) -> Any:
    """Run a command with `--json`, which must succeed; return its JSON."""
    result = command(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def same_bytes(one: Release, other: Release) -> None:
    """Check that the files of SAME have the same bytes in both releases."""
    for name in SAME:
        first, second = (release.manifest.files[name] for release in (one, other))
        assert first == second, name


def lines() -> list[str]:
    """Return the lines of the bundled sample."""
    return sample_csv().splitlines(keepends=True)
