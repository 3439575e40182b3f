"""Mine for tests of faults, and check a release after any fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import checksums, verify_release
from tests.faults.child import Child, start
from tests.support.prefect_process import ask

__all__ = [
    "LIMIT",
    "Place",
    "all_runs_ended",
    "assert_same_tables",
    "committed_work",
    "verify_latest",
]

LIMIT = 531  # all films of the sample: three partitions


@dataclass(frozen=True)
class Place:
    """Prefect server, model folder and scheduler of runs."""

    server: str
    model: Path
    scheduler: str

    def mine(
        self,
        out: Path,
        *args: object,
        scheduler: str | None = None,
        before: Callable[..., object] | None = None,
        given: tuple[Any, ...] = (),
        log: Path | None = None,
        **environment: str,
    ) -> Child:
        """Start to mine the sample, or the source in `args`, into `out`."""
        source = () if "--source" in args else ("--source", "sample")
        return start(
            log or out.with_suffix(".log"),
            ["mine", *source, "--profile", "sample", "--out", out, *args],
            {
                "MICROGENRES_DASK__SCHEDULER": scheduler or self.scheduler,
                "MICROGENRES_DASK__WAIT_SECONDS": "20",
                "MICROGENRES_EMBED__MODEL": str(self.model),
                "MICROGENRES_EMBED__DTYPE": "float32",
                **environment,
            },
            before,
            *given,
        )


def verify_latest(out: Path, rows: int) -> Path:
    """Return the latest release; it must verify and have each row once, released or rejected."""
    release = ReleaseStore(out).folder()
    manifest = verify_release(release)
    counts = manifest["counts"]
    assert counts["rows_in"] == rows == counts["released"] + counts["rejected"]
    released = pq.read_table(release / "movies.parquet", columns=["movie_id"])
    rejected = pq.read_table(release / "rejects.parquet", columns=["movie_id"])
    ids = [i for table in (released, rejected) for i in table.column(0).to_pylist()]
    if all(source["name"] == "sample" for source in manifest["sources"]):
        assert sorted(ids) == sorted(_sample_ids())
    return release


def _sample_ids() -> list[str]:
    chunks = open_source("sample", SourceSettings()).read()
    return [i for chunk in chunks for i in chunk.movies.column("movie_id").to_pylist()]


def assert_same_tables(one: Path, other: Path) -> None:
    """Check that two releases have the same tables and index, byte by byte."""
    first, second = (checksums(verify_release(release)) for release in (one, other))
    assert first == second
    assert len(first) >= 9


def committed_work(out: Path) -> dict[str, str]:
    """Return the text of the manifest of each committed piece, by STAGE/PIECE-...

    A manifest names the files of the attempt that wrote it: equal texts are the same attempt.
    Stages that run only because of a previous release are left out.
    """
    found = [
        path
        for path in (out / "work").glob("*/*.json")
        # previous names are read back into parts and checked
        if "-before" not in path.parent.name
        and not path.parent.name.startswith(("kept-", "name-truth"))
    ]
    return {f"{path.parent.name}/{path.stem}": path.read_text() for path in found}


def all_runs_ended(server: str, out: Path) -> bool:
    """Return whether all flow runs into `out`, and their tasks, have ended in Prefect."""
    wanted: dict[str, Any] = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}}
    runs = ask(f"{server}/flow_runs/filter", wanted)
    assert runs
    tasks = ask(f"{server}/task_runs/filter", wanted | {"limit": 200})
    ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    return all(run["state_type"] in ended for run in [*runs, *tasks])
