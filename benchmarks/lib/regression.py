"""Compare the figures of a quick run with those stored for the same kind of machine.

A kind of machine is its processor and its number of cores. Up to five runs are stored for each.
The median of the stored runs is what a figure is compared with. Its noise is three standard
deviations of the stored runs, estimated from the median absolute deviation, and at least the share
in `_KINDS`. Peers do not change with this project: the median change of their seconds is how much
faster or slower the machine itself is this time, and our seconds are compared after dividing by it.
"""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.lib.harness import RESULTS, BenchResult
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.results import format_cell

__all__ = ["BASELINES", "Change", "compare", "extract_figures", "load", "save", "show_changes"]

BASELINES = RESULTS / "quick"
_RUNS = 5  # stored for each kind of machine
_LEAST_SECONDS = 0.2  # shorter times are mostly noise
_FEW = 3  # stored runs, or peers, from which noise or a change of the machine can be estimated

_TIME, _SPEED, _MEMORY, _QUALITY = 0.25, 0.25, 0.10, 0.02
# By the name of a figure: whether more of it is better, and its least noise as a share.
_KINDS: dict[str, tuple[bool, float]] = {
    "seconds": (False, _TIME),
    "wall_seconds": (False, _TIME),
    "build_seconds": (False, _TIME),
    "stage_seconds": (False, _TIME),
    "documents_per_second": (True, _SPEED),
    "films_per_second": (True, _SPEED),
    "queries_per_second": (True, _SPEED),
    "ratio": (True, _SPEED),
    "times_the_defaults": (True, _SPEED),
    "worker_mib": (False, _MEMORY),
    "driver_mib": (False, _MEMORY),
    "total_mib": (False, _MEMORY),
    "bytes_per_film": (False, _QUALITY),
    "distance": (False, _QUALITY),
    "ami": (True, _QUALITY),
    "recall_at_10": (True, _QUALITY),
    "own_centroid_share": (True, _QUALITY),
    "keyword_coverage": (True, _QUALITY),
    "mean_cosine": (True, _QUALITY),
    "same_neighbours": (True, _QUALITY),
}
_RATIOS = ("ratio", "times_the_defaults")  # to a peer in the same run: the machine cancels out
_IDENTITY = ("contender", "rule", "films", "texts", "k", "workers")  # what a row is a figure of
_PEERS = (
    "bertopic",
    "dask-ml",
    "evoc",
    "faiss.",
    "keybert",
    "onnx",
    "openvino",
    "scikit-learn",
    "sentence-transformers",
)


@dataclass(frozen=True)
class Change:
    """The change of a figure.

    Attributes
    ----------
    figure : str
        Benchmark, row and name, with slashes.
    before, now : float
        Median of the stored runs, and the figure of this run.
    change : float
        Relative change: 0.1 for 10 % more. That of our seconds is without the machine's change.
    noise : float
        Relative change that is not yet a sign of anything.
    mark : {"", "better", "worse", "peer"}
        Beyond the noise, or not; peers are not judged.
    """

    figure: str
    before: float
    now: float
    change: float
    noise: float
    mark: str


def extract_figures(results: Mapping[str, BenchResult]) -> dict[str, float]:
    """Return the figures of results that can be compared, by benchmark, row and name.

    Examples
    --------
    >>> rows = [{"contender": "ours", "films": 500, "seconds": 2.0, "clusters": 9}]
    >>> extract_figures({"clustering": BenchResult(rows)})
    {'clustering/ours/films 500/seconds': 2.0}
    """
    found: dict[str, float] = {}
    for name, result in results.items():
        for value in (result.rows, result.figures):
            for path, number in _walk((name,), value):
                found["/".join(path)] = number
    return found


def _walk(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _walk(path, item)
        return
    if not isinstance(value, dict):
        return
    own = tuple(
        str(value[key]) if isinstance(value[key], str) else f"{key} {value[key]}"
        for key in _IDENTITY
        if isinstance(value.get(key), str | int)
    )
    short = value.get("seconds")
    if isinstance(short, int | float) and short < _LEAST_SECONDS:
        return  # memory and speed of what is over at once say little too
    for key, inner in value.items():
        if isinstance(inner, dict | list | tuple):
            yield from _walk((*path, *own, key), inner)
            continue
        short = key.endswith("seconds") and isinstance(inner, float) and inner < _LEAST_SECONDS
        if key in _KINDS and isinstance(inner, int | float) and not short:
            yield (*path, *own, key), float(inner)


def load(folder: Path = BASELINES) -> dict[str, Any] | None:
    """Return what is stored for this kind of machine, or None."""
    path = folder / _file_name(describe_machine())
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else None


def save(figures: Mapping[str, float], folder: Path = BASELINES) -> Path:
    """Add a run to what is stored for this kind of machine; return the file.

    Parameters
    ----------
    figures : mapping of str to float
        From `extract_figures`.
    folder : Path
        Folder of the stored runs.
    """
    machine, stored = describe_machine(), load(folder)
    rounded = {name: float(f"{value:.4g}") for name, value in figures.items()}
    runs = [*(stored["runs"] if stored else []), rounded][-_RUNS:]
    path = folder / _file_name(machine)
    folder.mkdir(parents=True, exist_ok=True)
    machine.pop("load")
    path.write_text(json.dumps({"machine": machine, "runs": runs}, indent=1) + "\n", "utf-8")
    return path


def _file_name(machine: Mapping[str, Any]) -> str:
    processor = re.sub(r"[^a-z0-9]+", "-", str(machine["processor"]).lower()).strip("-")
    return f"{processor}-{machine['cores']}-cores.json"


def compare(
    runs: Sequence[Mapping[str, float]], now: Mapping[str, float]
) -> tuple[list[Change], float]:
    """Compare the figures of this run with those of the stored runs.

    Parameters
    ----------
    runs : sequence of mapping of str to float
        Stored runs, at least one.
    now : mapping of str to float
        This run.

    Returns
    -------
    changes : list of Change
        One for each figure that is in this run and in a stored one.
    machine : float
        How many times as long the peers take as before; 1 with fewer than three times of peers.
    """
    stored = {
        name: [run[name] for run in runs if name in run]
        for name in now
        if any(name in run for run in runs)
    }
    before = {name: statistics.median(values) for name, values in stored.items()}
    times = [now[n] / before[n] for n in before if _is_peer(n) and _is_time(n) and before[n] > 0]
    machine = statistics.median(times) if len(times) >= _FEW else 1.0
    changes = []
    for name, old in before.items():
        if old <= 0:
            continue
        more_is_better, least = _KINDS[_last(name)]
        change = now[name] / old / _expected(name, machine) - 1
        noise = max(least, _spread(stored[name], old))
        mark = ""
        if _is_peer(name):
            mark = "peer"
        elif abs(change) > noise:
            mark = "better" if (change > 0) == more_is_better else "worse"
        changes.append(Change(name, old, now[name], change, noise, mark))
    return changes, machine


def _expected(name: str, machine: float) -> float:
    """Return the change of a figure that a slower or faster machine explains."""
    if _is_time(name):
        return machine
    return 1 / machine if _last(name).endswith("_per_second") else 1.0


def _spread(values: Sequence[float], median: float) -> float:
    """Return three standard deviations as a share of the median; 0 of fewer than three values."""
    if len(values) < _FEW:
        return 0.0
    deviation = statistics.median(abs(value - median) for value in values)
    return 3 * 1.4826 * deviation / median


def _last(name: str) -> str:
    return name.rsplit("/", 1)[1]


def _is_time(name: str) -> bool:
    return _last(name).endswith("seconds")


def _is_peer(name: str) -> bool:
    return _last(name) not in _RATIOS and any(
        part.lower().startswith(_PEERS) for part in name.split("/")[1:-1]
    )


def show_changes(
    changes: Sequence[Change], machine: float, runs: int, console: Console
) -> list[Change]:
    """Print each change; return those that are worse beyond the noise."""
    table = Table(title=f"Change against the median of {runs} stored runs", title_justify="left")
    for name in ("figure", "before", "now", "change", "noise", ""):
        table.add_column(name, justify="left" if name in ("figure", "") else "right")
    for one in changes:
        style = {"worse": "bold red", "better": "green", "peer": "dim"}.get(one.mark)
        cells = (format_cell(one.before), format_cell(one.now))
        shares = (f"{100 * one.change:+.0f} %", f"{100 * one.noise:.0f} %")
        table.add_row(one.figure, *cells, *shares, one.mark, style=style)
    console.print(table)
    worse = [one for one in changes if one.mark == "worse"]
    better = sum(one.mark == "better" for one in changes)
    console.print(
        f"{len(worse)} figures worse and {better} better beyond the noise; peers take "
        f"{machine:.2f} times as long as before, and our times are compared after dividing by that",
        markup=False,
    )
    return worse
