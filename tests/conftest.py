"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real catalogues, which is never part of the project."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MICROGENRES_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("no real catalogues: set MICROGENRES_TEST_DATA to their folder")
    return folder
