"""The declaration of a stage, beside the function that computes it.

A stage is a function on one partition: tables in, tables out. `@stage(...)` records what the
function reads and returns; `pipeline.execution` runs it, in this process or on a cluster.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pipeline.errors import StageError

__all__ = ["StageSpec", "spec_of", "stage"]

F = TypeVar("F", bound=Callable[..., Any])
_ATTRIBUTE = "__stage__"


@dataclass(frozen=True)
class StageSpec:
    """What a stage function declares.

    Attributes
    ----------
    name : str
        Name of the stage: its folder in `work/`, and part of each fingerprint.
    version : int
        Raised by hand whenever the function returns other values for the same inputs.
    inputs : tuple of str
        Parameters of the function that are tables; a partition may leave optional ones out.
    outputs : tuple of str
        Names of the tables that the function returns; `g*` matches any name with that prefix.
    streamed : frozenset of str
        Inputs that the function takes in parts (`schemas.vectors.Parts`), not as one table.
    conserves : tuple of str, optional
        An input, an output and a table of rejects: rows of the first = rows of the other two.
    """

    name: str
    version: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    streamed: frozenset[str]
    conserves: tuple[str, str, str] | None

    def declares_output(self, name: str) -> bool:
        """Return whether `name` is one of the declared outputs."""
        return any(fnmatchcase(name, pattern) for pattern in self.outputs)


def stage(
    name: str,
    *,
    version: int = 1,
    inputs: Iterable[str],
    outputs: Iterable[str],
    streamed: Iterable[str] = (),
    conserves: tuple[str, str, str] | None = None,
) -> Callable[[F], F]:
    """Declare a function as a stage; the function itself is returned unchanged.

    Parameters
    ----------
    name, version, inputs, outputs, streamed, conserves
        See `StageSpec`.

    Raises
    ------
    StageError
        If the declaration names a parameter that the function does not have, or `streamed` or
        `conserves` names a table that is not declared.

    Examples
    --------
    >>> import pyarrow as pa
    >>> @stage("halve", inputs=("films",), outputs=("films",))
    ... def halve(films: pa.Table) -> dict[str, pa.Table]:
    ...     return {"films": films.slice(0, len(films) // 2)}
    >>> spec_of(halve).name
    'halve'
    """
    spec = StageSpec(name, version, tuple(inputs), tuple(outputs), frozenset(streamed), conserves)

    def declare(function: F) -> F:
        missing = set(spec.inputs) - inspect.signature(function).parameters.keys()
        unknown = spec.streamed - set(spec.inputs)
        if conserves is not None:
            read, kept, rejected = conserves
            unknown |= {read} - set(spec.inputs) | {kept, rejected} - set(spec.outputs)
        if missing or unknown:
            raise StageError(
                f"stage {name!r}: {sorted(missing | unknown)} is not a parameter of the function, "
                "or is not declared as input or output: correct the declaration"
            )
        setattr(function, _ATTRIBUTE, spec)
        return function

    return declare


def spec_of(function: Callable[..., Any]) -> StageSpec:
    """Return the declaration of a stage function.

    Raises
    ------
    StageError
        If the function is not decorated with `@stage`.
    """
    spec = getattr(function, _ATTRIBUTE, None)
    if not isinstance(spec, StageSpec):
        raise StageError(f"{function!r} is not a stage: decorate it with @stage(...)")
    return spec
