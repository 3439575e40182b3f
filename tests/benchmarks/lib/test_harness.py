from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path

import pytest

from benchmarks.lib.harness import fit_exponent, median_row, run_in_new_process, take_turns
from benchmarks.lib.machine import Watch, describe_machine, find_missing, read_resident


def test_contenders_take_turns(tmp_path: Path) -> None:
    order: list[str] = []

    def contender(name: str) -> dict[str, int]:
        order.append(name)
        return {"turn": len(order)}

    turns = {name: partial(contender, name) for name in "AB"}
    rows = take_turns(turns, 2, tmp_path, "what")
    assert order == ["A", "B"] * 2
    assert rows == {"A": [{"turn": 1}, {"turn": 3}], "B": [{"turn": 2}, {"turn": 4}]}
    # stored turns are reused, only the third one is new
    again = take_turns(turns, 3, tmp_path, "what")
    assert order == ["A", "B"] * 3
    assert again["A"] == [{"turn": 1}, {"turn": 3}, {"turn": 5}]


def test_medians_are_of_floats_only() -> None:
    runs = [{"seconds": s, "clusters": 7, "who": "x"} for s in (3.0, 1.0, 2.0)]
    assert median_row(runs) == {"seconds": 2.0, "clusters": 7, "who": "x"}


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 2.0])
def test_the_exponent_of_a_power_is_its_power(power: float) -> None:
    sizes = [1_000, 10_000, 100_000]
    assert fit_exponent(sizes, [3 * n**power for n in sizes]) == pytest.approx(power, abs=1e-9)


def test_one_size_has_no_exponent() -> None:
    assert fit_exponent([10, 10, 20], [1.0, 2.0, 0.0]) is None


def test_a_call_in_a_new_process_returns_its_result_or_raises_its_error() -> None:
    assert run_in_new_process(os.getpid) != os.getpid()
    with pytest.raises(ZeroDivisionError):
        run_in_new_process(divmod, 1, 0)


def allocate_and_free() -> tuple[float, float, float]:
    with Watch() as watch:
        block = bytearray(64 * 2**20)
        block[::4_096] = b"x" * len(block[::4_096])
        del block
    return watch.grown_mib, watch.peak_mib, read_resident()[0]


def test_memory_that_a_block_frees_again_is_measured() -> None:
    # in a new process: in this one, memory of other tests may be freed meanwhile
    grown_mib, peak_mib, after_mib = run_in_new_process(allocate_and_free)
    assert 55 <= grown_mib <= 200
    assert peak_mib >= after_mib - 1


def allocate_beside_garbage() -> float:
    gc.disable()
    left: list[object] = [bytearray(b"x") * (96 * 2**20)]
    left.append(left)  # a cycle, which only the garbage collector frees
    del left
    with Watch() as watch:
        gc.collect()
        block = bytearray(64 * 2**20)
        block[::4_096] = b"x" * len(block[::4_096])
    return watch.grown_mib


def test_earlier_garbage_does_not_hide_what_a_block_allocates() -> None:
    assert 55 <= run_in_new_process(allocate_beside_garbage) <= 200


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert read_resident(2**22 + 1) == (0.0, 0.0)


def test_missing_modules_are_named() -> None:
    assert find_missing("json") is None
    assert find_missing("json", "no_such_library") == "not installed: no_such_library"


def test_the_description_of_the_machine_does_not_have_its_name() -> None:
    machine = describe_machine()
    assert machine["cores"] >= 1 and machine["libraries"]["numpy"][0].isdigit()
    assert os.uname().nodename not in {str(value) for value in machine.values()}
