"""The release that is served, and the thread that changes it for a newer one while requests run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import MicrogenresError, ReleaseError
from pipeline.inference.assigner import Assigner
from pipeline.inference.encoder import encoder_of
from pipeline.release.lookup import find_release
from pipeline.settings import ServeSettings
from pipeline.storage.release_store import Releases
from pipeline.storage.verify import MANIFEST
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.semantic_search import Meaning

__all__ = ["Snapshot", "Snapshots"]

logger = logging.getLogger(__name__)


class Snapshot:
    """One release, whole: what a request holds on to from its beginning to its end."""

    def __init__(self, path: Path, settings: ServeSettings) -> None:
        self.catalogue = Catalogue(
            path, memory_limit=settings.memory_limit, threads=settings.threads
        )
        self.id = self.catalogue.id
        encoder = encoder_of(path, self.catalogue.manifest, "cpu")
        self.meaning = Meaning(self.catalogue, encoder, threads=settings.threads)
        self.meaning.warm()
        self._assigner = Assigner(path, encoder)
        try:
            self.assign([{"overview": "a film"}])
        except (KeyError, ValueError, IndexError) as error:
            raise ReleaseError(
                f"release {path} does not place a film: {error!r}; it is of another version: "
                "mine again"
            ) from error
        self.loaded_at = datetime.now(UTC)

    def assign(self, films: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The micro-genre of each film, see `pipeline.inference.assigner.Assigner.assign`."""
        return self._assigner.assign(films)


class Snapshots:
    """The snapshot that new requests get; the old one lives as long as a request holds it.

    Parameters
    ----------
    place : the folder of a release, which is then served for good, or an output folder, of which
        the newest release is served.

    Raises
    ------
    MicrogenresError
        when there is no release, or it cannot be served.
    """

    def __init__(self, place: Path, settings: ServeSettings) -> None:
        self._settings = settings
        self.place = place
        self._folder = None if (place / MANIFEST).is_file() else Releases(place)
        self.current = Snapshot(find_release(place), settings)
        self.reloads = {"done": 0, "failed": 0}
        self.problem: str | None = None
        self._refused: str | None = None
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def watch(self) -> None:
        """Look for a newer release every `reload_seconds`, until `stop`."""
        if self._folder is not None and self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="latest", daemon=True)
            self._watcher.start()

    def stop(self) -> None:
        """End the watching; waits for a release that is being loaded."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def refresh(self) -> bool:
        """Change to the newest release where there is one; True when it was changed.

        One that cannot be served is told once, and the old one goes on being served.
        """
        if self._folder is None:
            return False
        wanted = None
        try:
            wanted = self._folder.latest()
            if wanted is None or wanted in (self.current.id, self._refused):
                return False
            started = time.perf_counter()
            self.current = Snapshot(self._folder.release(wanted), self._settings)
        except MicrogenresError as error:
            self._refused, self.problem = wanted, f"release {wanted} is not served: {error}"
            self.reloads["failed"] += 1
            logger.error("%s; release %s goes on", self.problem, self.current.id)
            return False
        self.problem = self._refused = None
        self.reloads["done"] += 1
        logger.info("release %s is served after %.1f s", wanted, time.perf_counter() - started)
        return True

    def _watch(self) -> None:
        while not self._stop.wait(self._settings.reload_seconds):
            try:
                self.refresh()
            except Exception:  # the watcher outlives whatever a release may do to it
                logger.exception("the newest release could not be looked at")
