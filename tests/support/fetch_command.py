"""`microgenres fetch` as tests give it, against a TMDB server of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from typer.testing import CliRunner, Result

from benchmarks.lib.tmdb_server import TOKEN, TmdbServer
from microgenres.cli.app import app

__all__ = ["FILMS", "command", "environment", "ids", "made"]

FILMS = 150


def environment(tmdb: TmdbServer, **chosen: str) -> dict[str, str]:
    fast = {
        "MICROGENRES_FETCH__BASE_URL": tmdb.url,
        "MICROGENRES_FETCH__REQUESTS_PER_SECOND": "900",
        "MICROGENRES_FETCH__BACKOFF_SECONDS": "0.02",
        "COLUMNS": "120",
    }
    return fast | (chosen or {"TMDB_TOKEN": TOKEN})


def command(tmdb: TmdbServer, *args: object, **chosen: str) -> Result:
    return CliRunner().invoke(
        app, ["fetch", *(str(arg) for arg in args)], env=environment(tmdb, **chosen)
    )


def made(tmdb: TmdbServer, *args: object, **chosen: str) -> dict[str, Any]:
    result = command(tmdb, *args, "--json", **chosen)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def ids(path: Path) -> list[int]:
    found: list[int] = pq.read_table(path, columns=["id"]).column("id").to_pylist()
    return found
