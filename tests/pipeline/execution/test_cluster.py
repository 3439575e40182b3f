"""Workers of a local cluster: how they start and end."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.execution.cluster import local_cluster
from pipeline.settings import DaskSettings

ROOT = Path(__file__).resolve().parents[3]


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
    """It would take 40 MiB in every worker, for nothing.

    In a process of its own, since workers are forked from a process that lives as long as this one.
    """
    script = """
import json
from pipeline.embedding.weights import identify
from pipeline.execution.cluster import local_cluster
from pipeline.imports import WORKER_IMPORTS
from pipeline.settings import DaskSettings, EmbedSettings
from pipeline.warmup import warm
from tests.pipeline.execution.test_cluster import _loaded

settings = EmbedSettings(dtype="float32")
model = identify(settings)
with local_cluster(DaskSettings(workers=1), WORKER_IMPORTS) as client:
    client.run(warm, settings, model.revision, model.dtype)
    (loaded,) = client.run(_loaded).values()
print(json.dumps(sorted(loaded)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, cwd=ROOT)
    loaded = set(json.loads(done.stdout))
    assert {"torch", "py3langid", "sklearn.metrics"} <= loaded
    assert {"prefect", "plotly", "flows"} & loaded == set()


def _loaded() -> set[str]:
    return set(sys.modules)
