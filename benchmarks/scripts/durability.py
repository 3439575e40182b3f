"""The cost of durability: the share of commits and checks, and the work that a kill repeats.

    python -m benchmarks.scripts.durability CATALOGUE...

It mines the catalogues once and times each commit, look-up, checksum and verification, in the run
and in its workers. Then it mines the first catalogue again, kills that run when half of the
partitions are embedded, and lets the next run finish. It writes
`benchmarks/results/durability.json`, and takes about eight minutes on two cores for fifteen
thousand films.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster

from benchmarks.lib.commit_times import TimingPlugin, patch_functions, seconds_by_kind
from benchmarks.lib.processes import start_services
from pipeline.execution.cluster import CLUSTER_CONFIG
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release

RESULTS = Path(__file__).parents[1] / "results"
WORKERS = 2


def measure_cost(sources: Sequence[str], folder: Path) -> dict[str, Any]:
    """Mine once; return the time of commits and checks, and the total time."""
    from flows.mining.flow import mine

    patch_functions()
    with (
        dask.config.set(CLUSTER_CONFIG),
        LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(TimingPlugin())
        began = time.perf_counter()
        where = {"dask": {"scheduler": cluster.scheduler_address}}
        release = Path(mine(list(sources), str(folder / "cost"), overrides=where))
        whole = time.perf_counter() - began
        in_workers: Counter[str] = Counter()
        for seconds in client.run(seconds_by_kind).values():
            in_workers.update(seconds)
    began = time.perf_counter()
    counts = verify_release(release)["counts"]
    verification = time.perf_counter() - began
    mining = json.loads((release / "report.json").read_text())["seconds"]["total"]
    in_run = seconds_by_kind()
    run = sum(in_run.values())
    workers = sum(in_workers.values())
    return {
        "films": counts["released"],
        "seconds_of_the_run": round(mining, 1),
        "seconds_with_start_and_end": round(whole, 1),
        "in_the_run": {kind: round(s, 2) for kind, s in sorted(in_run.items())},
        "in_all_workers": {kind: round(s, 2) for kind, s in sorted(in_workers.items())},
        "verification_once_more_seconds": round(verification, 2),
        # the run waits for its own commits; those of the workers run in parallel
        "share": round((run + workers / WORKERS + verification) / mining, 4),
    }


def measure_resume(source: str, folder: Path) -> dict[str, Any]:
    """Kill a run at half of its embedding; count the pieces that the next run repeats."""
    out = folder / "resume"
    with start_services(folder) as services:
        run = services.create_run(out, "--source", source)
        began = time.perf_counter()
        run.start()
        pieces = _wait_for_half(out, run.has_ended)
        run.kill()
        for name in ("worker-0", "worker-1"):  # they would finish their current pieces
            services.processes[name].kill()
        killed = time.perf_counter() - began
        committed = _embedded(out)
        for name in ("worker-0", "worker-1"):
            services.processes[name].start()
        began = time.perf_counter()
        run.start()
        run.wait()
        resumed = time.perf_counter() - began
    after = _embedded(out)
    verify_release(ReleaseStore(out).folder())
    untouched = sum(after.get(piece) == text for piece, text in committed.items())
    return {
        "pieces": pieces,
        "committed_at_the_kill": len(committed),
        "in_flight_at_most": WORKERS,
        "committed_and_made_again": len(committed) - untouched,
        "made_by_the_next_run": len(after) - untouched,
        "seconds_until_the_kill": round(killed, 1),
        "seconds_of_the_next_run": round(resumed, 1),
    }


def _wait_for_half(out: Path, gone: Callable[[], bool]) -> int:
    while True:
        pieces = len(list((out / "work" / "features").glob("*.json")))
        if pieces and len(_embedded(out)) >= pieces / 2:
            return pieces
        if gone():
            raise SystemExit(
                f"the run ended before half of the partitions were embedded: see {out}.log"
            )
        time.sleep(0.05)


def _embedded(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (out / "work" / "embed").glob("*.json")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 1 if durability costs more than 3 % or a piece was repeated."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scripts.durability", description=__doc__
    )
    parser.add_argument("catalogues", nargs="+", type=Path)
    chosen = parser.parse_args(arguments)
    sources = [f"files:{path.resolve()}" for path in chosen.catalogues]
    with tempfile.TemporaryDirectory(prefix="durability-") as name:
        answer = {
            "cost": measure_cost(sources, Path(name)),
            "resume": measure_resume(sources[0], Path(name)),
        }
    text = json.dumps(answer, indent=2) + "\n"
    (RESULTS / "durability.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    again = answer["resume"]["committed_and_made_again"]
    return int(answer["cost"]["share"] > 0.03 or again > 0)


if __name__ == "__main__":
    raise SystemExit(main())
