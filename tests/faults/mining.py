"""How these tests mine, and what must hold of a release whatever died on the way to it."""

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

__all__ = ["LIMIT", "Place", "checked", "nothing_runs", "same_tables", "work_of"]

LIMIT = 531  # all films of the sample: three partitions


@dataclass(frozen=True)
class Place:
    """Where runs take place: a Prefect server, a model's folder, a scheduler."""

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
        """Begin to mine the sample, or what `args` say, into `out`."""
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


def checked(out: Path, rows: int) -> Path:
    """The latest release, which verifies and holds every row once, released or rejected."""
    release = ReleaseStore(out).folder()
    manifest = verify_release(release)
    counts = manifest["counts"]
    assert counts["rows_in"] == rows == counts["released"] + counts["rejected"]
    released = pq.read_table(release / "movies.parquet", columns=["movie_id"])
    rejected = pq.read_table(release / "rejects.parquet", columns=["movie_id"])
    found = [i for table in (released, rejected) for i in table.column(0).to_pylist()]
    if all(source["name"] == "sample" for source in manifest["sources"]):
        assert sorted(found) == sorted(_sample_ids())
    return release


def _sample_ids() -> list[str]:
    chunks = open_source("sample", SourceSettings()).read()
    return [i for chunk in chunks for i in chunk.movies.column("movie_id").to_pylist()]


def same_tables(one: Path, other: Path) -> None:
    """Two releases hold the same tables and the same index, byte by byte."""
    first, second = (checksums(verify_release(release)) for release in (one, other))
    assert first == second
    assert len(first) >= 9


def work_of(out: Path) -> dict[str, str]:
    """Committed pieces of work as STAGE/PIECE-..., each with its manifest.

    A manifest names the files of the attempt that made it: the same text is the same attempt. What
    a run works because there is a release before it is left out.
    """
    found = [path for path in (out / "work").glob("*/*.json") if "-before" not in path.parent.name]
    return {f"{path.parent.name}/{path.stem}": path.read_text() for path in found}


def nothing_runs(server: str, out: Path) -> bool:
    """Whether Prefect knows the end of every flow run into `out`, and of their tasks."""
    wanted: dict[str, Any] = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}}
    runs = ask(f"{server}/flow_runs/filter", wanted)
    assert runs
    tasks = ask(f"{server}/task_runs/filter", wanted | {"limit": 200})
    ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
    return all(run["state_type"] in ended for run in [*runs, *tasks])
