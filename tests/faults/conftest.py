"""One Prefect server, one cluster of two single-thread workers and one run without a fault."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster

from benchmarks.lib.small_model import build_model
from pipeline.execution.cluster import CLUSTER_CONFIG
from tests.faults.child import FORKED, forked
from tests.faults.mining import LIMIT, Place, verify_latest
from tests.support.prefect_process import PrefectProcess


@pytest.fixture(scope="package")
def server(prefect: PrefectProcess) -> Iterator[str]:
    """Return the address of the Prefect server for the runs."""
    with prefect.used() as url:
        yield url


@pytest.fixture(scope="package")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an encoder of some kilobytes with random weights."""
    folder = tmp_path_factory.mktemp("model")
    assert forked(build_model, folder, seconds=120) == 0
    return folder / "whole"


@pytest.fixture(scope="package")
def cluster() -> Iterator[LocalCluster]:
    """Return two single-thread workers with nannies, shared by tests; faults may kill them."""
    with (
        dask.config.set(CLUSTER_CONFIG | FORKED),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="package")
def client(cluster: LocalCluster) -> Iterator[Client]:
    """Return a client of the cluster, which plants faults in the workers."""
    with Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="package")
def place(server: str, model: Path, cluster: LocalCluster) -> Place:
    """Return server, model and scheduler of the runs."""
    return Place(server, model, cluster.scheduler_address)


@dataclass(frozen=True)
class Reference:
    """A run without a fault."""

    out: Path
    release: Path


@pytest.fixture(scope="package")
def reference(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Mine the sample without a fault."""
    out = tmp_path_factory.mktemp("reference") / "out"
    run = place.mine(out)
    assert run.end(240) == 0, run.output()
    return Reference(out, verify_latest(out, LIMIT))


@pytest.fixture
def mined(reference: Reference, tmp_path: Path) -> Path:
    """Return a copy of the output folder of the run without a fault."""
    return Path(shutil.copytree(reference.out, tmp_path / "mined"))
