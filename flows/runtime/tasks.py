"""What a step is: one Prefect task over one stage, and how its pieces are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from pipeline.execution.runner import Piece, StageResult
from pipeline.storage.work_store import FileRef

__all__ = ["Refs", "each", "first_films", "gathered", "one", "step", "with_all"]

Refs = tuple[FileRef, ...]
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def _may_pass(_task: object, _run: TaskRun, state: State[Any]) -> bool:
    """Only what may pass is tried again: a lost connection or disk, not a wrong input."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError | TimeoutError)


def step(name: str) -> Callable[[F], F]:
    """A Prefect task with a readable name, tried again with jitter for what may pass.

    Prefect's result cache is never the record: what is done is what the store has committed.
    """
    decorated: Any = task(
        name=name,
        task_run_name=name,
        retries=3,
        retry_delay_seconds=exponential_backoff(2),
        retry_jitter_factor=0.5,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    return cast(Callable[[F], F], decorated)


def one(result: StageResult, output: str) -> FileRef:
    """The only file of a stage of one piece."""
    (ref,) = result.refs(output)
    return ref


def each(*columns: tuple[str, Sequence[FileRef | Refs]]) -> list[Piece]:
    """A piece for each partition, with the files of that partition as inputs."""
    pieces: list[Piece] = []
    for number, row in enumerate(zip(*(refs for _, refs in columns), strict=True)):
        inputs = {
            name: ref if isinstance(ref, tuple) else (ref,)
            for (name, _), ref in zip(columns, row, strict=True)
        }
        pieces.append(Piece(f"p{number:05d}", inputs))
    return pieces


def first_films(refs: Refs, films: int) -> Refs:
    """The partitions, from the first, that hold `films` films, or all there are."""
    held = 0
    for count, ref in enumerate(refs, 1):
        held += ref.rows or 0
        if held >= films:
            return refs[:count]
    return refs


def gathered(items: Sequence[T], most: int) -> list[tuple[T, ...]]:
    """The items in order, in at most so many runs of like length."""
    size = -(-len(items) // most)
    return [tuple(items[start : start + size]) for start in range(0, len(items), size or 1)]


def with_all(
    pieces: Sequence[Piece],
    inputs: Mapping[str, Refs] = MappingProxyType({}),
    constants: Mapping[str, Any] = MappingProxyType({}),
) -> list[Piece]:
    """The same pieces, each with inputs and constants that all of them share."""
    return [
        Piece(piece.key, {**piece.inputs, **inputs}, {**piece.constants, **constants})
        for piece in pieces
    ]
