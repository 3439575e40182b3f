"""A data set of ratings: ratings, films, links, tags and tag genome, in all layouts of MovieLens.

25M, 32M, latest and latest-small are CSV files with headers; 20M has other names at Kaggle; 1M and
10M are `::` files without header, 100K is `u.data` and `u.item`. Each file may be compressed, in a
folder of its own, or in a zip archive. Ratings are read in chunks, so memory does not depend on
their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

import pyarrow as pa

from pipeline.errors import SourceError
from pipeline.schemas.ratings import TAGS
from pipeline.sources.movielens.data_files import DataFile, list_files
from pipeline.sources.movielens.films import number_by_links, read_films, read_links
from pipeline.sources.movielens.layout import find_layout
from pipeline.sources.movielens.ratings_file import RatingRows, RatingsFile
from pipeline.sources.movielens.tags import read_genome, read_tags

__all__ = ["MovieLens"]

_METADATA = "movies_metadata"  # of The Movies Dataset: its ids are those of TMDB
# Role -> names without suffix, the most certain first.
_NAMES: dict[str, tuple[str, ...]] = {
    "ratings": (
        *("ratings", "rating", "u.data", "user_ratedmovies-timestamps", "user_ratedmovies"),
        "ratings_small",
    ),
    "films": ("movies", "movie", "u.item", "films", "film", "items", _METADATA),
    "links": ("links", "link", "links_small"),
    "tags": ("tags", "tag"),
    "genome": ("genome-scores", "genome_scores", "genomescores"),
    "genres": ("u.genre",),
}
_SUFFIXES = (".csv", ".tsv", ".dat", ".txt", ".parquet", ".inter", ".item", ".data", "")
_SNIFFED = 60  # files that are opened to find out what they are


class MovieLens:
    """One data set of ratings.

    Parameters
    ----------
    place : Path
        The folder that the archive unpacks to, the archive itself, or the file of ratings.

    Raises
    ------
    SourceError
        If there are no ratings, or several data sets; the message says what is expected.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.files = _find_files(place)
        if "ratings" not in self.files:
            raise SourceError(
                f"{place}: has no ratings: give the folder or zip archive of MovieLens, with "
                "ratings.csv, rating.csv, ratings.dat or u.data, or a file with the columns "
                "userId, movieId, rating, timestamp"
            )
        self.ratings_file = RatingsFile(self.files["ratings"])

    def ratings(self) -> Iterator[RatingRows]:
        """Yield the valid ratings (RATINGS with `row`) and the rejects, in chunks."""
        return self.ratings_file.rows()

    @cached_property
    def _text_ids(self) -> bool:
        return self.ratings_file.survey.text_films

    def films(self) -> tuple[pa.Table, pa.Table]:
        """Return the films (FILMS, sorted by `film_id`) and the rejects (RATING_REJECTS).

        Raises
        ------
        SourceError
            If there is no list of films, or it cannot be read.
        """
        file = self.files.get("films")
        if file is None and "title" in self.ratings_file.layout.fields:
            file = self.ratings_file.file
        if file is None:
            raise SourceError(
                f"{self.files['ratings'].folder}: has ratings, but no list of films: add "
                "movies.csv with the columns movieId, title, genres, or movies.dat, or u.item"
            )
        links = self.files.get("links")
        linked = {} if links is None else read_links(links, text_ids=self._text_ids)
        films, rejects = read_films(file, linked, self.files.get("genres"), text_ids=self._text_ids)
        return (number_by_links(films, linked) if _stem(file) == _METADATA else films), rejects

    @property
    def has_links(self) -> bool:
        """Whether there is a file of links to TMDB and IMDb."""
        return "links" in self.files

    @property
    def notes(self) -> list[str]:
        """What a user should know about how the files are read."""
        return self.ratings_file.notes

    def tags(self) -> pa.Table:
        """Return the tags (TAGS); no rows if the data set has none."""
        file = self.files.get("tags")
        return TAGS.empty_table() if file is None else read_tags(file)

    @property
    def has_genome(self) -> bool:
        """Whether there is a tag genome."""
        return "genome" in self.files

    def genome(self) -> Iterator[pa.Table]:
        """Yield the tag genome (GENOME) in chunks; relevances outside 0 to 1 are left out."""
        return read_genome(self.files["genome"], text_ids=self._text_ids)


def _stem(file: DataFile) -> str:
    name = file.name.lower()
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix in _SUFFIXES[:-2] else name


def _is_data(file: DataFile) -> bool:
    suffix = PurePosixPath(file.name.lower()).suffix
    return suffix in _SUFFIXES or file.name.lower().startswith("u.")


def _find_files(place: Path) -> dict[str, DataFile]:
    """Return the file of each role, by names and then by columns."""
    files = list_files(place)
    chosen: dict[str, DataFile] = {}
    if place.is_file() and len(files) == 1 and not files[0].member:
        chosen["ratings"] = files[0]  # the file itself; its neighbours are films, links, ...
        files = [file for file in list_files(place.parent) if file.folder == str(place.parent)]
    elif (ratings := _by_name(place, files)) is not None:
        chosen["ratings"] = ratings
    else:
        files = [file for file in files if _is_data(file)][:_SNIFFED]
        roles = {file: _role(file) for file in files}
        found = [file for file in files if roles[file] == "ratings"]
        if len(found) > 1:
            several = ", ".join(file.shown for file in found[:4])
            raise SourceError(
                f"{place}: has several files of ratings: {several}; give one of them, or a folder "
                "with one"
            )
        if not found:
            return {}
        chosen["ratings"] = found[0]
    beside = [file for file in files if file.folder == chosen["ratings"].folder]
    by_stem = {_stem(file): file for file in reversed(beside)}
    for role, names in _NAMES.items():
        named = [by_stem[name] for name in names if name in by_stem]
        if named and role not in chosen:
            chosen[role] = named[0]
    others = [file for file in beside if _is_data(file) and file not in chosen.values()]
    for file in others[:_SNIFFED] if "films" not in chosen else ():
        found_role = _role(file)
        if found_role in ("films", "links"):
            chosen.setdefault(found_role, file)
    return chosen


def _by_name(place: Path, files: Sequence[DataFile]) -> DataFile | None:
    """Return the file of ratings by its name; the outermost folder counts."""
    for name in _NAMES["ratings"]:
        found = [file for file in files if _stem(file) == name and _is_data(file)]
        if not found:
            continue
        folders = sorted({file.folder for file in found}, key=lambda f: (f.count("/"), f))
        outermost = [f for f in folders if f.count("/") == folders[0].count("/")]
        if len(outermost) > 1:
            raise SourceError(
                f"{place}: has several data sets, in {', '.join(outermost[:4])}: give one of them"
            )
        own = [file for file in found if file.folder == outermost[0]]
        return min(own, key=lambda file: (not file.name.endswith(".csv"), file.name))
    return None


def _role(file: DataFile) -> str | None:
    """Return what a file is by its columns; None if it is no text or no table."""
    try:
        return find_layout(file).role
    except SourceError:
        return None
