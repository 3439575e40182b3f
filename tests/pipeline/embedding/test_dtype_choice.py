"""The number type of a cluster: by its slowest worker, and by its CPUs where there are some."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipeline.embedding.dtype_choice import (
    choose,
    find_processor,
    measure_worker,
    shape_of,
)
from pipeline.embedding.product_speed import ProductSpeed
from pipeline.errors import ModelError
from tests.support.films import exact


@pytest.mark.parametrize(
    ("speeds", "dtype", "gain"),
    [
        ([ProductSpeed(100, 124)], "float32", "1.24 times"),
        ([ProductSpeed(100, 125)], "bfloat16", "1.25 times"),
        ([ProductSpeed(110, 480), ProductSpeed(160, 80)], "float32", "0.50 times"),
        ([ProductSpeed(40, 60), None], "bfloat16", "1.50 times"),
    ],
)
def test_the_slowest_cpu_decides_and_the_reason_says_so(
    speeds: list[ProductSpeed | None], dtype: str, gain: str
) -> None:
    choice = choose(speeds)
    assert choice.dtype == dtype
    assert gain in choice.reason
    assert choice.figures()["float32_gflops"] in {100, 160, 40}


def test_gpus_alone_are_not_measured() -> None:
    choice = choose([None, None])
    assert choice.dtype in ("float32", "bfloat16")
    assert choice.speed is None
    assert choice.describe() == choice.dtype
    assert choice.figures()["bfloat16_gflops"] is None


def test_a_worker_says_its_processor_and_its_speed() -> None:
    processor = find_processor("cpu")
    assert processor.device == "cpu"
    assert torch.backends.cpu.get_cpu_capability() in processor.name
    speed = measure_worker("cpu", 64, 256)
    assert speed is not None
    assert min(speed.float32, speed.bfloat16) > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_worker_without_the_gpu_of_the_settings_says_so() -> None:
    with pytest.raises(ModelError, match=r"embed\.device is 'cuda'"):
        find_processor("cuda")


def test_the_shape_is_that_of_the_model(tmp_path: Path) -> None:
    assert shape_of(exact()) == (384, 1_536)
    other = replace(exact(), folder=str(tmp_path))
    assert shape_of(other) == (384, 1_536)
    sizes = {"hidden_size": 768, "intermediate_size": 2_048}
    (tmp_path / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    assert shape_of(other) == (768, 2_048)
