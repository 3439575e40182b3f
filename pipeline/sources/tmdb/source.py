"""The catalogue of a fetch as a source: `tmdb:FOLDER`, checked against its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.compression import file_hash, inspect_path
from pipeline.sources.files.source import check_file, read_file
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.fetch_manifest import FILMS, gone_films, read_manifest

__all__ = ["TmdbSource"]


class TmdbSource:
    """The films of a folder that was `--out` of `microgenres fetch tmdb`.

    Of the settings only `chunk_rows` and `max_file_bytes` count: its columns are TMDB's.
    """

    def __init__(self, folder: Path, settings: SourceSettings) -> None:
        inner = folder / "fetch"
        self._folder = inner if inner.is_dir() else folder
        self._settings = settings.model_copy(update={"dialect": "tmdb", "column_map": {}})

    @property
    def name(self) -> str:
        return "tmdb"

    @property
    def attribution(self) -> str:
        return ATTRIBUTION

    def gone(self) -> frozenset[str]:
        return frozenset(str(film) for film in gone_films(self._folder))

    def check(self) -> None:
        check_file(self._whole(), self._settings)

    def content_hash(self) -> str:
        return file_hash(self._whole())

    def read(self) -> Iterator[SourceChunk]:
        yield from read_file(self._whole(), self._settings, label=self.name)

    def _whole(self) -> Path:
        path = self._folder / FILMS
        made = read_manifest(self._folder)["films"]
        inspect_path(path)
        if file_hash(path) != made["sha256"]:
            raise SourceError(
                f"{path}: is not what the last fetch that ended has written; give the same "
                "microgenres fetch again, which asks only for what is missing"
            )
        return path
