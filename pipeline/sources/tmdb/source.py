"""The catalogue of a fetch as a source, `tmdb:FOLDER`, verified against its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk, TableSummary
from pipeline.sources.files.source import FilesSource
from pipeline.sources.forms import file_hash, inspect_path
from pipeline.sources.tmdb import ATTRIBUTION
from pipeline.sources.tmdb.fetch_manifest import FILMS, gone_films, read_manifest

__all__ = ["TmdbSource"]


class TmdbSource:
    """The films of a folder that was `--out` of `microgenres fetch tmdb`.

    Only the settings `chunk_rows` and `max_file_bytes` apply: the columns are TMDB's.
    """

    def __init__(self, folder: Path, settings: SourceSettings) -> None:
        inner = folder / "fetch"
        self._folder = inner if inner.is_dir() else folder
        self._settings = settings.model_copy(
            update={"dialect": "tmdb", "column_map": {}, "table_maps": {}, "types": ()}
        )

    @property
    def name(self) -> str:
        """Name of the source: `tmdb`."""
        return "tmdb"

    @property
    def attribution(self) -> str:
        """The notice that TMDB requires."""
        return ATTRIBUTION

    def gone(self) -> frozenset[str]:
        """Return the ids of films that TMDB removed."""
        return frozenset(str(film) for film in gone_films(self._folder))

    def check(self) -> None:
        """Raise `SourceError` unless the catalogue can be read."""
        self.files().check()

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the catalogue."""
        return file_hash(self._verified_file())

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows in chunks."""
        yield from self.files().read()

    def tables(self) -> list[TableSummary]:
        """Return what the table is."""
        return self.files().tables()

    def files(self) -> FilesSource:
        """Return the verified file as a source.

        Raises
        ------
        SourceError
            If it is not the file that the fetch wrote.
        """
        return FilesSource(self._verified_file(), self._settings, label=self.name)

    def _verified_file(self) -> Path:
        path = self._folder / FILMS
        sha256 = read_manifest(self._folder)["films"]["sha256"]
        inspect_path(path)
        if file_hash(path) != sha256:
            raise SourceError(
                f"{path}: is not the file that the last finished fetch wrote; give the same "
                "microgenres fetch again, which requests only what is missing"
            )
        return path
