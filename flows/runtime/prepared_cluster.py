"""A local cluster that starts while Prefect's server does, for the run that will need it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager

from distributed import Client

from pipeline.execution.runner import local_cluster
from pipeline.imports import WORKER_IMPORTS
from pipeline.settings import DaskSettings

__all__ = ["open_cluster", "prepared_cluster"]


class _Prepared:
    """A cluster that is entered in a thread."""

    def __init__(self, settings: DaskSettings) -> None:
        self.settings = settings
        self._stack = ExitStack()
        self._thread = ThreadPoolExecutor(1, "prepared-cluster")
        self._client: Future[Client] = self._thread.submit(
            self._stack.enter_context, _cluster(settings)
        )

    def use(self) -> Client:
        """Return the client, or raise why there is none."""
        return self._client.result()

    def close(self) -> None:
        """End the cluster, if it has started."""
        self._thread.shutdown(wait=True)
        self._stack.close()


_prepared: list[_Prepared] = []  # not used yet


@contextmanager
def prepared_cluster(settings: DaskSettings) -> Iterator[None]:
    """Start a local cluster in a thread; the run of the block uses it if it has these settings.

    Parameters
    ----------
    settings : DaskSettings
        The section `dask`. With a scheduler nothing is started: the run connects to it.
    """
    if settings.scheduler is None:
        _prepared.append(_Prepared(settings))
    try:
        yield
    finally:
        while _prepared:  # the run ended before it needed the cluster
            _prepared.pop().close()


@contextmanager
def open_cluster(settings: DaskSettings) -> Iterator[Client]:
    """Yield a client: of `prepared_cluster` if there is one, or as `local_cluster` does.

    Parameters
    ----------
    settings : DaskSettings
        The section `dask`.

    Raises
    ------
    SettingsError, StageError
        As `local_cluster`.
    """
    if not (_prepared and _prepared[-1].settings == settings):
        with _cluster(settings) as client:
            yield client
        return
    prepared = _prepared.pop()
    try:
        yield prepared.use()
    finally:
        prepared.close()


def _cluster(settings: DaskSettings) -> AbstractContextManager[Client]:
    return local_cluster(settings, WORKER_IMPORTS)
