"""The same films in another order, by one worker, killed twice on the way: the same bytes?

    microgenres bench end-to-end --sizes 100000 --work WORK
    python -m benchmarks.scripts.same_bytes WORK --films 100000

compares with the release of the former, which two workers mined undisturbed. What it encoded is
taken over unless `--encode` is given. Writes `benchmarks/results/same-bytes.json`; ends with 1
when a file differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lib.harness import RESULTS, Asked
from benchmarks.lib.machine import facts
from benchmarks.lib.processes import Part
from pipeline.fileio.parquet import table_digest
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import checksums, verify_release

KILLED_IN = ("landscape", "names")  # stages, each some seconds after it begins
AFTER = 5.0  # seconds
_ROWS = "rows.parquet"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every table and the index are the same bytes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scripts.same_bytes", description=__doc__
    )
    parser.add_argument("work", type=Path, help="the work folder of `bench end-to-end`")
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--encode", action="store_true", help="encode again too")
    parser.add_argument("--out", type=Path, default=RESULTS / "same-bytes.json")
    asked = parser.parse_args(arguments)
    first = asked.work.absolute() / f"films-{asked.films}-seed-{Asked().seed}"
    if not (first / "measured.json").exists():
        parser.error(
            f"{first} holds no mining; run `microgenres bench end-to-end --sizes {asked.films} "
            f"--work {asked.work}` first"
        )
    again = first / "again"
    shutil.rmtree(again, ignore_errors=True)
    again.mkdir()
    _shuffled(first / "films.parquet", again / "films.parquet")
    if not asked.encode:
        taken = again / "out" / "work"
        taken.mkdir(parents=True)
        shutil.copytree(first / "out" / "work" / "embed", taken / "embed", copy_function=os.link)
    began = time.perf_counter()
    kills = _mined(again, asked.workers)
    told = {
        "machine": facts(),
        "films": asked.films,
        "workers": asked.workers,
        "encoded_again": asked.encode,
        "killed_in": kills,
        "seconds": time.perf_counter() - began,
        **_compared(first / "out", again / "out"),
    }
    asked.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(bool(told["different"]))


def _shuffled(source: Path, target: Path) -> None:
    films = pq.read_table(source)
    order = np.random.default_rng(1).permutation(len(films))
    pq.write_table(films.take(pa.array(order)), target)


def _mined(place: Path, workers: int) -> list[str]:
    """Mine, with a SIGKILL to the run and all it started in each of `KILLED_IN`; which were so."""
    killed: list[str] = []
    for stage in (*KILLED_IN, None):
        record = place / f"{stage or 'last'}.stages"
        command = [
            sys.executable,
            "-m",
            "benchmarks.lib.mining_run",
            str(place / "films.parquet"),
            str(place / "out"),
            json.dumps({"dask": {"workers": workers}}),
            str(record),
        ]
        run = Part("mining", command, os.environ, place / "mine.log")
        run.up()
        try:
            if stage is None:
                run.wait()
                continue
            while not run.gone() and not _begun(record, stage):
                time.sleep(0.2)
            time.sleep(AFTER)
        finally:
            if run.kill() and stage is not None:
                killed.append(stage)
    return killed


def _begun(record: Path, stage: str) -> bool:
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    events = [json.loads(line) for line in lines if line.endswith("}")]  # one may be half written
    return any(event["what"] == "began" and event["stage"] == stage for event in events)


def _compared(first: Path, second: Path) -> dict[str, Any]:
    """Tables and index of two releases by their SHA-256, once both are verified.

    Where in its file a film stood is all that may differ; what became of the micro-genres of a
    release before is left out where one of the two had one.
    """
    releases = [ReleaseStore(out).folder() for out in (first, second)]
    manifests = [verify_release(release) for release in releases]
    one, other = map(checksums, manifests)
    tables = [pq.read_table(release / _ROWS).drop_columns(["row"]) for release in releases]
    one[_ROWS], other[_ROWS] = (table_digest(table) for table in tables)
    if any(manifest.get("parent") for manifest in manifests):
        for files in (one, other):
            files.pop("lineage.parquet", None)
    return {
        "same": sorted(name for name in one if one[name] == other.get(name)),
        "different": sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n)),
    }


if __name__ == "__main__":
    raise SystemExit(main())
