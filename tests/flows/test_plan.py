"""The plans name the steps that the flows have."""

from __future__ import annotations

import ast
import inspect

from flows.mining.flow import mine_flow
from flows.plan import PLANS
from flows.runtime.tasks import step
from flows.update.flow import update_flow


def steps_called(function: object, module: str) -> list[str]:
    """Return the names of the tasks that a flow calls or submits, in the order of its text."""
    source, found = inspect.getsource(function), []  # type: ignore[arg-type]
    names = vars(__import__(module, fromlist=["x"]))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and hasattr(names.get(node.id), "task_run_name"):
            found.append((node.lineno, names[node.id].name))
    return [name for _, name in sorted(found)]


def test_each_plan_has_the_steps_of_its_flow_in_order() -> None:
    mining = steps_called(mine_flow.fn, "flows.mining.flow")
    assert [planned.name for planned in PLANS["mine"]] == mining
    update = steps_called(update_flow.fn, "flows.update.flow")
    assert [planned.name for planned in PLANS["update"]] == update
    assert len(update) == 7 and len(mining) == 14


def test_a_step_outside_a_flow_has_no_number() -> None:
    @step("embed texts")
    def double(number: int) -> int:
        return 2 * number

    assert double.task_run_name() == "embed texts"  # type: ignore[attr-defined]
    assert double.fn(4) == 8  # type: ignore[attr-defined]
