"""Sample the memory of a run: of its driver, each worker and the Prefect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.lib.machine import read_proportional, read_resident

__all__ = ["run_sampled"]

_SAMPLE_SECONDS = 0.25
_TOTAL_SECONDS = 1.0  # reading which memory is shared takes some milliseconds


def run_sampled(
    module: str,
    arguments: Sequence[str],
    log: Path,
    environment: Mapping[str, str] | None = None,
    *,
    recorded: bool = True,
) -> dict[str, Any]:
    """Run a module in a new process, and sample the memory of its processes.

    Parameters
    ----------
    module : str
        Module for `python -m`.
    arguments : sequence of str
        Its arguments.
    log : Path
        File for the output of the run.
    environment : mapping of str to str, optional
        Environment variables beside those of this process.
    recorded : bool
        Whether the module records its stages, see `mining_run.record_stages`: the file for the
        records is then its last argument.

    Returns
    -------
    dict of str to Any
        "wall_seconds", from the start of the process to its end, and the peak memory in MiB:
        "driver_mib", "worker_mib" of the largest worker, "server_mib", "total_mib" of all
        processes together (memory that they share counts once), and "stage_mib": {stage:
        {"driver", "worker"}}.

    Raises
    ------
    RuntimeError
        If the run fails; the message has the last lines of the log.
    """
    record = log.with_suffix(".stages")
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", module, *arguments, *([str(record)] if recorded else [])]
    began = time.perf_counter()
    samples: list[tuple[float, str, int, float]] = []
    most: dict[tuple[str, int], float] = {}
    total, next_total = 0.0, 0.0
    with open(log, "ab") as output:
        run = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
        try:
            while run.poll() is None:
                processes = _find_processes(run.pid)
                for pid, kind in processes:
                    now, peak = read_resident(pid)
                    samples.append((time.time(), kind, pid, now))
                    most[kind, pid] = max(peak, most.get((kind, pid), 0.0))
                if time.monotonic() >= next_total:
                    total = max(total, sum(read_proportional(pid) for pid, _ in processes))
                    next_total = time.monotonic() + _TOTAL_SECONDS
                with suppress(subprocess.TimeoutExpired):
                    run.wait(_SAMPLE_SECONDS)
            seconds = time.perf_counter() - began
        finally:
            if run.poll() is None:  # an interrupt of the benchmark ends the run too
                run.terminate()
                run.wait()
    if run.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise RuntimeError(f"{module} failed; the end of {log}:\n{tail}")
    return {
        "wall_seconds": seconds,
        **{
            f"{kind}_mib": max((m for (k, _), m in most.items() if k == kind), default=0.0)
            for kind in ("driver", "worker", "server")
        },
        "total_mib": total,
        "stage_mib": _by_stage(samples, record),
    }


def _find_processes(driver: int) -> list[tuple[int, str]]:
    """Return process id and kind of a run and its children: Dask workers, Prefect's server."""
    processes = [(driver, "driver")]
    servers: set[int] = set()  # that workers are forked from
    try:
        children = psutil.Process(driver).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    for child in children:  # parents before their children
        try:
            words, parent = " ".join(child.cmdline()), child.ppid()
        except psutil.Error:  # it ended meanwhile
            continue
        kind = "other"
        if "spawn_main" in words or parent in servers:
            kind = "worker"
        elif "forkserver" in words:
            servers.add(child.pid)
        elif "prefect" in words:
            kind = "server"
        processes.append((child.pid, kind))
    return processes


def _by_stage(
    samples: list[tuple[float, str, int, float]], record: Path
) -> dict[str, dict[str, float]]:
    """Return the peak memory during each stage; concurrent stages share the samples."""
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    open_at: dict[str, float] = {}
    spans: list[tuple[str, float, float]] = []
    for line in map(json.loads, lines):
        if line["what"] == "began":
            open_at[line["stage"]] = line["at"]
        elif line["stage"] in open_at:
            spans.append((line["stage"], open_at.pop(line["stage"]), line["at"]))
    peaks: dict[str, dict[str, float]] = defaultdict(dict)
    for stage, start, end in spans:
        for at, kind, _, mib in samples:
            if start <= at <= end and kind in ("driver", "worker"):
                peaks[stage][kind] = max(mib, peaks[stage].get(kind, 0.0))
    return dict(peaks)
