"""What a benchmark leaves: a table on the terminal, a JSON file, and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.lib.harness import Asked, Bench, Found, Plot, Row
from benchmarks.lib.machine import facts

__all__ = ["cell", "show", "write"]

_LINES = 10  # in one panel: so many colours there are


def write(bench: Bench, asked: Asked, found: Found, folder: Path) -> list[Path]:
    """Write NAME.json, and where there are rows NAME.png, into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "benchmark": bench.name,
        "title": bench.title,
        "command": _command(bench, asked),
        "quick": asked.quick,
        "machine": facts(),
        "rows": found.rows,
        "figures": found.figures,
        "missing": found.missing,
        "notes": found.notes,
    }
    path = folder / f"{bench.name}.json"
    path.write_text(json.dumps(_rounded(told), indent=1, ensure_ascii=False) + "\n", "utf-8")
    picture = folder / f"{bench.name}.png"
    if not found.rows:
        picture.unlink(missing_ok=True)  # of an earlier run
        return [path]
    _draw(bench, found.rows, picture)
    return [path, picture]


def show(bench: Bench, found: Found, console: Console) -> None:
    """The table, who could not come, and the notes."""
    table = Table(title=bench.title, title_justify="left")
    for name in bench.columns:
        text = all(isinstance(row.get(name), str) for row in found.rows)
        table.add_column(name.replace("_", " "), justify="left" if text else "right")
    for row in found.rows:
        table.add_row(*(cell(row.get(name)) for name in bench.columns))
    console.print(table)
    for name, why in found.missing.items():
        console.print(f"{name}: {why}", markup=False)
    for note in found.notes:
        console.print(note, markup=False)


def _command(bench: Bench, asked: Asked) -> str:
    words = ["microgenres bench", bench.name, f"--repeats {asked.repeats}"]
    words.append("--sizes " + ",".join(str(size) for size in asked.sizes))
    if asked.quick:
        words.append("--quick")
    if asked.release is not None:
        words.append("--release RELEASE")
    return " ".join(words)


def _rounded(value: Any) -> Any:
    """Four or five digits are more than a measurement holds."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def cell(value: Any) -> str:
    """A value as a cell of a table: four digits, thousands apart, a dash for none."""
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
        _panel(axes, plot, [row for row in own if row.get(plot.y) is not None])
        axes.set_title(bench.title if panel is None else f"{plot.panels}: {panel}", fontsize=9)
    figure.savefig(path)


def _panel(axes: Any, plot: Plot, rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(str(row[plot.by]) for row in rows))
    if plot.x is None:
        axes.barh(
            names[::-1],
            [next(row[plot.y] for row in rows if str(row[plot.by]) == n) for n in names[::-1]],
        )
        axes.set_xlabel(plot.y.replace("_", " "), fontsize=8)
        axes.tick_params(labelsize=7)
        return
    # of dozens of stages, those that take most
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
