"""`microgenres fetch` with nothing replaced but TMDB itself, which is a server of ours."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import pytest

from benchmarks.lib.tmdb_films import films
from benchmarks.lib.tmdb_server import KEY, TOKEN, TmdbServer
from microgenres.cli.exit_codes import ExitCode
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.sources.tmdb import ATTRIBUTION
from tests.support.fetch_command import FILMS, command, environment, ids, made
from tests.support.prefect_process import PrefectProcess, ask

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("server")]


@pytest.fixture(scope="module")
def undisturbed(server: str, no_keys: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fetch on a good day."""
    out = tmp_path_factory.mktemp("undisturbed")
    with TmdbServer(films(FILMS)) as tmdb:
        told = made(tmdb, "tmdb", "--out", out)
        wanted = [f for f in tmdb.films.values() if f["release_date"] and not f["adult"]]
        assert told["films"]["films"] == len(wanted)
        assert told["requests"] == {"200": len(tmdb.log)}
        lists = [hit for hit in tmdb.log if hit.path == "discover/movie"]
        assert len(tmdb.log) == len(wanted) + len(lists)  # one request per film
    return out


def test_a_catalogue_that_mining_takes(undisturbed: Path) -> None:
    source = open_source(f"tmdb:{undisturbed}", SourceSettings())
    source.check()
    chunks = list(source.read())
    assert sum(chunk.rejects.num_rows for chunk in chunks) == 0
    assert sum(chunk.rows_in for chunk in chunks) == len(ids(undisturbed / "fetch/films.parquet"))
    assert not list((undisturbed / "fetch").glob(".*"))
    assert source.attribution == ATTRIBUTION
    as_a_file = open_source(f"files:{undisturbed / 'fetch' / 'films.parquet'}", SourceSettings())
    assert as_a_file.attribution == ATTRIBUTION


def test_the_same_on_a_bad_day(undisturbed: Path, tmdb: TmdbServer, tmp_path: Path) -> None:
    chance = random.Random(11)
    bad = ("500", "503", "502-html", "reset", "torn", "cut", "garbled", "slow:0.05", "429-bare")
    tmdb.faults["*"] = deque(
        chance.choice(bad) if chance.random() < 0.25 else "" for _ in range(1_000)
    )
    told = made(tmdb, "tmdb", "--out", tmp_path)
    assert told["films"]["missing"] == []
    assert sum(told["requests"].values()) == len(tmdb.log) > FILMS + 10
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_killed_fetch_asks_for_nothing_twice(
    undisturbed: Path, tmdb: TmdbServer, tmp_path: Path
) -> None:
    tmdb.freeze(after=70)
    args = ["tmdb", "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "microgenres.cli.app", "fetch", *args],
        env={**os.environ, **environment(tmdb)},
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 90
        while len(tmdb.answered()) < 70 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)  # what was sent is received
        process.send_signal(signal.SIGKILL)
    answered = tmdb.answered()
    assert len(answered) == len(set(answered)) == 70
    tmdb.freeze_after = None
    tmdb.thaw.set()
    time.sleep(0.3)
    seen = len(tmdb.log)
    told = made(tmdb, *args)
    again = {hit.asked for hit in tmdb.log[seen:]}
    assert again and not again & set(answered)
    assert told["films"]["missing"] == []
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_crash_while_writing_is_gone_on_from(
    tmdb: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("flows.fetch.steps.write_manifest", crash)
        assert command(tmdb, "tmdb", "--limit", 20, "--out", tmp_path).exit_code == 1
    asked = len(tmdb.log)
    assert made(tmdb, "tmdb", "--limit", 20, "--out", tmp_path)["films"]["films"] == 20
    assert len(tmdb.log) == asked
    popular = sorted(
        (f for f in tmdb.films.values() if f["release_date"] and not f["adult"]),
        key=lambda film: (-film["popularity"], film["id"]),
    )[:20]
    assert ids(tmp_path / "fetch/films.parquet") == sorted(film["id"] for film in popular)
    # Another fetch asks for the lists again, but for no film whose answer is kept.
    made(tmdb, "tmdb", "--limit", 20, "--out", tmp_path)
    assert {hit.path for hit in tmdb.log[asked:]} == {"discover/movie"}


def test_a_wrong_key_is_told_and_no_key_too(tmdb: TmdbServer, tmp_path: Path) -> None:
    wrong = command(tmdb, "tmdb", "--out", tmp_path, TMDB_API_KEY="e" * 32)
    assert wrong.exit_code == ExitCode.SOURCE
    assert "TMDB refuses the key of TMDB_API_KEY" in wrong.stderr
    assert len(tmdb.log) == 1
    none = command(tmdb, "tmdb", "--out", tmp_path, COLUMNS="120")
    assert none.exit_code == ExitCode.USAGE
    assert "set TMDB_TOKEN" in none.stderr


def test_a_key_is_on_no_disk_and_in_no_log(
    tmdb: TmdbServer, server: str, prefect: PrefectProcess, tmp_path: Path
) -> None:
    tmdb.faults["*"] = deque(["500", "reset", "", "cut"])
    args = ("tmdb", "--limit", 15, "--out", tmp_path, "--verbose", "--debug")
    result = command(tmdb, *args, TMDB_API_KEY=KEY)
    assert result.exit_code == 0, result.output
    assert {hit.signed for hit in tmdb.log} == {"key"}
    assert ATTRIBUTION in result.stdout
    question = {"artifacts": {"key": {"any_": ["fetch"]}}}
    artifacts = json.dumps(ask(f"{server}/artifacts/filter", question))
    assert "requests a second" in artifacts and ATTRIBUTION in artifacts
    told = result.output + result.stderr + artifacts
    files = [
        path for folder in (prefect.home, tmp_path) for path in folder.rglob("*") if path.is_file()
    ]
    assert any(path.suffix == ".db" for path in files)
    for secret in (KEY, TOKEN):
        assert secret not in told
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


def test_too_many_films_without_an_answer_are_told(tmdb: TmdbServer, tmp_path: Path) -> None:
    tmdb.faults["movie/111"] = deque(["500"] * 7)
    export = tmp_path / "ids.json"
    export.write_text('{"id": 111}\n{"id": 112}\n')
    args = ("tmdb", "--ids", export, "--out", tmp_path)
    refused = command(tmdb, *args)
    assert refused.exit_code == ExitCode.SOURCE
    assert "1 of 2 films" in refused.stderr and "movie/111: 500" in refused.stderr
    assert not (tmp_path / "fetch/films.parquet").exists()
    assert made(tmdb, *args)["films"]["films"] == 2


def test_help_teaches(tmdb: TmdbServer) -> None:
    for name in ("tmdb", "changes"):
        shown = command(tmdb, name, "--help").stdout
        assert f"microgenres fetch {name}" in shown.split("Examples")[1]
    assert "TMDB_TOKEN" in command(tmdb, "--help").stdout
