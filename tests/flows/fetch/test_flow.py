"""`microgenres fetch` against a fake TMDB server; nothing else is replaced."""

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
from tests.support.fetch_command import FILMS, environment, fetch, fetch_manifest, ids
from tests.support.prefect_process import PrefectProcess, ask

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [pytest.mark.timeout(300), pytest.mark.usefixtures("server")]


@pytest.fixture(scope="module")
def undisturbed(server: str, no_keys: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a fetch without any failure."""
    out = tmp_path_factory.mktemp("undisturbed")
    with TmdbServer(films(FILMS)) as tmdb:
        manifest = fetch_manifest(tmdb, "tmdb", "--out", out)
        wanted = [f for f in tmdb.films.values() if f["release_date"] and not f["adult"]]
        assert manifest["films"]["films"] == len(wanted)
        assert manifest["requests"] == {"200": len(tmdb.log)}
        lists = [hit for hit in tmdb.log if hit.path == "discover/movie"]
        assert len(tmdb.log) == len(wanted) + len(lists)  # one request per film
    return out


def test_the_catalogue_is_a_source_for_mining(undisturbed: Path) -> None:
    source = open_source(f"tmdb:{undisturbed}", SourceSettings())
    source.check()
    chunks = list(source.read())
    assert sum(chunk.rejects.num_rows for chunk in chunks) == 0
    assert sum(chunk.rows_in for chunk in chunks) == len(ids(undisturbed / "fetch/films.parquet"))
    assert not list((undisturbed / "fetch").glob(".*"))
    assert source.attribution == ATTRIBUTION
    as_a_file = open_source(f"files:{undisturbed / 'fetch' / 'films.parquet'}", SourceSettings())
    assert as_a_file.attribution == ATTRIBUTION


def test_failures_of_the_server_do_not_change_the_catalogue(
    undisturbed: Path, tmdb: TmdbServer, tmp_path: Path
) -> None:
    chance = random.Random(11)
    bad = ("500", "503", "502-html", "reset", "torn", "cut", "garbled", "slow:0.05", "429-bare")
    tmdb.faults["*"] = deque(
        chance.choice(bad) if chance.random() < 0.25 else "" for _ in range(1_000)
    )
    manifest = fetch_manifest(tmdb, "tmdb", "--out", tmp_path)
    assert manifest["films"]["missing"] == []
    assert sum(manifest["requests"].values()) == len(tmdb.log) > FILMS + 10
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_killed_fetch_requests_nothing_twice(
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
        time.sleep(0.5)  # so that every sent response is stored
        process.send_signal(signal.SIGKILL)
    answered = tmdb.answered()
    assert len(answered) == len(set(answered)) == 70
    tmdb.freeze_after = None
    tmdb.thaw.set()
    time.sleep(0.3)
    seen = len(tmdb.log)
    manifest = fetch_manifest(tmdb, *args)
    again = {hit.query for hit in tmdb.log[seen:]}
    assert again and not again & set(answered)
    assert manifest["films"]["missing"] == []
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_fetch_resumes_after_a_crash_while_writing(
    tmdb: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("flows.fetch.steps.write_manifest", crash)
        assert fetch(tmdb, "tmdb", "--limit", 20, "--out", tmp_path).exit_code == 1
    requests = len(tmdb.log)
    assert fetch_manifest(tmdb, "tmdb", "--limit", 20, "--out", tmp_path)["films"]["films"] == 20
    assert len(tmdb.log) == requests
    popular = sorted(
        (f for f in tmdb.films.values() if f["release_date"] and not f["adult"]),
        key=lambda film: (-film["popularity"], film["id"]),
    )[:20]
    assert ids(tmp_path / "fetch/films.parquet") == sorted(film["id"] for film in popular)
    # Another fetch requests the lists again, but no film whose response is stored.
    fetch_manifest(tmdb, "tmdb", "--limit", 20, "--out", tmp_path)
    assert {hit.path for hit in tmdb.log[requests:]} == {"discover/movie"}


def test_a_wrong_or_missing_key_is_an_error(tmdb: TmdbServer, tmp_path: Path) -> None:
    wrong = fetch(tmdb, "tmdb", "--out", tmp_path, TMDB_API_KEY="e" * 32)
    assert wrong.exit_code == ExitCode.SOURCE
    assert "TMDB refuses the key of TMDB_API_KEY" in wrong.stderr
    assert len(tmdb.log) == 1
    missing = fetch(tmdb, "tmdb", "--out", tmp_path, COLUMNS="120")
    assert missing.exit_code == ExitCode.USAGE
    assert "set TMDB_TOKEN" in missing.stderr


def test_the_key_is_in_no_file_and_no_log(
    tmdb: TmdbServer, server: str, prefect: PrefectProcess, tmp_path: Path
) -> None:
    tmdb.faults["*"] = deque(["500", "reset", "", "cut"])
    args = ("tmdb", "--limit", 15, "--out", tmp_path, "--verbose", "--debug")
    result = fetch(tmdb, *args, TMDB_API_KEY=KEY)
    assert result.exit_code == 0, result.output
    assert {hit.signed for hit in tmdb.log} == {"key"}
    assert ATTRIBUTION in result.stdout
    question = {"artifacts": {"key": {"any_": ["fetch"]}}}
    artifacts = json.dumps(ask(f"{server}/artifacts/filter", question))
    assert "requests per second" in artifacts and ATTRIBUTION in artifacts
    texts = result.output + result.stderr + artifacts
    files = [
        path for folder in (prefect.home, tmp_path) for path in folder.rglob("*") if path.is_file()
    ]
    assert any(path.suffix == ".db" for path in files)
    for secret in (KEY, TOKEN):
        assert secret not in texts
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


def test_too_many_films_without_a_response_are_an_error(tmdb: TmdbServer, tmp_path: Path) -> None:
    tmdb.faults["movie/111"] = deque(["500"] * 7)
    export = tmp_path / "ids.json"
    export.write_text('{"id": 111}\n{"id": 112}\n')
    args = ("tmdb", "--ids", export, "--out", tmp_path)
    refused = fetch(tmdb, *args)
    assert refused.exit_code == ExitCode.SOURCE
    assert "1 of 2 films" in refused.stderr and "movie/111: 500" in refused.stderr
    assert not (tmp_path / "fetch/films.parquet").exists()
    assert fetch_manifest(tmdb, *args)["films"]["films"] == 2


def test_help_shows_examples(tmdb: TmdbServer) -> None:
    for name in ("tmdb", "changes"):
        shown = fetch(tmdb, name, "--help").stdout
        assert f"microgenres fetch {name}" in shown.split("Examples")[1]
    assert "TMDB_TOKEN" in fetch(tmdb, "--help").stdout
