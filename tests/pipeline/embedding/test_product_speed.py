"""The number type follows the measured speed, and the measurement ends in time."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time

import pytest
import torch

from pipeline.embedding.product_speed import (
    ProductSpeed,
    choose_dtype,
    measure_products,
    slowest,
)

SCRIPT = """
import json, time
from pipeline.embedding.product_speed import measure_products
taken = []
for _ in range(3):
    started = time.perf_counter()
    speed = measure_products()
    taken.append(time.perf_counter() - started)
print(json.dumps([min(taken), speed.float32, speed.bfloat16]))
"""


class TestChooseDtype:
    @pytest.mark.parametrize(
        ("bfloat16", "chosen"),
        [(52, "float32"), (124, "float32"), (125, "bfloat16"), (290, "bfloat16")],
    )
    def test_bfloat16_is_used_from_a_gain_of_a_quarter(self, bfloat16: float, chosen: str) -> None:
        assert choose_dtype([ProductSpeed(100, bfloat16)]) == chosen

    def test_the_worker_whose_best_type_is_slowest_decides_for_all(self) -> None:
        new, old = ProductSpeed(110, 480), ProductSpeed(160, 80)
        older = ProductSpeed(40, 60)
        assert (slowest([new, old]), choose_dtype([new, old])) == (old, "float32")
        assert (slowest([old, older, new]), choose_dtype([old, older, new])) == (older, "bfloat16")

    def test_the_order_of_the_workers_is_of_no_matter(self) -> None:
        speeds = [ProductSpeed(100, 90), ProductSpeed(90, 100), ProductSpeed(100, 20)]
        assert {slowest([*speeds[i:], *speeds[:i]]) for i in range(3)} == {ProductSpeed(100, 20)}


class TestMeasureProducts:
    def test_both_types_are_measured_in_the_given_time(self) -> None:
        threads = torch.get_num_threads()
        taken = []
        for _ in range(3):  # another process may delay one of them
            started = time.perf_counter()
            speed = measure_products(64, 256, rows=128, seconds=0.05)
            taken.append(time.perf_counter() - started)
            assert speed.float32 > 0
            assert speed.bfloat16 > 0
        assert 0.02 < min(taken) < 0.2
        assert torch.get_num_threads() == threads

    def test_the_random_numbers_of_the_caller_stay_as_they_are(self) -> None:
        torch.manual_seed(7)
        expected = torch.rand(3)
        torch.manual_seed(7)
        measure_products(64, 256, rows=8, seconds=0.01)
        assert torch.equal(torch.rand(3), expected)

    def test_no_time_is_enough_for_one_product(self) -> None:
        assert measure_products(64, 256, rows=2, seconds=0.0).gain > 0

    @pytest.mark.skipif(
        not torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        or platform.machine() not in ("x86_64", "AMD64"),
        reason="the test limits the x86 instructions that oneDNN uses",
    )
    def test_a_cpu_that_emulates_bfloat16_slowly_is_measured_in_time(self) -> None:
        found = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        taken, float32, bfloat16 = json.loads(found.stdout)
        assert taken < 0.3
        assert choose_dtype([ProductSpeed(float32, bfloat16)]) == "float32"
