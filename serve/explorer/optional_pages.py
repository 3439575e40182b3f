"""Pages that are in the menu only while they have content: for you, genres and monitoring."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request

from pipeline.errors import MicrogenresError
from pipeline.genres.training.registry import FOLDER as GENRES
from pipeline.genres.training.registry import REGISTRY
from pipeline.recommend import FOLDER as RATINGS
from pipeline.release.lookup import output_folder
from pipeline.settings import ServeSettings, UpkeepSettings

if TYPE_CHECKING:
    from pipeline.genres.serving.predictor import GenrePredictor
    from pipeline.recommend.lifecycle.database import UpkeepDatabase
    from pipeline.recommend.serving.recommender import RecommenderService, ServedVersion

__all__ = [
    "OptionalContent",
    "content_of",
]


class OptionalContent:
    """Genre models and the upkeep database beside a release; each is opened at its first use.

    Parameters
    ----------
    place : Path
        The folder of a release, or an output folder.
    settings : ServeSettings
        `genres` is the folder of genre models, if it is another one.
    upkeep : UpkeepSettings
        Database and thresholds of the recommender's upkeep.
    """

    def __init__(self, place: Path, settings: ServeSettings, upkeep: UpkeepSettings) -> None:
        out = output_folder(place.absolute())
        self.genres_folder = settings.genres or out / GENRES
        self.ratings_folder = out / RATINGS
        self.upkeep = upkeep
        self._lock = threading.Lock()
        self._recommender: RecommenderService | None = None
        self._predictor: GenrePredictor | None = None
        self._database: UpkeepDatabase | None = None

    def has_genres(self) -> bool:
        """Return whether genre models were trained."""
        return (self.genres_folder / REGISTRY).is_file()

    def has_monitoring(self) -> bool:
        """Return whether there is a database of a recommender's upkeep."""
        return self.upkeep.database is not None or (self.ratings_folder / "upkeep.db").is_file()

    def has_ratings(self) -> bool:
        """Return whether ratings were read or a recommender was trained."""
        return self.ratings_folder.is_dir()

    def recommender(self) -> ServedVersion | None:
        """Return the version of the recommender that serves now; None if none was trained.

        Raises
        ------
        MicrogenresError
            If it cannot be opened.
        """
        if not self.has_ratings():
            return None
        with self._lock:
            if self._recommender is None:
                from pipeline.recommend.lifecycle.database import database_url
                from pipeline.recommend.serving.recommender import RecommenderService

                url = database_url(self.ratings_folder, self.upkeep)
                self._recommender = RecommenderService(self.ratings_folder, url)
            self._recommender.reload()
            return self._recommender.current

    def menu(self) -> list[tuple[str, str]]:
        """Return name and label of the pages that have content."""
        pages = (
            ("for-you", "For you", self.has_ratings()),
            ("genres", "Genres", self.has_genres()),
            ("monitoring", "Monitoring", self.has_monitoring()),
        )
        return [(name, label) for name, label, shown in pages if shown]

    def predictor(self) -> GenrePredictor | None:
        """Return the genre models, None if there are none that can predict."""
        if not self.has_genres():
            return None
        if self._predictor is None:
            from pipeline.genres.serving.predictor import GenrePredictor  # imports PyTorch

            self._predictor = GenrePredictor(self.genres_folder)
        try:
            return self._predictor if self._predictor.names else None
        except MicrogenresError:
            return None

    def database(self) -> UpkeepDatabase | None:
        """Return the upkeep database, None if there is none.

        Raises
        ------
        MicrogenresError
            If it cannot be opened.
        """
        if not self.has_monitoring():
            return None
        if self._database is None:
            from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url

            self._database = UpkeepDatabase(database_url(self.ratings_folder, self.upkeep))
        return self._database


def content_of(request: Request) -> OptionalContent:
    """Return the optional content of the application of a request."""
    found: OptionalContent = request.app.state.optional_content
    return found
