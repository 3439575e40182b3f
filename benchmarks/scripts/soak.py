"""Kill runs again and again: no film may be lost, doubled or half written.

    python -m benchmarks.scripts.soak --runs 20 --seed 1

It mines the bundled sample N times, each time into a new folder, with its own Prefect server, Dask
scheduler and two workers, and kills one of these or the run every few seconds. A killed process is
restarted, and a run until it succeeds. Then the release must verify, have every film once, and have
the same bytes as the release of an undisturbed run. At the end, no run may be unfinished in
Prefect. It writes `benchmarks/results/soak.json`; its exit code is 1 if a check fails.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.lib.processes import Services, start_services
from benchmarks.lib.served import wait_until_healthy
from pipeline.errors import StoreError
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import checksums, verify_release

RESULTS = Path(__file__).parents[1] / "results"
KINDS = ("run", "run", "worker-0", "worker-1", "scheduler", "server")
RUN_SECONDS = 300.0
KILLS = 8  # of one run, so that it ends
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass
class Soak:
    """The processes of a soak, and the number of kills and starts.

    Attributes
    ----------
    folder : Path
        Folder for the runs.
    services : Services
        Prefect server, scheduler and workers.
    chance : random.Random
        Chooses what is killed, and when.
    kills : Counter of str
        Kills by kind of process.
    starts : int
        Starts of runs.
    """

    folder: Path
    services: Services
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    starts: int = 0

    def mine(self, out: Path, kills: int) -> None:
        """Mine into `out` until the run succeeds, with `kills` kills."""
        run = self.services.create_run(out, "--source", "sample", "--profile", "sample")
        deadline = time.monotonic() + RUN_SECONDS
        next_kill = time.monotonic() + self.chance.uniform(1, 6)
        run.start()
        self.starts += 1
        try:
            while True:
                for process in self.services.processes.values():
                    process.start()
                code = None if run.process is None else run.process.poll()
                if code == 0:
                    return
                if time.monotonic() > deadline:
                    raise SystemExit(f"{out} is not done after {RUN_SECONDS} s: see {run.log}")
                if code is not None:
                    wait_until_healthy(f"{self.services.server}/health")
                    run.start()
                    self.starts += 1
                if kills and time.monotonic() > next_kill:
                    kind = self.chance.choice(KINDS)
                    if (run if kind == "run" else self.services.processes[kind]).kill():
                        self.kills[kind] += 1
                        kills -= 1
                    next_kill = time.monotonic() + self.chance.uniform(1, 6)
                time.sleep(0.1)
        finally:
            run.kill()

    def find_unfinished(self) -> list[str]:
        """Return the flow runs and tasks that are unfinished in Prefect, each with its state."""
        wait_until_healthy(f"{self.services.server}/health")
        return [
            f"{kind.rstrip('s')} {run['name']}: {run['state_type']}, of {run.get('flow_run_id')}"
            for kind in ("flow_runs", "task_runs")
            for run in _all(self.services.server, kind)
            if run["state_type"] not in ENDED
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if nothing was lost, doubled, torn or left running."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scripts.soak", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=KILLS, help="most kills of each run")
    parser.add_argument("--model", help="folder of another model than the bundled one")
    parser.add_argument("--out", type=Path, default=RESULTS / "soak.json")
    chosen = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as name,
        start_services(Path(name), chosen.model) as services,
    ):
        soak = Soak(Path(name), services, random.Random(chosen.seed))
        result = _run_soak(soak, chosen.runs, chosen.kills)
    answer = {"runs": chosen.runs, "seed": chosen.seed, **result}
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(json.dumps(answer, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    bad = ("films_lost", "films_doubled", "releases_torn", "releases_that_differ", "left_running")
    return int(any(answer[name] for name in bad))


def _run_soak(soak: Soak, runs: int, most_kills: int) -> dict[str, Any]:
    started = time.perf_counter()
    wanted = _sample_ids()
    soak.mine(soak.folder / "undisturbed", kills=0)
    tables = _tables(soak.folder / "undisturbed")
    lost = doubled = torn = differ = 0
    seconds = []
    for number in range(runs):
        out = soak.folder / f"run-{number:02d}"
        began = time.perf_counter()
        soak.mine(out, kills=soak.chance.randint(1, most_kills))
        seconds.append(round(time.perf_counter() - began, 1))
        try:
            differ += _tables(out) != tables
        except StoreError:
            torn += 1
            continue
        found = Counter(_ids(out))
        lost += sum(film not in found for film in wanted)
        doubled += sum(count > 1 for count in found.values())
        print(f"{out.name}: {seconds[-1]} s, {sum(soak.kills.values())} kills", file=sys.stderr)
    deadline = time.monotonic() + 60
    while (left := soak.find_unfinished()) and time.monotonic() < deadline:
        time.sleep(1)
    return {
        "films": len(wanted) * runs,
        "films_lost": lost,
        "films_doubled": doubled,
        "releases_torn": torn,
        "releases_that_differ": differ,
        "left_running": len(left),
        "left": left,
        "kills": dict(sorted(soak.kills.items())),
        "starts_of_runs": soak.starts - 1,
        "seconds_of_runs": seconds,
        "seconds": round(time.perf_counter() - started, 1),
    }


def _all(address: str, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        data = json.dumps({"limit": 200, "offset": len(found)}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/{kind}/filter", data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            page = json.load(answer)
        found += page
        if len(page) < 200:
            return found


def _tables(out: Path) -> dict[str, str]:
    return checksums(verify_release(ReleaseStore(out).folder()))


def _ids(out: Path) -> list[str]:
    release = ReleaseStore(out).folder()
    tables = [
        pq.read_table(release / f"{name}.parquet", columns=["movie_id"])
        for name in ("movies", "rejects")
    ]
    return [str(film) for table in tables for film in table.column(0).to_pylist()]


def _sample_ids() -> set[str]:
    chunks = open_source("sample", SourceSettings()).read()
    return {film for chunk in chunks for film in chunk.movies.column("movie_id").to_pylist()}


if __name__ == "__main__":
    raise SystemExit(main())
