"""A fake TMDB server for the tests of flows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.lib.tmdb_films import films
from benchmarks.lib.tmdb_server import TmdbServer
from tests.support.fetch_command import FILMS


@pytest.fixture(scope="module")
def no_keys() -> Iterator[None]:
    """Hide the TMDB keys of the user who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMDB_TOKEN", "TMDB_API_KEY"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def tmdb(no_keys: None) -> Iterator[TmdbServer]:
    """Return a new fake TMDB server with some films."""
    with TmdbServer(films(FILMS)) as running:
        yield running
