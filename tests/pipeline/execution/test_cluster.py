"""Workers of a local cluster: how they end."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable

import pytest

from pipeline.execution.cluster import local_cluster
from pipeline.settings import DaskSettings, EmbedSettings
from pipeline.warmup import warm
from tests.support.films import exact


class _Slow:
    """What takes longer to take apart than a worker is waited for."""

    def __del__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        sleep(60)


def _hold() -> None:
    sys.slow = _Slow()  # type: ignore[attr-defined] # until the interpreter itself ends


def test_a_worker_ends_without_taking_its_memory_apart(caplog: pytest.LogCaptureFixture) -> None:
    with local_cluster(DaskSettings(workers=1)) as client:
        caplog.set_level(logging.WARNING, "distributed")
        client.run(_hold)
    assert not [told for told in caplog.messages if "still alive" in told]


def test_a_worker_is_warm_without_prefect() -> None:
    """Its 40 MiB in every worker of a run would serve nobody."""
    model = exact()
    with local_cluster(DaskSettings(workers=1)) as client:
        client.run(warm, EmbedSettings(dtype="float32"), model.revision, model.dtype)
        (loaded,) = client.run(_loaded).values()
    assert {"torch", "py3langid", "textblob", "sklearn.metrics"} <= loaded
    assert not {"prefect", "plotly", "flows"} & loaded


def _loaded() -> set[str]:
    return set(sys.modules)
