"""Print the state of an output folder, and what pruning removed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flows.runtime.status import folder_status
from microgenres.cli.console import print_line, standard_output, text
from microgenres.cli.output.tables import number, plain_table, to_json

__all__ = ["show_pruned", "show_status"]


def show_status(out: Path, *, as_json: bool) -> None:
    """Print the run, its stages, failures, the latest release, and what to do next."""
    answer = folder_status(out)
    if as_json:
        to_json(answer, sys.stdout)
        return
    console = standard_output()
    for name, value in _lines(answer):
        print_line(console, f"{name:<9} ", value)
    if answer["run"] and answer["run"].get("stages"):
        table = plain_table()
        for column in ("Stage", "State", "Pieces", "Seconds"):
            table.add_column(column, no_wrap=True)
        for stage, about in answer["run"]["stages"].items():
            pieces = "-" if not about.get("pieces") else f"{about['done']}/{about['pieces']}"
            seconds = f"{about['seconds']:.1f}" if "seconds" in about else "-"
            table.add_row(text(stage), text(_live(answer, about["state"])), pieces, seconds)
        console.print()
        console.print(table)
    for piece in answer["quarantined"]:
        failed = f"{piece['stage']} {piece['piece']}: {piece['reason']}"
        print_line(console, "quarantined: ", failed)
    console.print()
    print_line(console, "Next      ", answer["next"])


def _lines(answer: dict[str, Any]) -> list[tuple[str, str]]:
    run, release = answer["run"], answer["release"]
    lines = [("Folder", answer["out"]), ("State", answer["state"])]
    if run:
        ended = f", ended {run['ended']}" if "ended" in run else ""
        who = f"{run['run']} {run['state']}, began {run['started']}{ended}"
        lines.append(("Run", f"{who}, process {run['pid']} on {run['host']}"))
        if answer["state"] == "running" and run.get("step"):
            lines.append(("Now", run["step"]))
        if "error" in run:
            lines.append(("Error", run["error"]))
        lines += [("Address", f"{n}: {url}") for n, url in run.get("addresses", {}).items()]
    lines += [("Waiting", waiting) for waiting in answer["waiting"]]
    done = sum(answer["committed"].values())
    lines.append(("Work", f"{number(done)} pieces in {len(answer['committed'])} stages"))
    if release:
        counts = release["counts"]
        films = f"{number(counts['released'])} films, {number(counts['rejected'])} rejected"
        lines.append(("Release", f"{release['id']}, {release['published']}, {films}"))
    lines.append(("Releases", number(answer["releases"])))
    return lines


def _live(answer: dict[str, Any], state: str) -> str:
    """Return the state of a stage; one that a dead run began is unfinished."""
    return state if state == "done" or answer["state"] == "running" else "unfinished"


def show_pruned(pruned: dict[str, Any], *, as_json: bool) -> None:
    """Print what `microgenres prune` removed, or would remove."""
    if as_json:
        to_json(pruned, sys.stdout)
        return
    console = standard_output()
    verb = "would be removed" if pruned["dry_run"] else "removed"
    for release in pruned["releases"]:
        print_line(console, f"release {release} {verb}")
    mebibytes = pruned["bytes"] / 2**20
    line = (
        f"{len(pruned['releases'])} releases, {number(pruned['pieces'])} pieces of work and "
        f"{number(pruned['leftovers'])} leftovers {verb}: {mebibytes:.1f} MiB; "
        f"{len(pruned['kept'])} releases remain"
    )
    print_line(console, "", line)
