"""Steps: Prefect tasks, one per stage, and how the pieces of a stage are built."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.tasks import exponential_backoff

from flows.events import StepDone, StepStarted, emit
from flows.plan import place_in_plan
from pipeline.execution.runner import Piece, StageResult
from pipeline.fileio.manifest import FileRef

__all__ = [
    "Refs",
    "add_to_all",
    "first_films",
    "grouped",
    "only_file",
    "piece_per_partition",
    "step",
    "submit",
]

Refs = tuple[FileRef, ...]
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
P = ParamSpec("P")

_number: ContextVar[int] = ContextVar("microgenres_step", default=0)  # of the step around


def _is_transient(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Return whether a retry can help: a lost connection or disk, not a wrong input."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError | TimeoutError)


def step(name: str) -> Callable[[F], F]:
    """Return a decorator for a Prefect task of that name, retried after transient errors.

    The name of its run begins with its number in the plan of the flow, such as "05 embed texts"; a
    step within another one has the number of that one. Prefect caches no results: only what the
    store has committed is done.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def follow(*arguments: Any, **named: Any) -> Any:
            with _followed(name):
                return function(*arguments, **named)

        return cast(F, _task(name)(follow))

    return decorate


def _task(name: str) -> Any:
    """Return the decorator of Prefect; in contrast to `step`, the task emits no events."""

    def run_name() -> str:
        number = place_in_plan(_flow_name(), name)[0] or _number.get()
        return f"{number:02d} {name}" if number else name

    return task(
        name=name,
        task_run_name=run_name,
        retries=3,
        retry_delay_seconds=exponential_backoff(2),
        retry_jitter_factor=0.5,
        retry_condition_fn=_is_transient,
        cache_policy=NO_CACHE,
        persist_result=False,
    )


def _flow_name() -> str | None:
    context = FlowRunContext.get()
    return None if context is None or context.flow is None else context.flow.name


@contextmanager
def _followed(name: str) -> Iterator[None]:
    """Emit the beginning and the end of a step that is in the plan of the flow."""
    flow = _flow_name()
    number, total = place_in_plan(flow, name)
    if not number:
        yield
        return
    token, started = _number.set(number), time.perf_counter()
    emit(StepStarted(name, number, total, flow or ""))
    try:
        yield
    finally:
        _number.reset(token)
    emit(StepDone(name, number, total, time.perf_counter() - started))


def submit(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> PrefectFuture[T]:
    """Run a step in a thread beside the flow; its `result()` waits for it, or raises its error.

    Prefect would look for futures in all values of the arguments; here it does not see them.
    """
    task: Any = function

    def call() -> T:
        return cast(T, task.fn(*arguments, **named))

    beside: Any = _task(task.name)(call)
    return cast(PrefectFuture[T], beside.submit())


def only_file(result: StageResult, output: str) -> FileRef:
    """Return the file of a stage with one piece."""
    (ref,) = result.refs(output)
    return ref


def piece_per_partition(*columns: tuple[str, Sequence[FileRef | Refs]]) -> list[Piece]:
    """Return a piece for each partition, with the files of that partition as inputs.

    Parameters
    ----------
    *columns : tuple of str and sequence
        Name of an input, and its file or files for each partition.
    """
    pieces: list[Piece] = []
    for number, row in enumerate(zip(*(refs for _, refs in columns), strict=True)):
        inputs = {
            name: ref if isinstance(ref, tuple) else (ref,)
            for (name, _), ref in zip(columns, row, strict=True)
        }
        pieces.append(Piece(f"p{number:05d}", inputs))
    return pieces


def first_films(refs: Refs, films: int) -> Refs:
    """Return the first partitions that together contain `films` films, or all of them."""
    total = 0
    for count, ref in enumerate(refs, 1):
        total += ref.rows or 0
        if total >= films:
            return refs[:count]
    return refs


def grouped(items: Sequence[T], most: int) -> list[tuple[T, ...]]:
    """Return the items in order, in at most `most` groups of equal length; the last may be shorter.

    Examples
    --------
    >>> grouped([1, 2, 3, 4, 5], 2)
    [(1, 2, 3), (4, 5)]
    """
    size = -(-len(items) // most)
    return [tuple(items[start : start + size]) for start in range(0, len(items), size or 1)]


def add_to_all(
    pieces: Sequence[Piece],
    inputs: Mapping[str, Refs] = MappingProxyType({}),
    constants: Mapping[str, Any] = MappingProxyType({}),
) -> list[Piece]:
    """Return the pieces with inputs and constants that all of them share."""
    return [
        Piece(piece.key, {**piece.inputs, **inputs}, {**piece.constants, **constants})
        for piece in pieces
    ]
