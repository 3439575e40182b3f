"""Fill the figures of scale in the README from the result files of the suite.

The text between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` is generated from NAME.json. NAME
may begin with a folder of results, as in `million/clustering`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.lib.harness import RESULTS, Row
from benchmarks.lib.results import format_cell

__all__ = ["fill_blocks", "fill_readme", "render_block"]

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"(<!-- bench:([a-z/-]+) -->\n).*?(<!-- /bench:\2 -->)", re.DOTALL)

# Heading of each column of the rows; all columns are shown if none is listed.
_COLUMNS: dict[str, dict[str, str]] = {
    "catalogue": {
        "films": "films",
        "films_per_second": "films per second",
        "peak_mib": "memory, MiB",
    },
    "clustering": {
        "films": "films",
        "k": "k",
        "contender": "",
        "seconds": "s",
        "core_seconds": "core s",
        "share_of_its_core_time": "core time, share of the reference",
        "distance": "mean squared distance",
        "distance_to_reference": "distance above the reference",
        "grown_mib": "memory, MiB",
    },
    "embedding": {
        "contender": "",
        "documents_per_second": "documents per second",
        "tokens_per_second": "tokens per second",
        "share_of_gemm_peak": "share of the GEMM peak",
        "mean_cosine": "cosine to float32",
        "same_neighbours": "same ten neighbours",
    },
    "neighbours": {
        "films": "films",
        "contender": "",
        "build_seconds": "build, s",
        "bytes_per_film": "bytes per film",
        "recall_at_10": "recall@10",
        "queries_per_second": "queries per second",
        "stage_seconds": "whole stage, s",
    },
    "labels": {
        "contender": "",
        "clusters": "clusters",
        "seconds": "s",
        "own_centroid_share": "nearest to own centroid",
        "keyword_coverage": "keyword coverage",
        "boilerplate": "boilerplate keywords",
        "example": "example",
    },
    "end-to-end": {
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "worker, MiB",
        "driver_mib": "driver, MiB",
    },
    "loglines": {
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "worker, MiB",
        "driver_mib": "driver, MiB",
    },
    "from-vectors": {
        "rule": "",
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "worker, MiB",
        "driver_mib": "driver, MiB",
    },
    "workers": {
        "contender": "",
        "texts": "texts",
        "workers": "workers",
        "seconds": "s",
        "speedup": "speedup",
    },
    "gpu": {},
}
_SHARES = ("share_of_its_core_time", "share_of_gemm_peak", "distance_to_reference")
_SHORT_STAGE = 2.0  # seconds; shorter stages are left out of the README


def fill_readme(results: Path = RESULTS, readme: Path = README) -> bool:
    """Fill in the README, and return whether that changed it.

    Parameters
    ----------
    results : Path
        Folder of the result files.
    readme : Path
        The README.
    """
    before = readme.read_text("utf-8")
    after = fill_blocks(before, results)
    if after != before:
        readme.write_text(after, "utf-8")
    return after != before


def fill_blocks(text: str, results: Path) -> str:
    """Return the text with each block generated from its JSON file, or a hint if there is none."""

    def replace(match: re.Match[str]) -> str:
        path = results / f"{match[2]}.json"
        name = path.stem
        if not path.exists():
            return f"{match[1]}Not measured yet: `microgenres bench {name}`.\n{match[3]}"
        record = json.loads(path.read_text("utf-8"))
        return f"{match[1]}{render_block(name, record)}\n{match[3]}"

    return _BLOCK.sub(replace, text)


def render_block(name: str, record: Mapping[str, Any]) -> str:
    """Return the table and the notes of one result file as Markdown.

    Parameters
    ----------
    name : str
        Name of the benchmark.
    record : dict of str to Any
        Content of its result file.
    """
    rows, columns = record["rows"], _COLUMNS[name]
    if name in ("end-to-end", "loglines", "from-vectors"):
        rows, columns = _side_by_side(rows, columns)
    lines = []
    if rows:
        columns = columns or {key: key.replace("_", " ") for key in rows[0]}
        lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
        lines += [
            "| " + " | ".join(_format(key, row.get(key)) for key in columns) + " |" for row in rows
        ]
        lines.append("")
    notes = [*record["notes"], *(f"{name}: {why}" for name, why in record["missing"].items())]
    machine = record["machine"]
    notes.append(f"`{record['command']}`, {machine['cores']} cores, {machine['processor']}")
    if machine.get("load", 0) > 1.5 * machine["cores"]:
        notes.append(
            f"the machine was busy (load {machine['load']}): compare rows, not seconds with "
            "another machine's"
        )
    return "\n".join([*lines, *(f"- {_sentence(line)}" for line in notes)])


def _side_by_side(rows: list[Row], columns: dict[str, str]) -> tuple[list[Row], dict[str, str]]:
    """Return a row for each long stage, with a column for its seconds at each size."""
    sizes = sorted({row["films"] for row in rows})
    stages: dict[tuple[str | None, str], Row] = {}
    for row in rows:
        one = stages.setdefault((row.get("rule"), row["contender"]), {})
        # the last size gives the other columns
        one |= row | {f"seconds at {row['films']}": row["seconds"]}
    long = [
        one
        for one in stages.values()
        if any((one.get(f"seconds at {size}") or 0) >= _SHORT_STAGE for size in sizes)
    ]
    seconds = {f"seconds at {size}": f"{size:,} films, s" for size in sizes}
    leading: tuple[str, ...] = ("rule", "contender")
    first = {key: columns[key] for key in leading if key in columns}
    return long, {**first, **seconds, **columns}


def _format(key: str, value: Any) -> str:
    if value is not None and key in _SHARES:
        return f"{100 * value:.2g} %" if abs(value) < 0.1 else f"{100 * value:.0f} %"
    return format_cell(value).replace("|", "\\|")  # a bar would end the cell


def _sentence(line: str) -> str:
    return line if line.endswith((".", "`")) else f"{line}."
