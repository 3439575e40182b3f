"""Read-only access to one release: its tables, loaded when first asked for, and what they hold.

For the command line, the API and the web explorer. Nothing here writes, and nothing is computed
that the run has computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from pipeline.errors import MicrogenresError, ReleaseError, StoreError
from pipeline.release.reader import SCHEMA_VERSIONS, ReleasedTables
from pipeline.release.title_index import TitleIndex, plain, titled
from pipeline.storage.release_store import Releases
from pipeline.storage.verify import MANIFEST

__all__ = [
    "SCHEMA_VERSIONS",
    "NotInReleaseError",
    "Release",
    "find_release",
    "open_release",
    "output_folder",
]

_SUGGESTIONS, _LISTED = 5, 8


class NotInReleaseError(MicrogenresError):
    """What was asked for is not in the release, or names several; `suggestions` are to choose from.

    Parameters
    ----------
    message : what was asked for, and what to ask instead.
    suggestions : each names one thing of the release, likeliest first.
    """

    def __init__(self, message: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


def find_release(place: Path, release_id: str | None = None) -> Path:
    """The folder of a release.

    Parameters
    ----------
    place : the folder of a release, or an output folder.
    release_id : which release of an output folder; None for its latest.

    Raises
    ------
    ReleaseError
        when there is none.
    """
    if release_id is None and (place / MANIFEST).is_file():
        return place.absolute()
    if not (place / "releases").is_dir():
        raise ReleaseError(
            f"no release in {place}: run `microgenres mine --out {place}` first, "
            "or name another folder"
        )
    try:
        return Releases(place).release(release_id)  # makes no folder: it is there
    except ReleaseError:
        raise
    except StoreError as error:
        raise ReleaseError(f"{place}: {error}") from error


def output_folder(place: Path) -> Path:
    """The output folder that `place` is, or that the release `place` lies in."""
    return place.parent.parent if place.parent.name == "releases" else place


def open_release(place: Path, release_id: str | None = None) -> Release:
    """Open the release that `find_release` finds.

    Raises
    ------
    ReleaseError
        when there is none, or its schema is of a version that this code does not know.
    """
    return Release(find_release(place, release_id))


class Release(ReleasedTables):
    """One release and what people look up in it: films, similar films, micro-genres."""

    def film(self, movie_id: str) -> dict[str, Any]:
        """The row of `movies` with that id; NotInReleaseError when there is none."""
        row = self._row_of.get(movie_id)
        if row is None:
            raise NotInReleaseError(f"no film with the id {movie_id!r} in release {self.id}")
        return self._film(row)

    def find_film(self, text: str) -> dict[str, Any]:
        """The row of `movies` that a person means.

        Parameters
        ----------
        text : a movie_id, "Title (Year)" or "Title"; case, accents, punctuation and a leading
            article do not count. An id wins over a title: write the year to mean the title.

        Raises
        ------
        NotInReleaseError
            when it names no film, with similar titles, or several, with their ids.
        """
        if text.strip() in self._row_of:
            return self._film(self._row_of[text.strip()])
        rows = self._titles.find(text)
        if len(rows) == 1:
            return self._film(rows[0])
        if rows:
            several = [f"{self._label(row)} with the id {self._ids[row]}" for row in rows[:_LISTED]]
            more = "" if len(rows) <= _LISTED else f" and {len(rows) - _LISTED} more"
            raise NotInReleaseError(
                f"{text!r} names {len(rows)} films: {'; '.join(several)}{more}. "
                "Give the year or the id",
                tuple(self._ids[row] for row in rows[:_LISTED]),
            )
        near = tuple(self._label(row) for row in self._titles.suggest(text, _SUGGESTIONS))
        raise NotInReleaseError(f"no film {text!r} in release {self.id}{_meant(near)}", near)

    def similar(self, movie_id: str, limit: int = 10) -> list[dict[str, Any]]:
        """The nearest films of a film, best first, as far as the run listed them.

        Returns
        -------
        list of dict
            `rank` (1 is the nearest), `similarity` (cosine), `movie_id`, `title`, `year`,
            `cluster`, `micro_genre_name`, `family_name`.
        """
        self.film(movie_id)
        near = self.neighbours.filter(pc.equal(self.neighbours["movie_id"], movie_id))
        found = []
        for pair in near.sort_by("rank").slice(0, limit).to_pylist():
            film = self.film(pair["neighbour_id"])
            shown = ("movie_id", "title", "year", "cluster", "micro_genre_name", "family_name")
            found.append(
                {"rank": pair["rank"], "similarity": pair["similarity"]}
                | {name: film[name] for name in shown}
            )
        return found

    def find_micro_genre(self, text: str | int) -> dict[str, Any]:
        """The row of `micro_genres` with that cluster number, micro_genre_id or name.

        Raises
        ------
        NotInReleaseError
            when there is none, with similar names.
        """
        wanted = str(text).strip()
        rows = self.micro_genres.to_pylist()
        tests: tuple[Callable[[dict[str, Any]], bool], ...] = (
            lambda row: str(row["cluster"]) == wanted,
            lambda row: bool(row["micro_genre_id"] == wanted),
            lambda row: plain(row["micro_genre_name"]) == plain(wanted),
        )
        for test in tests:
            for row in filter(test, rows):
                return dict(row)
        names = [row["micro_genre_name"] for row in rows]
        near_rows: list[int] = []
        for told in (names, [" ".join(row["keywords"]) for row in rows]):
            near_rows += TitleIndex(told, [None] * len(told)).suggest(wanted, _SUGGESTIONS)
        near = tuple(names[row] for row in dict.fromkeys(near_rows))[:_SUGGESTIONS]
        raise NotInReleaseError(
            f"no micro-genre {wanted!r} in release {self.id}, whose clusters are 0 to "
            f"{len(rows) - 1}{_meant(near)}",
            near,
        )

    def films_of(self, cluster: int, limit: int | None = None) -> list[dict[str, Any]]:
        """Films of one micro-genre as rows of `movies`, the most typical first."""
        films = self.movies.filter(pc.equal(self.movies["cluster"], cluster))
        ordered = films.sort_by([("similarity", "descending"), ("movie_id", "ascending")])
        return list(ordered.slice(0, limit).to_pylist())

    @cached_property
    def _ids(self) -> list[str]:
        return list(self.movies["movie_id"].to_pylist())

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {movie_id: row for row, movie_id in enumerate(self._ids)}

    @cached_property
    def _titles(self) -> TitleIndex:
        return TitleIndex(self.movies["title"].to_pylist(), self.movies["year"].to_pylist())

    def _film(self, row: int) -> dict[str, Any]:
        return dict(self.movies.slice(row, 1).to_pylist()[0])

    def _label(self, row: int) -> str:
        return titled(self.movies["title"][row].as_py(), self.movies["year"][row].as_py())


def _meant(names: Sequence[str]) -> str:
    return f"; did you mean {' | '.join(names)}?" if names else ""
