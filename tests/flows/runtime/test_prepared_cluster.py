"""A cluster that starts before its run needs it."""

from __future__ import annotations

import psutil
import pytest

from flows.runtime.prepared_cluster import open_cluster, prepared_cluster
from pipeline.errors import StageError
from pipeline.settings import DaskSettings

ONE = DaskSettings(workers=1)


def test_the_run_with_its_settings_uses_it() -> None:
    with prepared_cluster(ONE):
        with open_cluster(ONE) as client:
            (first,) = client.run(_pid).values()
            assert client.status == "running"
        assert client.status == "closed"
        assert not psutil.pid_exists(first)
        with open_cluster(ONE) as client:  # another one, since the prepared one is used
            (second,) = client.run(_pid).values()
    assert first != second


def test_a_run_with_other_settings_starts_its_own() -> None:
    with prepared_cluster(ONE), open_cluster(DaskSettings(workers=2)) as client:
        assert len(client.run(_pid)) == 2


def test_it_ends_if_no_run_used_it() -> None:
    before = set(_workers())
    with prepared_cluster(ONE):
        pass
    assert set(_workers()) <= before


def test_why_it_did_not_start_is_the_error_of_the_run() -> None:
    wrong = DaskSettings(workers=1, dashboard="256.0.0.1:1")
    with (
        prepared_cluster(wrong),
        pytest.raises(StageError, match="cannot be started"),
        open_cluster(wrong),
    ):
        pass


def test_with_a_scheduler_nothing_is_started() -> None:
    before = set(_workers())
    with prepared_cluster(DaskSettings(scheduler="tcp://127.0.0.1:9")):
        assert set(_workers()) <= before


def _workers() -> list[int]:
    found = psutil.Process().children(recursive=True)
    return [one.pid for one in found if "forkserver" in " ".join(one.cmdline())][1:]


def _pid() -> int:
    import os

    return os.getpid()
