"""Compare the bytes of two minings: one undisturbed, one with one worker, shuffled and killed.

    microgenres bench end-to-end --sizes 100000 --work WORK
    python -m benchmarks.scripts.same_bytes WORK --films 100000

The first command mines a catalogue with two workers. The second one mines the same films in another
order with one worker, is killed twice, and compares the releases. It reuses the embeddings of the
first unless `--encode` is given, and writes `benchmarks/results/same-bytes.json`. Its exit code
is 1 if a file differs.
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

from benchmarks.lib.harness import RESULTS, BenchOptions
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.processes import RestartableProcess
from pipeline.fileio.parquet import table_digest
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import checksums, verify_release

KILLED_IN = ("landscape", "names")  # stages; the run is killed AFTER seconds of each
AFTER = 5.0  # seconds
_ROWS = "rows.parquet"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 if all tables and the index have the same bytes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scripts.same_bytes", description=__doc__
    )
    parser.add_argument("work", type=Path, help="the work folder of `bench end-to-end`")
    parser.add_argument("--films", type=int, default=100_000, help="size of that benchmark")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--encode", action="store_true", help="encode the texts again")
    parser.add_argument("--out", type=Path, default=RESULTS / "same-bytes.json")
    options = parser.parse_args(arguments)
    first = options.work.absolute() / f"films-{options.films}-seed-{BenchOptions().seed}"
    if not (first / "ours-0.json").exists():
        parser.error(
            f"there is no mining in {first}: first run `microgenres bench end-to-end "
            f"--sizes {options.films} --work {options.work}`"
        )
    again = first / "again"
    shutil.rmtree(again, ignore_errors=True)
    again.mkdir()
    _shuffle(first / "films.parquet", again / "films.parquet")
    if not options.encode:
        reused = again / "out" / "work"
        reused.mkdir(parents=True)
        shutil.copytree(first / "out" / "work" / "embed", reused / "embed", copy_function=os.link)
    began = time.perf_counter()
    kills = _mine_with_kills(again, options.workers)
    record = {
        "machine": describe_machine(),
        "films": options.films,
        "workers": options.workers,
        "encoded_again": options.encode,
        "killed_in": kills,
        "seconds": time.perf_counter() - began,
        **_compare(first / "out", again / "out"),
    }
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(record, indent=1) + "\n")
    return int(bool(record["different"]))


def _shuffle(source: Path, target: Path) -> None:
    films = pq.read_table(source)
    order = np.random.default_rng(1).permutation(len(films))
    pq.write_table(films.take(pa.array(order)), target)


def _mine_with_kills(place: Path, workers: int) -> list[str]:
    """Mine, and kill the run and its workers in each stage of KILLED_IN; return those stages."""
    killed: list[str] = []
    for stage in (*KILLED_IN, None):
        record = place / f"{stage or 'last'}.stages"
        command = [
            sys.executable,
            "-m",
            "benchmarks.lib.mining_run",
            "mine",
            f"--source=files:{place / 'films.parquet'}",
            f"--out={place / 'out'}",
            f"--workers={workers}",
            str(record),
        ]
        run = RestartableProcess("mining", command, os.environ, place / "mine.log")
        run.start()
        try:
            if stage is None:
                run.wait()
                continue
            while not run.has_ended() and not _has_begun(record, stage):
                time.sleep(0.2)
            time.sleep(AFTER)
        finally:
            if run.kill() and stage is not None:
                killed.append(stage)
    return killed


def _has_begun(record: Path, stage: str) -> bool:
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    events = [
        json.loads(line) for line in lines if line.endswith("}")
    ]  # the last line may be incomplete
    return any(event["what"] == "began" and event["stage"] == stage for event in events)


def _compare(first: Path, second: Path) -> dict[str, Any]:
    """Verify two releases and compare the SHA-256 of their files.

    The row numbers of films in their file may differ. The lineage is left out if one of the
    releases has a parent.
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
