"""Workers of a local cluster: how they start and end."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from pipeline.execution.cluster import local_cluster
from pipeline.settings import DaskSettings, EmbedSettings
from pipeline.warmup import warm
from tests.support.films import exact


class _Slow:
    """An object that takes longer to delete than the cluster waits for a worker."""

    def __del__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        sleep(60)


def _hold() -> None:
    sys.slow = _Slow()  # type: ignore[attr-defined] # lives until the interpreter ends


def test_a_worker_ends_without_deleting_its_objects(caplog: pytest.LogCaptureFixture) -> None:
    with local_cluster(DaskSettings(workers=1)) as client:
        caplog.set_level(logging.WARNING, "distributed")
        client.run(_hold)
    assert not [message for message in caplog.messages if "still alive" in message]


def test_workers_default_to_the_cores_that_this_process_may_use() -> None:
    """`dask.system.CPU_COUNT` is not documented: see `docs/private-apis.md`."""
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "from pipeline.execution import cluster; print(cluster.CPU_COUNT)"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert printed.stdout.strip() == b"1"


def test_a_warm_worker_has_not_imported_prefect() -> None:
    """It would take 40 MiB in every worker, for nothing."""
    model = exact()
    with local_cluster(DaskSettings(workers=1)) as client:
        client.run(warm, EmbedSettings(dtype="float32"), model.revision, model.dtype)
        (loaded,) = client.run(_loaded).values()
    assert {"torch", "py3langid", "sklearn.metrics"} <= loaded
    assert not {"prefect", "plotly", "flows"} & loaded


def _loaded() -> set[str]:
    return set(sys.modules)
