"""The suite of issue-sized questions: each a name, measured by `microgenres bench NAME`."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.lib.harness import RESULTS, Asked, Bench, Found
from benchmarks.lib.results import show, write

__all__ = ["NAMES", "bench_named", "run"]

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


def bench_named(name: str) -> Bench:
    """The benchmark of that name; `ValueError` for another."""
    if name not in NAMES:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    found: Bench = import_module(f"benchmarks.suite.{name.replace('-', '_')}").BENCH
    return found


def run(name: str, asked: Asked, console: Console) -> Found:
    """Measure, show, and write; a quick run writes to out/bench unless told where."""
    bench = bench_named(name)
    sizes = asked.sizes or (bench.quick_sizes if asked.quick else bench.sizes)
    asked = replace(asked, sizes=tuple(sorted(sizes)))
    if asked.quick and asked.out == RESULTS:
        asked = replace(asked, out=_QUICK)
    found = bench.measure(asked)
    show(bench, found, console)
    for path in write(bench, asked, found, asked.out):
        console.print(f"written: {path}", markup=False, soft_wrap=True)
    return found
