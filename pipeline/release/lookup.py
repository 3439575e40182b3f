"""Finds a release, and looks up films, similar films and micro-genres in it. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from pipeline.errors import MicrogenresError, ReleaseError, StoreError
from pipeline.release.reader import ReleasedTables
from pipeline.release.title_index import TitleIndex, plain, titled
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import MANIFEST

__all__ = ["NotInReleaseError", "Release", "find_release", "output_folder"]

_SUGGESTIONS = 5  # names suggested when nothing matches
_LISTED = 8  # films listed when several match


class NotInReleaseError(MicrogenresError):
    """A film or micro-genre is not in the release, or the text matches several films.

    Parameters
    ----------
    message : str
        What was not found, and what to try instead.
    suggestions : tuple of str
        Ids, titles or names that are in the release, the most likely first.
    """

    def __init__(self, message: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions


def find_release(place: Path, release_id: str | None = None) -> Path:
    """Return the folder of a release as an absolute path.

    Parameters
    ----------
    place : Path
        The folder of a release, or an output folder.
    release_id : str or None
        Id of a release in the output folder; None for the latest.

    Raises
    ------
    ReleaseError
        If there is no such release.

    Examples
    --------
    >>> find_release(Path("no-such-folder"))
    Traceback (most recent call last):
    pipeline.errors.ReleaseError: no release in no-such-folder: run `microgenres mine --out \
no-such-folder` first, or name another folder
    """
    if release_id is None and (place / MANIFEST).is_file():
        return place.absolute()
    if not (place / "releases").is_dir():
        raise ReleaseError(
            f"no release in {place}: run `microgenres mine --out {place}` first, "
            "or name another folder"
        )
    try:
        return ReleaseStore(place).folder(release_id)
    except ReleaseError:
        raise
    except StoreError as error:
        raise ReleaseError(f"{place}: {error}") from error


def output_folder(place: Path) -> Path:
    """Return the output folder: `place`, or the one that contains it if `place` is a release.

    Examples
    --------
    >>> output_folder(Path("out/releases/3f9c1d2a")) == output_folder(Path("out"))
    True
    """
    return place.parent.parent if place.parent.name == "releases" else place


class Release(ReleasedTables):
    """A release with functions to look up films, similar films and micro-genres."""

    def find_film(self, text: str) -> dict[str, Any]:
        """Return the film that a text names, as a row of `movies`.

        Parameters
        ----------
        text : str
            A movie_id, "Title (Year)" or "Title". Case, accents, punctuation and a leading
            article do not matter. If the text is both an id and a title, the id wins: add the
            year to name the title.

        Returns
        -------
        dict
            A row of `tables.RELEASED_MOVIES`.

        Raises
        ------
        NotInReleaseError
            If the text names no film (the error suggests similar titles) or several films (the
            error lists their ids).
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
        raise NotInReleaseError(f"no film {text!r} in release {self.id}{_did_you_mean(near)}", near)

    def similar(self, movie_id: str, limit: int = 10) -> list[dict[str, Any]]:
        """Return the nearest films of a film, the nearest first.

        Parameters
        ----------
        movie_id : str
            Id of the film.
        limit : int
            Maximum number of films; the release stores 10 for each film by default.

        Returns
        -------
        list of dict
            `rank` (1 is the nearest), `similarity` (cosine, -1 to 1), `movie_id`, `title`, `year`,
            `cluster`, `micro_genre_name` and `family_name`.

        Raises
        ------
        NotInReleaseError
            If there is no film with that id.
        """
        if movie_id not in self._row_of:
            raise NotInReleaseError(f"no film with the id {movie_id!r} in release {self.id}")
        near = self.neighbours.filter(pc.equal(self.neighbours["movie_id"], movie_id))
        found = []
        for pair in near.sort_by("rank").slice(0, limit).to_pylist():
            film = self._film(self._row_of[pair["neighbour_id"]])
            shown = ("movie_id", "title", "year", "cluster", "micro_genre_name", "family_name")
            found.append(
                {"rank": pair["rank"], "similarity": pair["similarity"]}
                | {name: film[name] for name in shown}
            )
        return found

    def find_micro_genre(self, text: str | int) -> dict[str, Any]:
        """Return the micro-genre with a cluster number, micro_genre_id or name.

        Parameters
        ----------
        text : str or int
            The number, id or name. Case, accents and punctuation of a name do not matter.

        Returns
        -------
        dict
            A row of `tables.MICRO_GENRES`.

        Raises
        ------
        NotInReleaseError
            If there is no such micro-genre; the error suggests similar names.
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
        for texts in (names, [" ".join(row["keywords"]) for row in rows]):
            near_rows += TitleIndex(texts, [None] * len(texts)).suggest(wanted, _SUGGESTIONS)
        near = tuple(names[row] for row in dict.fromkeys(near_rows))[:_SUGGESTIONS]
        raise NotInReleaseError(
            f"no micro-genre {wanted!r} in release {self.id}, whose clusters are 0 to "
            f"{len(rows) - 1}{_did_you_mean(near)}",
            near,
        )

    def films_of(self, cluster: int, limit: int | None = None) -> list[dict[str, Any]]:
        """Return the films of a micro-genre as rows of `movies`, the most typical first.

        Parameters
        ----------
        cluster : int
            Cluster number of the micro-genre.
        limit : int or None
            Maximum number of films; None for all.

        Returns
        -------
        list of dict
            Rows of `tables.RELEASED_MOVIES`, by descending similarity to the centroid.
        """
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


def _did_you_mean(names: Sequence[str]) -> str:
    return f"; did you mean {' | '.join(names)}?" if names else ""
