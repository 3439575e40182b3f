"""What the steps of a run share: store, cluster, settings, and how a stage is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any

import pyarrow as pa
from distributed import Client
from pydantic import BaseModel

from flows.runtime.artifacts import Artifacts, ShownStage, show_stage
from pipeline.embedding.weights import ModelIdentity
from pipeline.execution.runner import Piece, Stage, StageResult, run_stage
from pipeline.fileio.parquet import table_digest
from pipeline.observability.log_records import logged_as
from pipeline.settings import Settings
from pipeline.storage.work_store import FileRef, Store, fingerprint

__all__ = ["Run"]


class Run:
    """One run of a flow; a plain object, so that Prefect passes it on without looking inside."""

    def __init__(
        self, store: Store, client: Client, settings: Settings, model: ModelIdentity, resume: bool
    ) -> None:
        self.store = store
        self.client = client
        self.settings = settings
        self.model = model
        self.resume = resume
        self.model_constants = {"revision": model.revision, "dtype": model.dtype}
        self.started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.resumed: set[str] = set()  # stages of which pieces were found committed
        self.artifacts = Artifacts()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.artifacts.close()

    def stage(
        self,
        function: Callable[..., Mapping[str, pa.Table]],
        pieces: Sequence[Piece],
        *,
        settings: BaseModel | None = None,
        name: str | None = None,
        shown: bool = True,
        lean: Mapping[str, Any] = MappingProxyType({}),
    ) -> StageResult:
        """Run the pieces of a stage on the cluster, and show it on the terminal and in Prefect.

        Parameters
        ----------
        function : callable
            A function declared with `@stage`.
        pieces : sequence of Piece
            What to run it on.
        settings : BaseModel, optional
            The stage's section of the settings.
        name : str, optional
            Another name than the declared one, where one function serves several stages.
        shown : bool
            Whether the terminal and Prefect show the stage.
        lean : Mapping
            Constants for a retry after a piece ran out of memory.
        """
        stage = Stage.of(function, settings, name=name, lean=lean)
        name = stage.name
        show = ShownStage(name, len(pieces), self.artifacts) if shown else None
        started = time.perf_counter()
        with logged_as(stage=name):
            result = run_stage(
                self.store,
                stage,
                pieces,
                client=self.client,
                retries=self.settings.dask.retries,
                resume=self.resume,
                on_progress=show.piece if show else None,
                wait_seconds=self.settings.dask.wait_seconds,
            )
        seconds = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        if result.reused:
            self.resumed.add(name)
        if show:
            show.end(result, seconds)
        return result

    def told(self, name: str, seconds: float, rows: list[dict[str, Any]], detail: str) -> None:
        """Show a stage that the flow did by itself, without pieces on the cluster."""
        self.seconds[name] = seconds
        show_stage(name, seconds, rows, detail, self.artifacts)

    def put(self, stage: str, key: str, table: pa.Table) -> FileRef:
        """Commit a small table that the flow itself made, named by what it holds."""
        mark = fingerprint(stage, table_digest(table))
        found = self.store.lookup(stage, key, mark)
        if found is None:
            found = self.store.commit(
                stage, key, mark, {"table": table}, rows_in=len(table), seconds=0.0
            )
        return found.outputs["table"]

    def training(self, refs: Sequence[FileRef]) -> int:
        """How many partitions, from the first, hold at most `cluster.train_films` films.

        Partitions are cut by a hash of the ids, so any of them are a random sample of all films.
        """
        films, count = 0, 0
        for ref in refs:
            films += ref.rows or 0
            if count and films > self.settings.cluster.train_films:
                break
            count += 1
        return count

    def read(self, refs: FileRef | Sequence[FileRef], columns: list[str] | None = None) -> pa.Table:
        """A committed table, or several, one after the other."""
        return self.store.read(refs, columns)
