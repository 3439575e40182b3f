"""The served release, and the thread that replaces it with a newer one while requests run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import MicrogenresError, ReleaseError
from pipeline.inference.assigner import Assigner
from pipeline.inference.encoder import encoder_of
from pipeline.release.lookup import find_release
from pipeline.settings import ServeSettings
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import MANIFEST
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.search.engine import SearchEngine

__all__ = ["Snapshot", "Snapshots"]

logger = logging.getLogger(__name__)


class Snapshot:
    """One release with everything needed to answer a request.

    A request uses the same snapshot from beginning to end.

    Raises
    ------
    MicrogenresError
        If the release cannot be served.
    """

    def __init__(self, path: Path, settings: ServeSettings) -> None:
        self.catalogue = Catalogue(
            path, memory_limit=settings.memory_limit, threads=settings.threads
        )
        self.id = self.catalogue.id
        encoder = encoder_of(path, self.catalogue.manifest, "cpu")
        self.search = SearchEngine(self.catalogue, encoder, threads=settings.threads)
        self.search.warm()
        self._assigner = Assigner(path, encoder)
        # more at once would only take turns on the cores, each with arrays of its own
        self._assigning = threading.BoundedSemaphore(settings.threads)
        try:
            self.assign([{"overview": "a film"}])
        except (KeyError, ValueError, IndexError) as error:
            raise ReleaseError(
                f"release {path} cannot assign a film: {error!r}; another version wrote it; "
                "mine again"
            ) from error
        self.loaded_at = datetime.now(UTC)

    def assign(self, films: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the micro-genre of each film, see `pipeline.inference.assigner.Assigner`.

        Each has also the ids of its micro-genre and of the runner-up.
        """
        with self._assigning:
            found = self._assigner.assign(films)
        return [{**film, **self.catalogue.micro_genre_ids(film)} for film in found]


class Snapshots:
    """The snapshot for new requests; an old one is freed after its last request.

    Parameters
    ----------
    place : Path
        The folder of a release, which is then the only one served; or an output folder, whose
        newest release is served.
    settings : ServeSettings
        Memory limit, threads and reload interval.

    Attributes
    ----------
    current : Snapshot
        The snapshot for new requests.
    reloads : dict of str to int
        Number of reloads that are "done" and "failed".
    problem : str or None
        Why the newest release is not served; None if it is.

    Raises
    ------
    MicrogenresError
        If there is no release, or it cannot be served.
    """

    def __init__(self, place: Path, settings: ServeSettings) -> None:
        self._settings = settings
        self.place = place
        self._releases = None if (place / MANIFEST).is_file() else ReleaseStore(place)
        self.current = Snapshot(find_release(place), settings)
        self.reloads = {"done": 0, "failed": 0}
        self.problem: str | None = None
        self._refused: str | None = None
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def watch(self) -> None:
        """Check for a newer release every `reload_seconds` until `stop` is called."""
        if self._releases is not None and self._watcher is None:
            self._watcher = threading.Thread(
                target=self._watch, name="release-watcher", daemon=True
            )
            self._watcher.start()

    def stop(self) -> None:
        """Stop checking for newer releases; waits until a release being loaded is loaded."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def refresh(self) -> bool:
        """Switch to the newest release if it is not served yet; return True after a switch.

        A release that cannot be served is logged once, and the current one is still served.
        """
        if self._releases is None:
            return False
        newest = None
        try:
            newest = self._releases.latest()
            if newest is None or newest in (self.current.id, self._refused):
                return False
            started = time.perf_counter()
            self.current = Snapshot(self._releases.folder(newest), self._settings)
        except MicrogenresError as error:
            self._refused, self.problem = newest, f"release {newest} is not served: {error}"
            self.reloads["failed"] += 1
            logger.error("%s; release %s is still served", self.problem, self.current.id)
            return False
        self.problem = self._refused = None
        self.reloads["done"] += 1
        seconds = time.perf_counter() - started
        logger.info("release %s is now served, loaded in %.1f s", newest, seconds)
        return True

    def _watch(self) -> None:
        while not self._stop.wait(self._settings.reload_seconds):
            try:
                self.refresh()
            except Exception:  # no error of a release may end the watcher
                logger.exception("checking for a newer release failed")
