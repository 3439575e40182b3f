"""What all benchmarks of the suite share: what is asked, what was found, turns that are fair."""

from __future__ import annotations

import json
import logging
import math
import re
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

__all__ = [
    "Asked",
    "Bench",
    "Found",
    "Plot",
    "apart",
    "exponent",
    "here",
    "kept",
    "medians",
    "take_turns",
]

RESULTS = Path(__file__).parents[1] / "results"

logger = logging.getLogger(__name__)

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Asked:
    """What a command asks of a benchmark.

    Attributes
    ----------
    sizes : films, ascending; empty where the benchmark's own are meant.
    repeats : turns of each contender.
    quick : a small measurement that shows that everything runs; its figures mean nothing.
    out : folder for what is written.
    release : a real release, for its vectors and texts; None takes the bundled sample.
    work : folder for what is large and may be kept, so that the same command goes on; None for a
        temporary one.
    """

    sizes: tuple[int, ...] = ()
    repeats: int = 3
    quick: bool = False
    out: Path = RESULTS
    release: Path | None = None
    work: Path | None = None
    seed: int = 2026

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """The work folder, or a temporary one of that name which is gone afterwards."""
        if self.work is not None:
            self.work.mkdir(parents=True, exist_ok=True)
            yield self.work
            return
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            yield Path(folder)

    @property
    def place(self) -> Callable[..., Any]:
        """Where a contender runs: a fresh process, or this one for a quick run."""
        return here if self.quick else apart


@dataclass
class Found:
    """What a benchmark found: rows for the table, figures beside them, and who could not come."""

    rows: list[Row]
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # contender -> why it did not run


@dataclass(frozen=True)
class Plot:
    """Which columns are drawn: `y` over `x`, a line for each value of `by`, or bars without `x`."""

    y: str
    by: str = "contender"
    x: str | None = None
    panels: str | None = None  # a column; a panel for each of its values


@dataclass(frozen=True)
class Bench:
    """One benchmark of the suite.

    `measure` is called with sizes filled in; `columns` are those of the table on the terminal.
    """

    name: str
    title: str
    measure: Callable[[Asked], Found]
    sizes: tuple[int, ...]
    quick_sizes: tuple[int, ...]
    columns: tuple[str, ...]
    plot: Plot


def take_turns(
    contenders: Mapping[str, Callable[[], Row]],
    repeats: int,
    work: Path | None = None,
    key: str = "",
) -> dict[str, list[Row]]:
    """Let all contenders run one after the other, then all again: A B A B.

    What else the machine does then falls on all of them alike. Turns that `work` holds under
    `key`, which says what is measured, are not done again.
    """
    found: dict[str, list[Row]] = {name: [] for name in contenders}
    for turn in range(repeats):
        for name, run in contenders.items():
            logger.info("%s %s, turn %d of %d", key, name, turn + 1, repeats)
            found[name].append(kept(work, f"{key}/{_plain(name)}-{turn}", run))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def kept(work: Path | None, key: str, run: Callable[[], Row]) -> Row:
    """What a turn found, from the work folder where an earlier command has done it already."""
    if work is None:
        return run()
    path = work / f"{key}.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    found = run()
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(json.dumps(found), "utf-8")
    whole.rename(path)
    return found


def apart(function: Callable[..., T], *args: Any) -> T:
    """What `function` returns, called in a fresh process: no contender has another's memory.

    `function` is importable at the top level of a module.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return pool.submit(function, *args).result()


def here(function: Callable[..., T], *args: Any) -> T:
    """What `function` returns, called in this process: for a quick run, whose figures are none."""
    return function(*args)


def medians(runs: Sequence[Row]) -> Row:
    """The median of every number over runs of one contender; of anything else the last."""
    return {
        name: statistics.median([run[name] for run in runs])
        if all(isinstance(run[name], float) for run in runs)
        else runs[-1][name]
        for name in runs[-1]
    }


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Slope of log cost over log size by least squares: 1 when cost grows in step with size.

    None where fewer than two sizes have a cost above zero.
    """
    points = [
        (math.log(n), math.log(cost))
        for n, cost in zip(sizes, costs, strict=True)
        if n > 0 and cost > 0
    ]
    if len({x for x, _ in points}) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope
