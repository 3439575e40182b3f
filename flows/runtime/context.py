"""What the steps of a run share: store, cluster, settings, model, and how a stage is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from functools import cached_property
from itertools import islice
from statistics import median
from types import MappingProxyType, TracebackType
from typing import Any

import pyarrow as pa
from distributed import Client
from pydantic import BaseModel

from flows.events import StageDone, StageStarted, emit
from flows.runtime.artifacts import Artifacts, ShownStage, show_stage
from flows.runtime.cluster_dtype import choose_for_cluster
from pipeline.embedding.dtype_choice import DtypeChoice
from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.execution.runner import ClusterTurns, Piece, Stage, StageResult, run_stage
from pipeline.fileio.manifest import FileRef, fingerprint
from pipeline.fileio.parquet import table_digest
from pipeline.observability.log_records import log_context
from pipeline.settings import Settings
from pipeline.storage.commit_attempt import ComputedPiece
from pipeline.storage.store import Store

__all__ = ["RunContext"]

_PUT_TOGETHER = 16  # tables of `put_all` in memory and in one commit


class RunContext:
    """One run of a flow; a plain object, so that Prefect does not inspect it.

    Parameters
    ----------
    store : Store
        The output folder, locked by the run.
    settings : Settings
        The settings of the run.
    connect : callable
        Returns the context manager of a Dask client. It is entered when the first stage needs the
        cluster, so that a run whose work fits this process starts no workers.
    resume : bool
        Reuse committed pieces; False computes each again.
    model_constants : Mapping, optional
        `revision` and `dtype` of the model; by default those of the model that the settings name.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        connect: Callable[[], AbstractContextManager[Client]],
        *,
        resume: bool = True,
        model_constants: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.settings = settings
        self.resume = resume
        self.started = time.perf_counter()
        self.seconds: dict[str, float] = {}
        self.films = 0  # of the catalogue; 0 before they are counted
        self.resumed: set[str] = set()  # stages with pieces that were committed before this run
        self.artifacts = Artifacts()
        self._connect = connect
        self._client: Client | None = None
        self._stack = ExitStack()
        self._priority = 0
        self._turns = ClusterTurns()
        self._piece_seconds: dict[Callable[..., Any], float] = {}  # median of a piece, by function
        self._model_constants = model_constants

    def __enter__(self) -> RunContext:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.artifacts.close()
        self._stack.__exit__(kind, error, trace)

    @property
    def client(self) -> Client:
        """The Dask client; connects to the cluster at the first use."""
        if self._client is None:
            self._client = self._stack.enter_context(self._connect())
        return self._client

    @cached_property
    def weights(self) -> ModelIdentity:
        """The model of the settings, its weights verified, before its number type is chosen."""
        return identify(self.settings.embed, dtype="float32")

    @cached_property
    def dtype_choice(self) -> DtypeChoice:
        """The number type of all workers, and why; `embed.dtype = "auto"` uses the cluster."""
        if self._model_constants is not None and self._model_constants.get("dtype"):
            return DtypeChoice(self._model_constants["dtype"], "that of the release")
        return choose_for_cluster(
            lambda: self.client,
            self.store.work,
            self.settings.embed,
            self.weights,
            resume=self.resume,
            wait_seconds=self.settings.dask.wait_seconds,
        )

    @property
    def model(self) -> ModelIdentity:
        """The model of the settings, with the number type of all workers."""
        return replace(self.weights, dtype=self.dtype_choice.dtype)

    @property
    def model_constants(self) -> dict[str, str]:
        """`revision` and `dtype` of the model, as constants of the pieces that use it."""
        given = self._model_constants or {}
        revision = given.get("revision") or self.weights.revision
        return {"revision": revision, "dtype": self.dtype_choice.dtype}

    @property
    def background(self) -> RunContext:
        """This run for steps beside others: workers take the pieces of the others first."""
        client = self.client  # connects, since both share it
        beside = copy(self)
        beside._client = client
        beside._priority = self._priority - 1
        return beside

    def stage(
        self,
        function: Callable[..., Mapping[str, pa.Table]],
        pieces: Sequence[Piece],
        *,
        settings: BaseModel | None = None,
        name: str | None = None,
        shown: bool = True,
        here: bool = False,
        lean: Mapping[str, Any] = MappingProxyType({}),
    ) -> StageResult:
        """Run the pieces of a stage, and show it on the terminal and in Prefect.

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
        here : bool
            Run in this process instead of on the cluster, for little work.
        lean : Mapping
            Constants for a retry after a piece ran out of memory.
        """
        stage = Stage.of(function, settings, name=name, lean=lean)
        show = (
            ShownStage(stage.name, len(pieces), self.artifacts, self._films_of(pieces))
            if shown
            else None
        )
        started = time.perf_counter()
        with log_context(stage=stage.name):
            result = run_stage(
                self.store.work,
                stage,
                pieces,
                client=None if here or not pieces else self.client,
                retries=self.settings.dask.retries,
                resume=self.resume,
                on_progress=show.piece if show else None,
                wait_seconds=self.settings.dask.wait_seconds,
                priority=self._priority,
                piece_seconds=self._piece_seconds.get(stage.function),
                turns=self._turns,
            )
        if result.manifests:
            times = [manifest.seconds for manifest in result.manifests]
            self._piece_seconds[stage.function] = median(times)
        seconds = time.perf_counter() - started
        self.seconds[stage.name] = self.seconds.get(stage.name, 0.0) + seconds
        if result.reused:
            self.resumed.add(stage.name)
        if show:
            show.end(result, seconds)
        return result

    def _films_of(self, pieces: Sequence[Piece]) -> int | None:
        """Return the number of films if the pieces go through all of them once, else None."""
        first = [ref for piece in pieces for ref in next(iter(piece.inputs.values()), ())]
        refs = {ref.path: ref.rows or 0 for ref in first}
        return self.films if self.films and sum(refs.values()) == self.films else None

    def show(self, name: str, seconds: float, rows: list[dict[str, Any]], detail: str) -> None:
        """Show work that the flow did in this process, without pieces."""
        self.seconds[name] = seconds
        show_stage(name, seconds, rows, detail, self.artifacts)

    @contextmanager
    def timed(self, name: str) -> Iterator[list[str]]:
        """Show and time the work of the block; strings appended to the list are its detail."""
        emit(StageStarted(name))
        started = time.perf_counter()
        detail: list[str] = []
        yield detail
        self.seconds[name] = time.perf_counter() - started
        emit(StageDone(name, self.seconds[name], ", ".join(detail)))

    def put(self, stage: str, key: str, table: pa.Table) -> FileRef:
        """Commit a small table that the flow computed, named by its content."""
        return self.put_all(stage, [(key, table)])[0]

    def put_all(self, stage: str, tables: Iterable[tuple[str, pa.Table]]) -> tuple[FileRef, ...]:
        """Commit small tables, each under its key and named by its content.

        Some of them are in memory at a time, and committed together.
        """
        refs: list[FileRef] = []
        iterator = iter(tables)
        while some := list(islice(iterator, _PUT_TOGETHER)):
            marks = [fingerprint(stage, table_digest(table)) for _, table in some]
            found = {
                number: manifest
                for number, ((key, _), mark) in enumerate(zip(some, marks, strict=True))
                if (manifest := self.store.work.lookup(stage, key, mark)) is not None
            }
            computed = {
                number: ComputedPiece(key, marks[number], {"table": table}, len(table), 0.0)
                for number, (key, table) in enumerate(some)
                if number not in found
            }
            committed = self.store.work.commit_all(stage, list(computed.values()))
            found |= dict(zip(computed, committed, strict=True))
            refs += [found[number].outputs["table"] for number in range(len(some))]
        return tuple(refs)

    def training(self, refs: Sequence[FileRef]) -> int:
        """Return how many partitions, from the first, hold at most `cluster.train_films` films.

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
        """Read a committed table, or several, one after the other."""
        return self.store.work.read(refs, columns)
