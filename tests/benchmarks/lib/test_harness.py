from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path

import pytest

from benchmarks.lib.harness import apart, exponent, medians, take_turns
from benchmarks.lib.machine import Watch, absent, facts, resident


def test_contenders_take_turns(tmp_path: Path) -> None:
    order: list[str] = []

    def contender(name: str) -> dict[str, int]:
        order.append(name)
        return {"turn": len(order)}

    turns = {name: partial(contender, name) for name in "AB"}
    found = take_turns(turns, 2, tmp_path, "what")
    assert order == ["A", "B"] * 2
    assert found == {"A": [{"turn": 1}, {"turn": 3}], "B": [{"turn": 2}, {"turn": 4}]}
    # what is done is kept, and only the third turn is new
    again = take_turns(turns, 3, tmp_path, "what")
    assert order == ["A", "B"] * 3
    assert again["A"] == [{"turn": 1}, {"turn": 3}, {"turn": 5}]


def test_medians_are_of_measured_numbers_only() -> None:
    runs = [{"seconds": s, "clusters": 7, "who": "x"} for s in (3.0, 1.0, 2.0)]
    assert medians(runs) == {"seconds": 2.0, "clusters": 7, "who": "x"}


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 2.0])
def test_the_exponent_of_a_power_is_its_power(power: float) -> None:
    sizes = [1_000, 10_000, 100_000]
    assert exponent(sizes, [3 * n**power for n in sizes]) == pytest.approx(power, abs=1e-9)


def test_one_size_has_no_exponent() -> None:
    assert exponent([10, 10, 20], [1.0, 2.0, 0.0]) is None


def test_work_apart_is_in_another_process_and_its_errors_come_back() -> None:
    assert apart(os.getpid) != os.getpid()
    with pytest.raises(ZeroDivisionError):
        apart(divmod, 1, 0)


def taken_and_given_back() -> tuple[float, float, float]:
    with Watch() as watch:
        block = bytearray(64 * 2**20)
        block[::4_096] = b"x" * len(block[::4_096])
        del block
    return watch.grown_mib, watch.peak_mib, resident()[0]


def test_memory_that_a_block_takes_is_seen_also_when_it_was_given_back() -> None:
    # in a process of its own: in this one, what other tests left may be freed meanwhile
    grown_mib, peak_mib, after_mib = apart(taken_and_given_back)
    assert 55 <= grown_mib <= 200
    assert peak_mib >= after_mib - 1


def taken_beside_garbage() -> float:
    gc.disable()
    left: list[object] = [bytearray(b"x") * (96 * 2**20)]
    left.append(left)  # only the collector frees it
    del left
    with Watch() as watch:
        gc.collect()
        block = bytearray(64 * 2**20)
        block[::4_096] = b"x" * len(block[::4_096])
    return watch.grown_mib


def test_garbage_from_before_does_not_hide_what_a_block_takes() -> None:
    assert 55 <= apart(taken_beside_garbage) <= 200


def test_a_process_that_is_gone_holds_no_memory() -> None:
    assert resident(2**22 + 1) == (0.0, 0.0)


def test_what_is_missing_is_named() -> None:
    assert absent("json") is None
    assert absent("json", "no_such_library") == "not installed: no_such_library"


def test_facts_say_nothing_of_whose_machine_it_is() -> None:
    told = facts()
    assert told["cores"] >= 1 and told["libraries"]["numpy"][0].isdigit()
    assert os.uname().nodename not in {str(value) for value in told.values()}
