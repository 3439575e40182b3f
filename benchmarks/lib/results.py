"""The output of a benchmark: a table on the terminal, a JSON file, and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.lib.harness import Bench, BenchOptions, BenchResult, Plot, Row
from benchmarks.lib.machine import describe_machine

__all__ = ["format_cell", "show", "write"]

_LINES = 10  # most lines of a panel: the number of colours


def write(bench: Bench, options: BenchOptions, result: BenchResult, folder: Path) -> list[Path]:
    """Write NAME.json and, if there are rows, NAME.png; return their paths.

    Parameters
    ----------
    bench : Bench
        The benchmark.
    options : BenchOptions
        The options of the run.
    result : BenchResult
        Its result.
    folder : Path
        Folder for the files; created if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "benchmark": bench.name,
        "title": bench.title,
        "command": _command(bench, options),
        "quick": options.quick,
        "machine": describe_machine(),
        "rows": result.rows,
        "figures": result.figures,
        "missing": result.missing,
        "notes": result.notes,
    }
    path = folder / f"{bench.name}.json"
    path.write_text(json.dumps(_rounded(record), indent=1, ensure_ascii=False) + "\n", "utf-8")
    picture = folder / f"{bench.name}.png"
    if not result.rows:
        picture.unlink(missing_ok=True)  # of an earlier run
        return [path]
    _draw(bench, result.rows, picture)
    return [path, picture]


def show(bench: Bench, result: BenchResult, console: Console) -> None:
    """Print the table, the contenders that did not run, and the notes."""
    table = Table(title=bench.title, title_justify="left")
    for name in bench.columns:
        text = all(isinstance(row.get(name), str) for row in result.rows)
        table.add_column(name.replace("_", " "), justify="left" if text else "right")
    for row in result.rows:
        table.add_row(*(format_cell(row.get(name)) for name in bench.columns))
    console.print(table)
    for name, reason in result.missing.items():
        console.print(f"{name}: {reason}", markup=False)
    for note in result.notes:
        console.print(note, markup=False)


def _command(bench: Bench, options: BenchOptions) -> str:
    words = ["microgenres bench", bench.name, f"--repeats {options.repeats}"]
    words.append("--sizes " + ",".join(str(size) for size in options.sizes))
    if options.quick:
        words.append("--quick")
    if options.release is not None:
        words.append("--release RELEASE")
    words += ["--source SOURCE"] * len(options.sources)
    return " ".join(words)


def _rounded(value: Any) -> Any:
    """Round floats to five digits: a measurement is not more precise."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def format_cell(value: Any) -> str:
    """Return a value as text: four digits, a separator of thousands, a dash for None.

    Examples
    --------
    >>> format_cell(12345), format_cell(0.123456), format_cell(None)
    ('12,345', '0.1235', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _draw(bench: Bench, rows: Sequence[Row], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    plot = bench.plot
    panels = sorted({row[plot.panels] for row in rows}) if plot.panels else [None]
    figure = Figure(figsize=(5.2 * len(panels), 3.8), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for place, panel in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), place)
        own = [row for row in rows if plot.panels is None or row[plot.panels] == panel]
        _draw_panel(axes, plot, [row for row in own if row.get(plot.y) is not None])
        axes.set_title(bench.title if panel is None else f"{plot.panels}: {panel}", fontsize=9)
    figure.savefig(path)


def _draw_panel(axes: Any, plot: Plot, rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(str(row[plot.by]) for row in rows))
    if plot.x is None:
        axes.barh(
            names[::-1],
            [next(row[plot.y] for row in rows if str(row[plot.by]) == n) for n in names[::-1]],
        )
        axes.set_xlabel(plot.y.replace("_", " "), fontsize=8)
        axes.tick_params(labelsize=7)
        return
    # of dozens of stages, draw those with the largest values
    most = {n: max(row[plot.y] for row in rows if str(row[plot.by]) == n) for n in names}
    names = sorted(names, key=lambda name: -most[name])[:_LINES] if len(names) > _LINES else names
    for name in names:
        line = sorted((row[plot.x], row[plot.y]) for row in rows if str(row[plot.by]) == name)
        axes.plot(*zip(*line, strict=True), marker="o", label=name, linewidth=1.2)
    axes.set_xscale("log")
    if all(row[plot.y] > 0 for row in rows):
        axes.set_yscale("log")
    axes.set_xlabel(plot.x.replace("_", " "), fontsize=8)
    axes.set_ylabel(plot.y.replace("_", " "), fontsize=8)
    axes.grid(alpha=0.3, which="both")
    if names:
        axes.legend(fontsize=6, ncols=2 if len(names) > _LINES // 2 else 1)
