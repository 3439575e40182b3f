"""The database of the upkeep, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from flows.services.embedded_server import free_port
from pipeline.recommend.lifecycle.database import TABLES, UpkeepDatabase, database_url
from tests.support.postgresql import postgres, programs


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield database_url(tmp_path_factory.mktemp("upkeep"))
        return
    folder = programs()
    if folder is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed: CI must have it")
        pytest.skip("PostgreSQL is not installed")
    port = free_port()
    password = secrets.token_hex(8)
    with postgres(folder, port, "upkeep", password):
        yield f"postgresql://upkeep:{password}@127.0.0.1:{port}/upkeep"


@pytest.fixture
def database(url: str) -> Iterator[UpkeepDatabase]:
    """An empty database."""
    opened = UpkeepDatabase(url)
    with opened.transaction() as connection:
        for name in ("alerts", "metrics", "decisions", "ingestions", "versions"):
            connection.execute(TABLES[name].delete())
    yield opened
    opened.close()
