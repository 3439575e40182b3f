"""Log records of real workers arrive at the driver of their run, and at no other."""

from __future__ import annotations

import logging
import time

import pytest
from distributed import Client

from pipeline.execution.cluster import local_cluster
from pipeline.observability.log_records import log_context
from pipeline.observability.worker_logs import forward_worker_logs
from pipeline.settings import DaskSettings

LOGGER = logging.getLogger("pipeline.observability.worker_logs")


def log(run: str, message: str) -> None:
    with log_context(run=run, stage="embed", piece="p00001"):
        LOGGER.info("%s", message)
        LOGGER.debug("below the level")


@pytest.fixture(scope="module")
def client() -> Client:
    with local_cluster(DaskSettings(workers=1)) as client:
        yield client


def test_records_arrive_with_context(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pipeline"), forward_worker_logs(client, "run-1"):
        client.submit(log, "run-2", "another run's", pure=False).result()
        client.submit(log, "run-1", "ours", pure=False).result()
        deadline = time.monotonic() + 20
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
    (received,) = [record for record in caplog.records if record.name == LOGGER.name]
    assert received.getMessage() == "ours"
    assert (received.run, received.stage, received.piece) == ("run-1", "embed", "p00001")
    assert received.worker in client.scheduler_info()["workers"]


def test_two_runs_one_after_the_other(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    for run in ("run-3", "run-4"):
        with caplog.at_level(logging.INFO, "pipeline"), forward_worker_logs(client, run):
            client.submit(log, run, f"of {run}", pure=False).result()
            deadline = time.monotonic() + 20
            while f"of {run}" not in caplog.messages and time.monotonic() < deadline:
                time.sleep(0.05)
    assert [m for m in caplog.messages if m.startswith("of ")] == ["of run-3", "of run-4"]
