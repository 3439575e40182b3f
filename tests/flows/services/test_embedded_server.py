"""The embedded server that starts before Prefect is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows.services.embedded_server import early_server, embedded_server
from flows.services.prefect_server import prefect_server
from tests.support.prefect_process import PrefectProcess


@pytest.fixture
def alone(
    prefect: PrefectProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Configure no server, in an empty home folder and an empty current folder."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

    home = prefect.empty_home(tmp_path / "home")
    monkeypatch.setenv("PREFECT_HOME", str(home))
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with temporary_settings({PREFECT_HOME: home}, restore_defaults={PREFECT_API_URL}):
        yield


Servers = Callable[[], set[int]]


@pytest.fixture
def servers(prefect: PrefectProcess) -> Servers:
    """Return a function that finds the servers which the test has started."""

    def find() -> set[int]:
        found = psutil.Process().children(recursive=True)
        return {one.pid for one in found if "flows.services.process" in one.cmdline()}

    shared = find()  # of the whole session
    return lambda: find() - shared


def test_a_run_uses_the_server_that_was_started_for_its_log(
    alone: None, servers: Servers, tmp_path: Path
) -> None:
    log = tmp_path / "server.log"
    with early_server(log):
        (early,) = servers()
        with prefect_server(log):
            assert servers() == {early}
        assert servers() == set(), "the run ends the server that it used"
    assert servers() == set()


def test_a_server_that_no_run_used_ends(alone: None, servers: Servers, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), early_server(tmp_path / "server.log"):
        assert len(servers()) == 1
        raise KeyboardInterrupt
    assert servers() == set()


def test_a_run_with_another_log_or_port_starts_its_own(
    alone: None, servers: Servers, tmp_path: Path
) -> None:
    with early_server(tmp_path / "one.log"):
        (early,) = servers()
        with embedded_server(tmp_path / "two.log") as server:
            assert len(servers() - {early}) == 1
            assert server.log == tmp_path / "two.log"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("home/profiles.toml", '[profiles.own]\nPREFECT_API_URL = "http://h:4200/api"\n'),
        ("here/prefect.toml", '[api]\nurl = "http://h:4200/api"\n'),
        ("here/.env", "PREFECT_API_URL=http://h:4200/api\n"),
        ("here/pyproject.toml", '[tool.prefect.api]\nurl = "http://h:4200/api"\n'),
    ],
)
def test_none_starts_if_a_file_may_name_another(
    alone: None, servers: Servers, tmp_path: Path, file: str, text: str
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with early_server(tmp_path / "server.log"):
        assert servers() == set()
    assert not (tmp_path / "server.log").exists()


def test_none_starts_if_the_environment_names_one(
    alone: None, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://h:4200/api")
    with early_server(tmp_path / "server.log"):
        assert servers() == set()


def test_a_folder_that_cannot_be_written_is_left_to_the_run(
    alone: None, servers: Servers, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with early_server(tmp_path / "file" / "server.log"):
        assert servers() == set()
