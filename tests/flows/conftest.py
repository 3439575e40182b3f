"""One mining of the sample for all tests of flows that look at one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.mined import Mined, run
from tests.prefect_process import PrefectProcess


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
