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
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.exits import ExitCode
from flows.server import prefect_server
from flows.update import bring
from pipeline.released import ReleasedTables
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.sources.tmdb import ATTRIBUTION
from tests.mined_release import mined_release, settings_of
from tests.pipeline.small_model import build_model
from tests.prefect_process import ask
from tests.tmdb_films import FIRST_ID, film, films
from tests.tmdb_server import KEY, TOKEN, TmdbServer

ROOT = Path(__file__).resolve().parents[2]
FILMS = 150

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module", autouse=True)
def prefect(home: Path) -> Iterator[str]:
    """One Prefect server for all runs here."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(home))
        for name in ("PREFECT_API_URL", "TMDB_TOKEN", "TMDB_API_KEY"):
            patch.delenv(name, raising=False)
        with (
            temporary_settings({PREFECT_HOME: home}, restore_defaults={PREFECT_API_URL}),
            prefect_server(home / "server.log") as url,
        ):
            patch.setenv("PREFECT_API_URL", url)
            yield url


@pytest.fixture
def server() -> Iterator[TmdbServer]:
    with TmdbServer(films(FILMS)) as running:
        yield running


@pytest.fixture
def today() -> date:
    """The day in UTC, which does not end while a test runs: near midnight the next is awaited."""
    while (datetime.now(UTC) + timedelta(seconds=60)).date() != datetime.now(UTC).date():
        time.sleep(1)
    return datetime.now(UTC).date()


def environment(server: TmdbServer, **chosen: str) -> dict[str, str]:
    fast = {
        "MICROGENRES_FETCH__BASE_URL": server.url,
        "MICROGENRES_FETCH__REQUESTS_PER_SECOND": "900",
        "MICROGENRES_FETCH__BACKOFF_SECONDS": "0.02",
        "COLUMNS": "120",
    }
    return fast | (chosen or {"TMDB_TOKEN": TOKEN})


def command(server: TmdbServer, *args: object, **chosen: str) -> Result:
    return CliRunner().invoke(
        app, ["fetch", *(str(arg) for arg in args)], env=environment(server, **chosen)
    )


def made(server: TmdbServer, *args: object, **chosen: str) -> dict[str, Any]:
    result = command(server, *args, "--json", **chosen)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def ids(path: Path) -> list[int]:
    found: list[int] = pq.read_table(path, columns=["id"]).column("id").to_pylist()
    return found


@pytest.fixture(scope="module")
def undisturbed(prefect: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fetch on a good day."""
    out = tmp_path_factory.mktemp("undisturbed")
    with TmdbServer(films(FILMS)) as server:
        told = made(server, "tmdb", "--out", out)
        wanted = [f for f in server.films.values() if f["release_date"] and not f["adult"]]
        assert told["films"]["films"] == len(wanted)
        assert told["requests"] == {"200": len(server.log)}
        lists = [hit for hit in server.log if hit.path == "discover/movie"]
        assert len(server.log) == len(wanted) + len(lists)  # one request per film
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


def test_the_same_on_a_bad_day(undisturbed: Path, server: TmdbServer, tmp_path: Path) -> None:
    chance = random.Random(11)
    bad = ("500", "503", "502-html", "reset", "torn", "cut", "garbled", "slow:0.05", "429-bare")
    server.faults["*"] = deque(
        chance.choice(bad) if chance.random() < 0.25 else "" for _ in range(1_000)
    )
    told = made(server, "tmdb", "--out", tmp_path)
    assert told["films"]["missing"] == []
    assert sum(told["requests"].values()) == len(server.log) > FILMS + 10
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_killed_fetch_asks_for_nothing_twice(
    undisturbed: Path, server: TmdbServer, tmp_path: Path
) -> None:
    server.freeze(after=70)
    args = ["tmdb", "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "fetch", *args],
        env={**os.environ, **environment(server)}, cwd=ROOT, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 90
        while len(server.answered()) < 70 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)  # what was sent is received
        process.send_signal(signal.SIGKILL)
    answered = server.answered()
    assert len(answered) == len(set(answered)) == 70
    server.freeze_after = None
    server.thaw.set()
    time.sleep(0.3)
    seen = len(server.log)
    told = made(server, *args)
    again = {hit.asked for hit in server.log[seen:]}
    assert again and not again & set(answered)
    assert told["films"]["missing"] == []
    one, other = (out / "fetch" / "films.parquet" for out in (undisturbed, tmp_path))
    assert one.read_bytes() == other.read_bytes()


def test_a_crash_while_writing_is_gone_on_from(
    server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr("flows.fetch_steps.write_manifest", crash)
        assert command(server, "tmdb", "--limit", 20, "--out", tmp_path).exit_code == 1
    asked = len(server.log)
    assert made(server, "tmdb", "--limit", 20, "--out", tmp_path)["films"]["films"] == 20
    assert len(server.log) == asked
    popular = sorted(
        (f for f in server.films.values() if f["release_date"] and not f["adult"]),
        key=lambda film: (-film["popularity"], film["id"]),
    )[:20]
    assert ids(tmp_path / "fetch/films.parquet") == sorted(film["id"] for film in popular)
    # Another fetch asks for the lists again, but for no film whose answer is kept.
    made(server, "tmdb", "--limit", 20, "--out", tmp_path)
    assert {hit.path for hit in server.log[asked:]} == {"discover/movie"}


def test_changes_are_asked_for_again_and_those_alone(
    server: TmdbServer, tmp_path: Path, today: date
) -> None:
    export = tmp_path / "ids.json"
    known = [film for film in range(FIRST_ID, FIRST_ID + 40) if film % 97]
    export.write_text("".join(f'{{"id": {film}, "popularity": 1}}\n' for film in [*known, 99]))
    first = made(server, "tmdb", "--ids", export, "--review-pages", 3, "--out", tmp_path)
    assert first["films"]["not_there"] == [99]
    assert ids(tmp_path / "fetch/films.parquet") == known
    reviews = pq.read_table(tmp_path / "fetch/films.parquet", columns=["id", "reviews"])
    held = {row["id"]: len(row["reviews"]) for row in reviews.to_pylist()}
    assert held == {film: len(server.films[film]["reviews"]) for film in known}
    assert max(held.values()) > 20

    server.films[105]["overview"] = "Told anew."
    server.films[106]["title"] = "Another Title"
    del server.films[107]
    server.changes = {
        today - timedelta(days=30): [101],  # before
        today - timedelta(days=20): [105, 145],
        today - timedelta(days=3): [106, 107, 5, 105],
    }
    server.prepared.clear()
    server.log.clear()
    since = today - timedelta(days=25)
    told = made(server, "changes", "--since", since, "--review-pages", 3, "--out", tmp_path)
    asked = {hit.path for hit in server.log if hit.path.count("/") == 1}
    assert asked == {"movie/changes", "movie/105", "movie/106", "movie/107"}
    assert told["withdrawn"] == [107]
    assert told["as_of"] == today.isoformat()
    changed = pq.read_table(tmp_path / "fetch/changed.parquet").to_pylist()
    assert [row["id"] for row in changed] == [105, 106]
    whole = {row["id"]: row for row in pq.read_table(tmp_path / "fetch/films.parquet").to_pylist()}
    assert sorted(whole) == [film for film in known if film != 107]
    assert whole[105]["overview"] == "Told anew."
    assert whole[106]["title"] == "Another Title"

    # A change that cannot be had is not forgotten for the older answer that there is.
    server.changes[today] = [110]
    server.faults["movie/110"] = deque(["500"] * 7)
    since = today - timedelta(days=2)
    lost = command(server, "changes", "--since", since, "--review-pages", 3, "--out", tmp_path)
    assert lost.exit_code == ExitCode.SOURCE
    assert "movie/110: 500" in lost.stderr

    since = today - timedelta(days=25)
    with_new = made(server, "changes", "--since", since, "--new", "--out", tmp_path)
    assert 145 in ids(tmp_path / "fetch/films.parquet")
    assert with_new["films"]["not_there"] == [5, 107]


def test_films_gone_at_tmdb_are_withdrawn_by_an_update(
    server: TmdbServer, tmp_path: Path, today: date
) -> None:
    known = [film for film in range(FIRST_ID, FIRST_ID + 60) if film % 97]
    (tmp_path / "ids.json").write_text("".join(f'{{"id": {n}, "popularity": 1}}\n' for n in known))
    made(server, "tmdb", "--ids", tmp_path / "ids.json", "--out", tmp_path)
    source = f"tmdb:{tmp_path}"
    rows = pa.concat_tables(c.movies for c in open_source(source, SourceSettings()).read())
    model = build_model(tmp_path / "model")
    mined_release(tmp_path, model, rows)

    def changed_today(*films: int) -> dict[str, Any]:
        server.changes = {today: list(films)}
        server.prepared.clear()
        return made(server, "changes", "--since", today, "--out", tmp_path)

    def brought(*, only_changes: bool) -> ReleasedTables:
        found = bring([source], str(tmp_path), settings_of(model), only_changes=only_changes)
        return ReleasedTables(Path(found.path))

    del server.films[107]
    assert changed_today(107)["withdrawn"] == [107]
    whole = brought(only_changes=False)
    assert whole.report["update"]["withdrawn"] == 1
    ids = set(whole.movies["movie_id"].to_pylist())
    assert ids == {str(film) for film in known} - {"107"}
    assert whole.report["attribution"] == ATTRIBUTION
    for file in ("README.md", "report.html"):
        assert ATTRIBUTION in (whole.path / file).read_text(encoding="utf-8")

    # Two fetches, one update: what the first of them found to be gone is not forgotten.
    del server.films[110]
    assert changed_today(110)["withdrawn"] == [110]
    del server.films[120]
    told = changed_today(120)
    assert (told["withdrawn"], told["gone"]) == ([120], [107, 110, 120])
    part = brought(only_changes=True)
    assert part.report["update"]["withdrawn"] == 2
    assert ids - set(part.movies["movie_id"].to_pylist()) == {"110", "120"}

    # A film that is back is a film again.
    server.films[110] = film(110)
    assert changed_today(110)["changed"]["films"] == 0  # the catalogue does not know it any more
    server.changes = {today: [110]}
    again = made(server, "changes", "--since", today, "--new", "--out", tmp_path)
    assert again["gone"] == [107, 120]
    assert brought(only_changes=True).report["update"]["added"] == 1


def test_changes_without_a_catalogue_are_refused(server: TmdbServer, tmp_path: Path) -> None:
    result = command(server, "changes", "--since", "2026-01-01", "--out", tmp_path)
    assert result.exit_code == ExitCode.SOURCE
    assert "microgenres fetch tmdb" in result.stderr


def test_a_wrong_key_is_told_and_no_key_too(server: TmdbServer, tmp_path: Path) -> None:
    wrong = command(server, "tmdb", "--out", tmp_path, TMDB_API_KEY="e" * 32)
    assert wrong.exit_code == ExitCode.SOURCE
    assert "TMDB refuses the key of TMDB_API_KEY" in wrong.stderr
    assert len(server.log) == 1
    none = command(server, "tmdb", "--out", tmp_path, COLUMNS="120")
    assert none.exit_code == ExitCode.USAGE
    assert "set TMDB_TOKEN" in none.stderr


def test_a_key_is_on_no_disk_and_in_no_log(
    server: TmdbServer, prefect: str, home: Path, tmp_path: Path
) -> None:
    server.faults["*"] = deque(["500", "reset", "", "cut"])
    args = ("tmdb", "--limit", 15, "--out", tmp_path, "--verbose", "--debug")
    result = command(server, *args, TMDB_API_KEY=KEY)
    assert result.exit_code == 0, result.output
    assert {hit.signed for hit in server.log} == {"key"}
    assert ATTRIBUTION in result.stdout
    question = {"artifacts": {"key": {"any_": ["fetch"]}}}
    artifacts = json.dumps(ask(f"{prefect}/artifacts/filter", question))
    assert "requests a second" in artifacts and ATTRIBUTION in artifacts
    told = result.output + result.stderr + artifacts
    files = [path for folder in (home, tmp_path) for path in folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    for secret in (KEY, TOKEN):
        assert secret not in told
        assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


def test_too_many_films_without_an_answer_are_told(server: TmdbServer, tmp_path: Path) -> None:
    server.faults["movie/111"] = deque(["500"] * 7)
    export = tmp_path / "ids.json"
    export.write_text('{"id": 111}\n{"id": 112}\n')
    args = ("tmdb", "--ids", export, "--out", tmp_path)
    refused = command(server, *args)
    assert refused.exit_code == ExitCode.SOURCE
    assert "1 of 2 films" in refused.stderr and "movie/111: 500" in refused.stderr
    assert not (tmp_path / "fetch/films.parquet").exists()
    assert made(server, *args)["films"]["films"] == 2


def test_help_teaches(server: TmdbServer) -> None:
    for name in ("tmdb", "changes"):
        shown = command(server, name, "--help").stdout
        assert f"microgenres fetch {name}" in shown.split("Examples")[1]
    assert "TMDB_TOKEN" in command(server, "--help").stdout
