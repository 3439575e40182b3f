"""The README's figures of scale, from the files that the suite wrote: none is typed by hand.

Between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` stands what NAME.json says; NAME may begin
with a folder, `million/clustering`, of what was measured on its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.lib.harness import RESULTS, Row
from benchmarks.lib.results import cell

__all__ = ["block", "fill", "fill_readme"]

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(r"(<!-- bench:([a-z/-]+) -->\n).*?(<!-- /bench:\2 -->)", re.DOTALL)

# Column of the rows -> its heading; where nothing stands here, all columns of the table are shown.
_COLUMNS: dict[str, dict[str, str]] = {
    "catalogue": {
        "films": "films",
        "films_per_second": "films a second",
        "peak_mib": "memory, MiB",
    },
    "clustering": {
        "films": "films",
        "k": "k",
        "contender": "",
        "seconds": "s",
        "core_seconds": "core s",
        "share_of_its_core_time": "of the reference's core time",
        "distance": "mean squared distance",
        "distance_to_reference": "above the reference's",
        "grown_mib": "memory, MiB",
    },
    "embedding": {
        "contender": "",
        "documents_per_second": "documents a second",
        "tokens_per_second": "tokens a second",
        "share_of_gemm_peak": "of the peak of products",
        "mean_cosine": "cosine to float32",
        "same_neighbours": "same ten nearest",
    },
    "neighbours": {
        "films": "films",
        "contender": "",
        "build_seconds": "built in s",
        "bytes_per_film": "bytes a film",
        "recall_at_10": "recall@10",
        "queries_per_second": "queries a second",
        "stage_seconds": "whole stage, s",
    },
    "labels": {
        "contender": "",
        "clusters": "clusters",
        "seconds": "s",
        "own_centroid_share": "nearest to their own",
        "keyword_coverage": "films covered",
        "boilerplate": "boilerplate",
        "example": "an example",
    },
    "end-to-end": {
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "a worker, MiB",
        "driver_mib": "the driver, MiB",
    },
    "loglines": {
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "a worker, MiB",
        "driver_mib": "the driver, MiB",
    },
    "from-vectors": {
        "rule": "",
        "contender": "stage",
        "exponent": "exponent",
        "worker_mib": "a worker, MiB",
        "driver_mib": "the driver, MiB",
    },
    "workers": {
        "contender": "",
        "texts": "texts",
        "workers": "workers",
        "seconds": "s",
        "speedup": "times one",
    },
    "gpu": {},
}
_SHARES = ("share_of_its_core_time", "share_of_gemm_peak", "distance_to_reference")
_SHORT_STAGE = 2.0  # seconds; shorter stages are left out of the README


def fill_readme(results: Path = RESULTS, readme: Path = README) -> bool:
    """Fill in the README; True when that changed it."""
    before = readme.read_text("utf-8")
    after = fill(before, results)
    if after != before:
        readme.write_text(after, "utf-8")
    return after != before


def fill(text: str, results: Path) -> str:
    """The text with every block made from its JSON file; one without a file says so."""

    def made(match: re.Match[str]) -> str:
        path = results / f"{match[2]}.json"
        name = path.stem
        if not path.exists():
            return f"{match[1]}Not measured yet: `microgenres bench {name}`.\n{match[3]}"
        told = json.loads(path.read_text("utf-8"))
        return f"{match[1]}{block(name, told)}\n{match[3]}"

    return _BLOCK.sub(made, text)


def block(name: str, told: Mapping[str, Any]) -> str:
    """What one results file says, as Markdown."""
    rows, columns = told["rows"], _COLUMNS[name]
    if name in ("end-to-end", "loglines", "from-vectors"):
        rows, columns = _side_by_side(rows, columns)
    lines = []
    if rows:
        columns = columns or {key: key.replace("_", " ") for key in rows[0]}
        lines = ["| " + " | ".join(columns.values()) + " |", "|---" * len(columns) + "|"]
        lines += [
            "| " + " | ".join(_shown(key, row.get(key)) for key in columns) + " |" for row in rows
        ]
        lines.append("")
    said = [*told["notes"], *(f"{who}: {why}" for who, why in told["missing"].items())]
    machine = told["machine"]
    said.append(f"`{told['command']}`, {machine['cores']} cores, {machine['processor']}")
    if machine.get("load", 0) > 1.5 * machine["cores"]:
        said.append(
            f"the machine was busy (load {machine['load']}): compare rows, not seconds with "
            "another machine's"
        )
    return "\n".join([*lines, *(f"- {_sentence(line)}" for line in said)])


def _side_by_side(rows: list[Row], columns: dict[str, str]) -> tuple[list[Row], dict[str, str]]:
    """A row for each stage that takes its time, its seconds at each size beside one another."""
    sizes = sorted({row["films"] for row in rows})
    found: dict[tuple[str | None, str], Row] = {}
    for row in rows:
        one = found.setdefault((row.get("rule"), row["contender"]), {})
        one |= row | {f"seconds at {row['films']}": row["seconds"]}  # the rest is of the largest
    kept = [
        one
        for one in found.values()
        if any((one.get(f"seconds at {size}") or 0) >= _SHORT_STAGE for size in sizes)
    ]
    seconds = {f"seconds at {size}": f"{size:,} films, s" for size in sizes}
    first = {key: columns[key] for key in ("rule", "contender") if key in columns}
    return kept, {**first, **seconds, **columns}


def _shown(key: str, value: Any) -> str:
    if value is not None and key in _SHARES:
        return f"{100 * value:.2g} %" if abs(value) < 0.1 else f"{100 * value:.0f} %"
    return cell(value).replace("|", "\\|")  # k-means|| would end its cell


def _sentence(line: str) -> str:
    return line if line.endswith((".", "`")) else f"{line}."
