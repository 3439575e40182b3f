"""Fixtures for all tests."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.lib.browser import find_chromium, open_browser
from tests.support.prefect_process import PrefectProcess, prefect_process

if TYPE_CHECKING:
    from tests.support.mine_command import Mined


@pytest.fixture(scope="session")
def lock_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one pytest run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="module", autouse=True)
def _alone_where_it_measures(request: pytest.FixtureRequest, lock_folder: Path) -> Iterator[None]:
    """Run a file marked `alone` while no other file runs: it measures time or memory.

    Each file locks the gate for a moment. A file that measures keeps the lock, so that no other
    file starts, and waits until the running ones have ended.
    """
    alone = request.node.get_closest_marker("alone") is not None
    with (
        (lock_folder / "gate").open("ab") as gate,
        (lock_folder / "running").open("ab") as running,
    ):
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(running, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        if not alone:
            fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of real catalogues, which are not part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MICROGENRES_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no real catalogues: set MICROGENRES_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectProcess]:
    """Return a Prefect server that tests share; a test that needs it enters `used`."""
    with prefect_process(tmp_path_factory.mktemp("prefect")) as process:
        yield process


@pytest.fixture(scope="module")
def server(prefect: PrefectProcess) -> Iterator[str]:
    """Return the address of the Prefect server for the runs of a module."""
    with prefect.used() as url:
        yield url


@pytest.fixture(scope="session")
def mined(prefect: PrefectProcess, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """Return the sample, mined once per session by two workers."""
    from tests.support.mine_command import run  # imports Prefect, which few tests need

    with prefect.used():
        return run(["sample"], tmp_path_factory.mktemp("mined") / "out", 2)


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return the browser of the system, with WebGL if the module sets `WEBGL = True`."""
    if find_chromium() is None:
        pytest.skip("no chromium on this machine: install it to test pages in a browser")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with open_browser(webgl=getattr(request.module, "WEBGL", False)) as started:
        yield started
