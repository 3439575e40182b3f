"""One mining of the sample for all tests of flows that look at one, and servers that flows ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.lib.tmdb_films import films
from benchmarks.lib.tmdb_server import TmdbServer
from tests.support.fetch_command import FILMS
from tests.support.mine_command import Mined, run
from tests.support.prefect_process import PrefectProcess


@pytest.fixture(scope="session")
def mined(prefect: PrefectProcess, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """The sample, mined by two workers; Prefect's server is let go afterwards."""
    with prefect.used():
        return run(["sample"], tmp_path_factory.mktemp("mined") / "out", 2)


@pytest.fixture(scope="module")
def server(prefect: PrefectProcess) -> Iterator[str]:
    """The address of the Prefect server that runs of a module use."""
    with prefect.used() as url:
        yield url


@pytest.fixture(scope="module")
def no_keys() -> Iterator[None]:
    """Who runs the tests may have keys of TMDB: they are not used."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMDB_TOKEN", "TMDB_API_KEY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def tmdb(no_keys: None) -> Iterator[TmdbServer]:
    """A TMDB of some films, new for each test."""
    with TmdbServer(films(FILMS)) as running:
        yield running
