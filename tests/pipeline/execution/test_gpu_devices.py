"""Each local worker uses a device of its own; no GPU is needed to see which one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.execution.cluster import local_cluster
from pipeline.execution.gpu_devices import visible_devices
from pipeline.settings import DaskSettings


def _device() -> str | None:
    return os.environ.get("CUDA_VISIBLE_DEVICES")


@pytest.mark.parametrize(
    ("named", "devices"),
    [("", []), ("1", ["1"]), ("3, 5", ["3", "5"]), ("GPU-8f2a,MIG-77c1", ["GPU-8f2a", "MIG-77c1"])],
)
def test_the_environment_names_the_devices(
    named: str, devices: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert visible_devices() == devices


def test_otherwise_the_devices_of_the_driver_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_devices(tmp_path) == []
    for name in ("nvidia0", "nvidia4", "nvidiactl", "nvidia-uvm", "nvidia-modeset"):
        (tmp_path / name).touch()
    assert visible_devices(tmp_path) == ["0", "1"]


def test_workers_share_the_devices_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    with local_cluster(DaskSettings(workers=3)) as client:
        assert sorted(client.run(_device).values()) == ["3", "3", "5"]


def test_the_only_device_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    with local_cluster(DaskSettings(workers=2)) as client:
        assert set(client.run(_device).values()) == {"5"}


def test_a_worker_that_replaces_a_dead_one_has_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    with local_cluster(DaskSettings(workers=2)) as client:
        before = client.run(_device)
        client.restart()
        after = client.run(_device)
    assert sorted(before.values()) == sorted(after.values()) == ["3", "5"]
