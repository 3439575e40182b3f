"""Options, results and turns of all benchmarks of the suite."""

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
    "Bench",
    "BenchOptions",
    "BenchResult",
    "Plot",
    "fit_exponent",
    "load_or_measure",
    "median_row",
    "middle_row",
    "run_in_new_process",
    "take_turns",
]

RESULTS = Path(__file__).parents[1] / "results"

logger = logging.getLogger(__name__)

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class BenchOptions:
    """The options of `microgenres bench`.

    Attributes
    ----------
    sizes : tuple of int
        Numbers of films, ascending; empty for the default sizes of the benchmark.
    repeats : int
        Turns of each contender.
    quick : bool
        Whether to check only that everything runs; the figures then mean nothing.
    out : Path
        Folder for the results.
    release : Path, optional
        A release whose vectors and texts are used; None for the bundled sample.
    sources : tuple of str
        Sources of a further catalogue, which `end-to-end` mines too; empty for none.
    work : Path, optional
        Folder for large intermediate files and measured turns, so that the same command can
        resume; None for a temporary folder.
    seed : int
        Seed of the synthetic data.
    """

    sizes: tuple[int, ...] = ()
    repeats: int = 3
    quick: bool = False
    out: Path = RESULTS
    release: Path | None = None
    sources: tuple[str, ...] = ()
    work: Path | None = None
    seed: int = 2026

    @contextmanager
    def work_folder(self, name: str) -> Iterator[Path]:
        """Yield the work folder, or a temporary folder with that name."""
        if self.work is not None:
            self.work.mkdir(parents=True, exist_ok=True)
            yield self.work
            return
        with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
            yield Path(folder)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in a new process, or in this process for a quick run."""
        return function(*args) if self.quick else run_in_new_process(function, *args)


@dataclass
class BenchResult:
    """The result of a benchmark.

    Attributes
    ----------
    rows : list of Row
        Rows of the table.
    figures : dict of str to Any
        Figures that are not in the table.
    notes : list of str
        Sentences below the table.
    missing : dict of str to str
        Contenders that did not run, with the reason.
    """

    rows: list[Row]
    figures: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plot:
    """The columns of a plot.

    Attributes
    ----------
    y, x : str
        Columns of the axes; without `x`, the plot has a bar for each row.
    by : str
        Column with a line for each of its values.
    panels : str, optional
        Column with a panel for each of its values.
    """

    y: str
    by: str = "contender"
    x: str | None = None
    panels: str | None = None


@dataclass(frozen=True)
class Bench:
    """One benchmark of the suite.

    Attributes
    ----------
    name, title : str
        Name on the command line, and title of the table.
    measure : callable
        Runs the benchmark; the options that it gets always have sizes.
    sizes, quick_sizes : tuple of int
        Default numbers of films.
    columns : tuple of str
        Columns of the table on the terminal.
    plot : Plot
        The plot.
    """

    name: str
    title: str
    measure: Callable[[BenchOptions], BenchResult]
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
    """Run all contenders one after the other, then all of them again: A B A B.

    So other load of the machine affects all contenders alike.

    Parameters
    ----------
    contenders : dict of str to callable
        Each returns the row of one turn.
    repeats : int
        Turns of each contender.
    work : Path, optional
        Folder of stored turns; a stored turn is not measured again.
    key : str
        What is measured: the folder of the turns below `work`.

    Returns
    -------
    dict of str to list of Row
        The rows of each contender, turn by turn.
    """
    rows: dict[str, list[Row]] = {name: [] for name in contenders}
    for turn in range(repeats):
        for name, run in contenders.items():
            logger.info("%s %s, turn %d of %d", key, name, turn + 1, repeats)
            rows[name].append(load_or_measure(work, f"{key}/{_file_name(name)}-{turn}", run))
    return rows


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def load_or_measure(work: Path | None, key: str, run: Callable[[], Row]) -> Row:
    """Return the row stored in the work folder, or call `run` and store its row."""
    if work is None:
        return run()
    path = work / f"{key}.json"
    if path.exists():
        return dict(json.loads(path.read_text("utf-8")))
    row = run()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(row), "utf-8")
    temporary.rename(path)
    return row


def run_in_new_process(function: Callable[..., T], *args: Any) -> T:
    """Call a function in a new process, so that contenders share no memory.

    Parameters
    ----------
    function : callable
        At the top level of a module, so that the process can import it.
    *args : Any
        Its arguments.

    Returns
    -------
    Any
        What the function returns; its exceptions are raised here.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return pool.submit(function, *args).result()


def median_row(runs: Sequence[Row]) -> Row:
    """Return the median of each float over the runs of one contender, and other values of the last.

    Examples
    --------
    >>> median_row([{"seconds": 3.0, "k": 5}, {"seconds": 1.0, "k": 5}, {"seconds": 2.0, "k": 5}])
    {'seconds': 2.0, 'k': 5}
    """
    return {
        name: statistics.median([run[name] for run in runs])
        if all(isinstance(run[name], float) for run in runs)
        else runs[-1][name]
        for name in runs[-1]
    }


def middle_row(runs: Sequence[Row], figure: str) -> Row:
    """Return the run with the median of a figure; the lower one of two in the middle.

    Examples
    --------
    >>> middle_row([{"seconds": s, "turn": t} for t, s in enumerate((3.0, 1.0, 2.0))], "seconds")
    {'seconds': 2.0, 'turn': 2}
    """
    return sorted(runs, key=lambda run: run[figure])[(len(runs) - 1) // 2]


def fit_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Return the slope of log cost over log size, fitted by least squares.

    Parameters
    ----------
    sizes, costs : sequence of float
        Size and cost of each run.

    Returns
    -------
    float or None
        1 if the cost is proportional to the size; None with fewer than two sizes whose cost is
        above zero.

    Examples
    --------
    >>> round(fit_exponent([10, 100, 1000], [3, 300, 30_000]), 6)
    2.0
    """
    points = [
        (math.log(n), math.log(cost))
        for n, cost in zip(sizes, costs, strict=True)
        if n > 0 and cost > 0
    ]
    if len({x for x, _ in points}) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope
