"""The database of an embedded server is part of the output folder."""

from __future__ import annotations

import os
import sqlite3
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flows.services.embedded_server import embedded_server
from flows.services.prefect_home import empty_database, home_of, prepare_home, save_empty_database
from flows.services.prefect_server import prefect_server
from tests.support.prefect_process import PrefectProcess, ask


@pytest.fixture
def alone(
    prefect: PrefectProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Configure no server."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    home = prefect.empty_home(tmp_path / "user")
    monkeypatch.setenv("PREFECT_HOME", str(home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with temporary_settings({PREFECT_HOME: home}, restore_defaults={PREFECT_API_URL}):
        yield


def run_names(url: str) -> list[str]:
    return [run["name"] for run in ask(f"{url}/flow_runs/filter", {})]


def record(url: str, name: str) -> None:
    flow = ask(f"{url}/flows/", {"name": "mine"})
    ask(f"{url}/flow_runs/", {"flow_id": flow["id"], "name": name})


def test_a_folder_shows_its_own_runs_also_after_it_is_moved(alone: None, tmp_path: Path) -> None:
    # characters that an address of a database would read in another way
    here, other = tmp_path / "films 100%? #1", tmp_path / "other"
    with prefect_server(here / "work" / "server.log", home_of(here)) as url:
        record(url, "ours")
    with prefect_server(other / "work" / "server.log", home_of(other)) as url:
        assert run_names(url) == []
        record(url, "theirs")
    moved = tmp_path / "moved"
    here.rename(moved)
    with prefect_server(moved / "work" / "server.log", home_of(moved)) as url:
        assert run_names(url) == ["ours"]


def test_a_new_folder_gets_a_copy_of_the_empty_database(alone: None, tmp_path: Path) -> None:
    _, is_new = prepare_home(tmp_path / "own")
    assert not is_new
    assert (tmp_path / "own" / "prefect.db").read_bytes() == empty_database().read_bytes()
    (tmp_path / "own" / "prefect.db").write_bytes(b"runs of this folder")
    prepare_home(tmp_path / "own")
    assert (tmp_path / "own" / "prefect.db").read_bytes() == b"runs of this folder"
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["prefect.db"]


def test_the_first_server_of_a_machine_leaves_an_empty_database(
    alone: None, tmp_path: Path
) -> None:
    empty_database().unlink()
    with embedded_server(tmp_path / "server.log", tmp_path / "own") as server:
        with urllib.request.urlopen(f"{server.url}/health", timeout=30) as answer:
            assert answer.status == 200
        assert prepare_home(tmp_path / "next")[1] is False
    with closing(sqlite3.connect(tmp_path / "next" / "prefect.db")) as copy:
        assert copy.execute("SELECT count(*) FROM flow_run").fetchone() == (0,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_with_runs_is_not_copied(alone: None, tmp_path: Path) -> None:
    prepare_home(tmp_path / "own")
    empty_database().unlink()
    with closing(sqlite3.connect(tmp_path / "own" / "prefect.db")) as used, used:
        used.execute("CREATE TABLE IF NOT EXISTS flow (id)")
        columns = [row[1] for row in used.execute("PRAGMA table_info(flow)")]
        marks = ",".join("?" * len(columns))
        values = ["{}" if name in ("tags", "labels") else name for name in columns]
        used.execute(f"INSERT INTO flow ({','.join(columns)}) VALUES ({marks})", values)
    save_empty_database(tmp_path / "own")
    assert list(empty_database().parent.glob("microgenres-*")) == []


def test_a_database_of_the_user_and_profiles_are_used(
    alone: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = tmp_path / "100%"
    environment, _ = prepare_home(strange)
    assert environment["PREFECT_PROFILES_PATH"] == str(tmp_path / "user" / "profiles.toml")
    assert environment["PREFECT_API_DATABASE_CONNECTION_URL"].endswith("/100%25/prefect.db")
    monkeypatch.setenv("PREFECT_SERVER_DATABASE_CONNECTION_URL", "postgresql+asyncpg://h/p")
    environment, _ = prepare_home(strange)
    assert "PREFECT_API_DATABASE_CONNECTION_URL" not in environment
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "user"), "only that of the server changes"
