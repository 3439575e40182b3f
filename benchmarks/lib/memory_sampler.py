"""Memory of a run while it lasts: of its driver, of each worker, of the Prefect server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.lib.machine import resident

__all__ = ["watched"]

_LOOK_SECONDS = 0.25


def watched(module: str, arguments: Sequence[str], log: Path) -> dict[str, Any]:
    """Run a module in a process of its own and look at the processes four times a second.

    Parameters
    ----------
    module : what `python -m` takes; it notes its stages: see `mining_run.noted`.
    arguments : on its command line, and after them the file for those notes.

    Returns
    -------
    {"wall_seconds", "driver_mib", "worker_mib" (of the largest), "server_mib",
     "stage_mib": {stage: {"driver", "worker"}}}, the most resident of each.

    Raises
    ------
    RuntimeError
        when the run fails; its last lines are in the message.
    """
    record = log.with_suffix(".stages")
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", module, *arguments, str(record)]
    began = time.perf_counter()
    seen: list[tuple[float, str, int, float]] = []
    most: dict[tuple[str, int], float] = {}
    with open(log, "ab") as told:
        run = subprocess.Popen(command, stdout=told, stderr=told)
        try:
            while run.poll() is None:
                for pid, kind in _kinds(run.pid):
                    now, peak = resident(pid)
                    seen.append((time.time(), kind, pid, now))
                    most[kind, pid] = max(peak, most.get((kind, pid), 0.0))
                time.sleep(_LOOK_SECONDS)
        finally:
            if run.poll() is None:  # whoever interrupts the benchmark means the run too
                run.terminate()
                run.wait()
    if run.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise RuntimeError(f"{module} failed; the end of {log}:\n{tail}")
    return {
        "wall_seconds": time.perf_counter() - began,
        **{
            f"{kind}_mib": max((m for (k, _), m in most.items() if k == kind), default=0.0)
            for kind in ("driver", "worker", "server")
        },
        "stage_mib": _by_stage(seen, record),
    }


def _kinds(driver: int) -> list[tuple[int, str]]:
    """The driver, its Dask workers and the Prefect server, by process id."""
    found = [(driver, "driver")]
    try:
        children = psutil.Process(driver).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    for child in children:
        try:
            words = " ".join(child.cmdline())
        except psutil.Error:  # it ended between the two looks
            continue
        if "spawn_main" in words:
            found.append((child.pid, "worker"))
        elif "prefect" in words:
            found.append((child.pid, "server"))
    return found


def _by_stage(
    seen: list[tuple[float, str, int, float]], record: Path
) -> dict[str, dict[str, float]]:
    """The most resident while each stage ran; of stages at once, for each of them."""
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    open_at: dict[str, float] = {}
    spans: list[tuple[str, float, float]] = []
    for line in map(json.loads, lines):
        if line["what"] == "began":
            open_at[line["stage"]] = line["at"]
        elif line["stage"] in open_at:
            spans.append((line["stage"], open_at.pop(line["stage"]), line["at"]))
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for stage, start, end in spans:
        for at, kind, _, mib in seen:
            if start <= at <= end and kind != "server":
                found[stage][kind] = max(mib, found[stage].get(kind, 0.0))
    return dict(found)
