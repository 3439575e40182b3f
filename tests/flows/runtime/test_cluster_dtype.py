"""One number type for all workers: measured once, committed, and used again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from flows.runtime.cluster_dtype import choose_for_cluster
from flows.runtime.context import RunContext
from pipeline.embedding.dtype_choice import DtypeChoice
from pipeline.embedding.product_speed import choose_dtype
from pipeline.errors import StageError
from pipeline.execution.cluster import local_cluster
from pipeline.settings import DaskSettings, EmbedSettings, load_settings
from pipeline.storage.store import Store
from pipeline.storage.work_store import WorkStore
from tests.support.films import exact

CPU = EmbedSettings(device="cpu")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with local_cluster(DaskSettings(workers=2)) as client:
        yield client


def no_cluster() -> AbstractContextManager[Client]:
    pytest.fail("the run connected to a cluster")


def chosen(client: Client, folder: Path, *, resume: bool = True) -> DtypeChoice:
    return choose_for_cluster(lambda: client, WorkStore(folder), CPU, exact(), resume=resume)


def test_a_later_run_has_the_choice_of_the_first_one(client: Client, tmp_path: Path) -> None:
    first = chosen(client, tmp_path)
    assert first.speed is not None
    assert first.dtype == choose_dtype([first.speed])
    # two measurements never give the same figures
    assert chosen(client, tmp_path) == first
    assert chosen(client, tmp_path / "other").speed != first.speed
    again = chosen(client, tmp_path, resume=False)
    assert again.speed != first.speed
    assert chosen(client, tmp_path) == again


def test_more_workers_of_one_kind_have_the_same_choice(client: Client, tmp_path: Path) -> None:
    first = chosen(client, tmp_path)
    with local_cluster(DaskSettings(workers=1)) as one:
        assert chosen(one, tmp_path) == first


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_run_takes_the_committed_number_type(client: Client, tmp_path: Path, dtype: str) -> None:
    measured = chosen(client, tmp_path)
    (manifest,) = (tmp_path / "work" / "number-type").glob("*.json")
    mark = json.loads(manifest.read_bytes())["fingerprint"]
    store = Store(tmp_path / "other")
    found = WorkStore(tmp_path).lookup("number-type", "all", mark)
    assert found is not None
    rows = WorkStore(tmp_path).read(found.outputs["choice"]).set_column(0, "dtype", [[dtype]])
    store.work.commit("number-type", "all", mark, {"choice": rows}, rows_in=2, seconds=0.0)
    settings = load_settings(overrides={"embed": {"device": "cpu"}})
    with RunContext(store, settings, lambda: local_cluster(DaskSettings(workers=1))) as run:
        assert run.model.dtype == dtype
        assert run.model_constants == {"revision": exact().revision, "dtype": dtype}
        assert run.dtype_choice.speed == measured.speed


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_setting_needs_no_worker(dtype: str, tmp_path: Path) -> None:
    settings = load_settings(overrides={"embed": {"dtype": dtype}})
    with RunContext(Store(tmp_path), settings, no_cluster) as run:
        assert run.model.dtype == dtype
        assert run.dtype_choice == DtypeChoice(dtype, "set by embed.dtype")


def test_an_update_has_the_number_type_of_its_release(tmp_path: Path) -> None:
    constants = {"revision": exact().revision, "dtype": "bfloat16"}
    settings = load_settings()
    with RunContext(Store(tmp_path), settings, no_cluster, model_constants=constants) as run:
        assert run.model_constants == constants
        assert run.model.dtype == "bfloat16"


def test_a_cluster_without_workers_is_an_error(tmp_path: Path) -> None:
    with local_cluster(DaskSettings(workers=1)) as empty:
        cluster: Any = empty.cluster
        cluster.scale(0)
        while empty.nthreads():
            time.sleep(0.1)
        with pytest.raises(StageError, match=r"no worker on the cluster for 0\.2 s"):
            choose_for_cluster(lambda: empty, WorkStore(tmp_path), CPU, exact(), wait_seconds=0.2)
