"""The benchmarks of the suite, by their names in `microgenres bench NAME`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.lib import regression
from benchmarks.lib.harness import RESULTS, Bench, BenchOptions, BenchResult
from benchmarks.lib.results import show, write

__all__ = ["NAMES", "check_quickly", "find_bench", "run"]

NAMES = (
    "catalogue",
    "embedding",
    "clustering",
    "neighbours",
    "labels",
    "end-to-end",
    "loglines",
    "from-vectors",
    "workers",
    "gpu",
)

_QUICK = Path("out") / "bench"


def find_bench(name: str) -> Bench:
    """Return the benchmark of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in NAMES:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    bench: Bench = import_module(f"benchmarks.suite.{name.replace('-', '_')}").BENCH
    return bench


def run(name: str, options: BenchOptions, console: Console) -> BenchResult:
    """Run a benchmark, print its results and write them.

    Parameters
    ----------
    name : str
        One of NAMES.
    options : BenchOptions
        Options; without `sizes` those of the benchmark are used, and the default `out` of a quick
        run is out/bench.
    console : Console
        For the table.
    """
    bench = find_bench(name)
    sizes = options.sizes or (bench.quick_sizes if options.quick else bench.sizes)
    options = replace(options, sizes=tuple(sorted(sizes)))
    if options.quick and options.out == RESULTS:
        options = replace(options, out=_QUICK)
    result = bench.measure(options)
    show(bench, result, console)
    for path in write(bench, options, result, options.out):
        console.print(f"written: {path}", markup=False, soft_wrap=True)
    return result


def check_quickly(
    results: Mapping[str, BenchResult],
    console: Console,
    *,
    save: bool,
    folder: Path = regression.BASELINES,
) -> bool:
    """Compare a quick run with those stored for the same kind of machine.

    Parameters
    ----------
    results : mapping of str to BenchResult
        Results by name of the benchmark, at their quick sizes.
    console : Console
        For the changes.
    save : bool
        Whether to store this run too.
    folder : Path
        Folder of the stored runs.

    Returns
    -------
    bool
        Whether a figure of ours is worse than before by more than its noise.
    """
    figures = regression.extract_figures(results)
    stored = regression.load(folder)
    worse = False
    if stored is None:
        console.print("nothing is stored for this kind of machine: store this run with --save")
    else:
        changes, machine = regression.compare(stored["runs"], figures)
        worse = bool(regression.show_changes(changes, machine, len(stored["runs"]), console))
    if save:
        path = regression.save(figures, folder)
        console.print(f"stored: {path}", markup=False, soft_wrap=True)
    return worse
