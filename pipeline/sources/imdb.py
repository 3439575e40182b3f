"""IMDb by genre: a folder with one CSV file per genre, named after the genre.

A film is in the file of each of its genres. Each row is read as it is, with the genre of its file
added to its genres; `pipeline.genres.data.merge_rows` merges the rows of a film.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.schemas import mining as tables
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk, TableSummary
from pipeline.sources.files.source import FilesSource

__all__ = ["ImdbGenresSource", "genre_of"]

# File names whose genre IMDb spells in another way.
_SPELLINGS = {
    "scifi": "Sci-Fi",
    "sci-fi": "Sci-Fi",
    "sports": "Sport",
    "film-noir": "Film-Noir",
    "filmnoir": "Film-Noir",
    "musicals": "Musical",
    "biopic": "Biography",
    "tv-movie": "TV Movie",
}


class ImdbGenresSource:
    """The rows of all files directly in a folder.

    Parameters
    ----------
    folder : Path
        Folder with files such as `action.csv`.
    settings : SourceSettings
        How to read them; the dialect is `imdb` unless it is set.
    """

    def __init__(self, folder: Path, settings: SourceSettings) -> None:
        self._folder = folder
        dialect = "imdb" if settings.dialect == "auto" else settings.dialect
        self._files = FilesSource(folder, settings.model_copy(update={"dialect": dialect}))

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self._files.name

    @property
    def attribution(self) -> str:
        """Notice that the files require."""
        return self._files.attribution

    def gone(self) -> frozenset[str]:
        """Return no ids: these files report no removed films."""
        return frozenset()

    def check(self) -> None:
        """Raise `SourceError` unless the folder and its files can be read."""
        if not self._folder.is_dir():
            raise SourceError(
                f"{self._folder}: no such folder; name one with a CSV file for each genre"
            )
        self._files.check()

    @property
    def files(self) -> FilesSource:
        """The files as they are, without the genres of their names."""
        return self._files

    def tables(self) -> list[TableSummary]:
        """Return what each file is."""
        return self._files.tables()

    def content_hash(self) -> str:
        """Return the SHA-256 (hex) of the names and bytes of all files."""
        return self._files.content_hash()

    def read(self) -> Iterator[SourceChunk]:
        """Yield the rows in chunks, with the genre of the file among the genres of each row."""
        for chunk in self._files.read():
            files = chunk.movies.column("source").to_pylist()
            lists = chunk.movies.column("genres").to_pylist()
            genres = [
                list(dict.fromkeys([*(own or ()), genre_of(file)]))
                for own, file in zip(lists, files, strict=True)
            ]
            field = tables.MOVIES.field("genres")
            position = tables.MOVIES.get_field_index("genres")
            movies = chunk.movies.set_column(position, field, pa.array(genres, field.type))
            yield replace(chunk, movies=movies)


def genre_of(file: str) -> str:
    """Return the genre that a file is named after; its folders do not count.

    Examples
    --------
    >>> genre_of("action.csv"), genre_of("scifi.csv.gz")
    ('Action', 'Sci-Fi')
    """
    stem = file.rpartition("/")[2].split(".", maxsplit=1)[0].strip().lower()
    words = re.split(r"[\s_-]+", stem)
    return _SPELLINGS.get("-".join(words)) or " ".join(word.capitalize() for word in words)
