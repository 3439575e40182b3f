"""What real workers log comes to the run that they work for, and to no other."""

from __future__ import annotations

import logging
import time

import pytest
from distributed import Client

from pipeline.execution.cluster import local_cluster
from pipeline.observability.log_records import logged_as
from pipeline.observability.worker_logs import from_workers
from pipeline.settings import DaskSettings

SAYING = logging.getLogger("pipeline.observability.worker_logs")


def say(run: str, message: str) -> None:
    with logged_as(run=run, stage="embed", piece="p00001"):
        SAYING.info("%s", message)
        SAYING.debug("too quiet")


@pytest.fixture(scope="module")
def client() -> Client:
    with local_cluster(DaskSettings(workers=1)) as opened:
        yield opened


def test_records_arrive_with_their_names(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "pipeline"), from_workers(client, "run-1"):
        client.submit(say, "run-2", "another run's", pure=False).result()
        client.submit(say, "run-1", "ours", pure=False).result()
        deadline = time.monotonic() + 20
        while not caplog.records and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
    (told,) = [found for found in caplog.records if found.name == SAYING.name]
    assert told.getMessage() == "ours"
    assert (told.run, told.stage, told.piece) == ("run-1", "embed", "p00001")
    assert told.worker in client.scheduler_info()["workers"]


def test_two_runs_may_listen_one_after_the_other(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for run in ("run-3", "run-4"):
        with caplog.at_level(logging.INFO, "pipeline"), from_workers(client, run):
            client.submit(say, run, f"of {run}", pure=False).result()
            deadline = time.monotonic() + 20
            while f"of {run}" not in caplog.messages and time.monotonic() < deadline:
                time.sleep(0.05)
    assert [m for m in caplog.messages if m.startswith("of ")] == ["of run-3", "of run-4"]
