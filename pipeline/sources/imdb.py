"""IMDb by genre: a folder of CSV files, one for each genre, whose name is the file's.

A film stands in the file of each of its genres. Rows come as they are, each with the genre of its
file among its own; whoever learns genres makes one film of them (`pipeline.genres.data.merge_rows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.schemas import mining as tables
from pipeline.settings import SourceSettings
from pipeline.sources.base import SourceChunk
from pipeline.sources.files.source import FilesSource

__all__ = ["ImdbGenresSource", "genre_of"]

# Where IMDb writes the genre otherwise than a file is commonly named.
_SPELT = {
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
    """The rows of all files that lie directly in a folder.

    Parameters
    ----------
    folder : with files such as `action.csv`, in the IMDb dialect. settings : how to read them;
        the dialect is IMDb's unless it is set.
    """

    def __init__(self, folder: Path, settings: SourceSettings) -> None:
        self._folder = folder
        dialect = "imdb" if settings.dialect == "auto" else settings.dialect
        self._files = FilesSource(folder, settings.model_copy(update={"dialect": dialect}))

    @property
    def name(self) -> str:
        return self._files.name

    @property
    def attribution(self) -> str:
        return self._files.attribution

    def gone(self) -> frozenset[str]:
        return frozenset()

    def check(self) -> None:
        if not self._folder.is_dir():
            raise SourceError(
                f"{self._folder}: no such folder; name one with a CSV file for each genre"
            )
        self._files.check()

    def content_hash(self) -> str:
        return self._files.content_hash()

    def read(self) -> Iterator[SourceChunk]:
        for chunk in self._files.read():
            told = chunk.movies.column("source").to_pylist()
            lists = chunk.movies.column("genres").to_pylist()
            genres = [
                list(dict.fromkeys([*(own or ()), genre_of(file)]))
                for own, file in zip(lists, told, strict=True)
            ]
            field = tables.MOVIES.field("genres")
            place = tables.MOVIES.get_field_index("genres")
            movies = chunk.movies.set_column(place, field, pa.array(genres, field.type))
            yield SourceChunk(movies, chunk.rejects, chunk.rows_in)


def genre_of(file: str) -> str:
    """The genre that a file is of: `action.csv` Action, `scifi.csv.gz` Sci-Fi."""
    stem = file.split(".", maxsplit=1)[0].strip().lower()
    words = re.split(r"[\s_-]+", stem)
    plain = "-".join(words)
    return _SPELT.get(plain) or " ".join(word.capitalize() for word in words)
