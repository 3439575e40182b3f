"""One release for all tests of this folder."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.api.snapshot import Snapshots
from serve.catalogue.catalogue import Catalogue
from tests.support.api_client import client_of
from tests.support.earlier_release import drop_later_columns
from tests.support.served_release import build


@pytest.fixture(scope="session", autouse=True)
def _free_databases() -> Iterator[None]:
    """Free what tests have opened: DuckDB complains of what is open when the interpreter ends."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the release; no test may write to it."""
    return build(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def earlier_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same release as an earlier version wrote it; no test may write to it."""
    folder = build(tmp_path_factory.mktemp("earlier"))
    drop_later_columns(folder)
    manifest = folder / "manifest.json"
    document = json.loads(manifest.read_text("utf-8"))
    del document["shelves"]
    manifest.write_text(json.dumps(document), encoding="utf-8")
    report = folder / "report.json"
    values = json.loads(report.read_text("utf-8"))
    del values["name_truth"]
    report.chmod(0o644)
    report.write_text(json.dumps(values), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def catalogue(release: Path) -> Catalogue:
    """The open release."""
    return Catalogue(release)


@pytest.fixture(scope="session")
def snapshots(release: Path) -> Snapshots:
    """The release as the API serves it."""
    return Snapshots(release, ServeSettings())


@pytest.fixture(scope="module")
def client(snapshots: Snapshots) -> TestClient:
    return client_of(snapshots)


@pytest.fixture(scope="session")
def films(release: Path) -> list[dict[str, Any]]:
    """The rows of its movies.parquet."""
    found: list[dict[str, Any]] = pq.read_table(release / "movies.parquet").to_pylist()
    return found
