"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prefect_process import PrefectProcess, prefect_process


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real catalogues, which is never part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MICROGENRES_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no real catalogues: set MICROGENRES_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectProcess]:
    """A Prefect server that tests share; who wants it enters `used`."""
    with prefect_process(tmp_path_factory.mktemp("prefect")) as process:
        yield process
