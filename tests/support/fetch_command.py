"""`microgenres fetch` as tests run it, against the fake TMDB server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from typer.testing import CliRunner, Result

from benchmarks.lib.tmdb_server import TOKEN, TmdbServer
from microgenres.cli.app import app

__all__ = ["FILMS", "environment", "fetch", "fetch_manifest", "ids"]

FILMS = 150


def environment(tmdb: TmdbServer, **variables: str) -> dict[str, str]:
    settings = {
        "MICROGENRES_FETCH__BASE_URL": tmdb.url,
        "MICROGENRES_FETCH__REQUESTS_PER_SECOND": "900",
        "MICROGENRES_FETCH__BACKOFF_SECONDS": "0.02",
        "COLUMNS": "120",
    }
    return settings | (variables or {"TMDB_TOKEN": TOKEN})


def fetch(tmdb: TmdbServer, *args: object, **variables: str) -> Result:
    """Run the command; `variables` replace the token in the environment."""
    return CliRunner().invoke(
        app, ["fetch", *(str(arg) for arg in args)], env=environment(tmdb, **variables)
    )


def fetch_manifest(tmdb: TmdbServer, *args: object, **variables: str) -> dict[str, Any]:
    """Run the command, which must succeed; return the manifest that it prints."""
    result = fetch(tmdb, *args, "--json", **variables)
    assert result.exit_code == 0, result.output
    manifest: dict[str, Any] = json.loads(result.stdout)
    return manifest


def ids(path: Path) -> list[int]:
    numbers: list[int] = pq.read_table(path, columns=["id"]).column("id").to_pylist()
    return numbers
