"""An output folder: its releases, the work they are built from, and the lock of a run."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import BusyError
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.work_store import WorkStore

__all__ = ["Store"]


class Store:
    """An output folder `DIR`. Many processes may use it; `lock` admits one run at a time.

    Parameters
    ----------
    root : Path
        The output folder; created if it does not exist.

    Attributes
    ----------
    root : Path
        The output folder, absolute.
    releases : ReleaseStore
        Published releases: `DIR/releases` and `DIR/latest`.
    work : WorkStore
        Committed pieces of stages: `DIR/work`.

    Raises
    ------
    StoreError
        If the folder cannot be created.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     with store.lock():
    ...         print(store.releases.latest(), store.work.failures())
    None []
    """

    def __init__(self, root: Path) -> None:
        self.releases = ReleaseStore(root)
        self.work = WorkStore(root)
        self.root = self.work.root

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder for one run until the block ends.

        Raises
        ------
        BusyError
            If another run has locked it; does not wait.
        """
        with open(self.root / ".lock", "ab") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"another run is writing to {self.root}: wait for it, or choose another folder"
                ) from error
            yield

    def sweep(self, older_than: float) -> int:
        """Delete what unfinished attempts left behind; return how many files and folders.

        That is files of work that no manifest names, partly read catalogues and partly written
        releases. While `lock` is held, only a worker of a dead run may still be writing: without
        its files that attempt fails, and nothing else is lost.

        Parameters
        ----------
        older_than : float
            Age in seconds. Younger files may belong to an attempt that is still running.
        """
        return self.work.sweep(older_than) + self.releases.sweep(older_than)
