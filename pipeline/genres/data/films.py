"""Clean movies to films with labels: the genres to learn, and the texts to learn them from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import pyarrow as pa

from pipeline.cleaning.text_repair import count_words
from pipeline.errors import SourceError
from pipeline.genres.data.merge_rows import clean_description
from pipeline.schemas.mining import validate
from pipeline.settings import GenreSettings

__all__ = [
    "FILMS",
    "INPUTS",
    "Inputs",
    "Texts",
    "compose_text",
    "label_matrix",
    "select_films",
    "texts_of",
]

# A film to learn genres from, or to measure them on; sorted by movie_id.
FILMS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("overview", pa.string()),
        ("genres", pa.list_(pa.string())),  # sorted, never empty, without excluded genres
        ("part", pa.string()),  # train, validation or test; empty before the split
        ("fold", pa.int8()),  # 0 to folds - 1 within train and validation, -1 in test
    ]
)

Inputs = Literal["title", "description", "both"]
INPUTS: tuple[Inputs, ...] = ("title", "description", "both")


@dataclass(frozen=True)
class Texts:
    """Titles and overviews of the same films; a missing text is an empty string."""

    titles: Sequence[str]
    overviews: Sequence[str]

    def __len__(self) -> int:
        return len(self.titles)

    def compose(self, inputs: Inputs) -> list[str]:
        """Return the text that a model with these inputs reads, one per film."""
        pairs = zip(self.titles, self.overviews, strict=True)
        return [compose_text(title, overview, inputs) for title, overview in pairs]


def compose_text(title: str, overview: str, inputs: Inputs) -> str:
    """Return the text that a model reads; if the requested part is empty, use the other.

    Examples
    --------
    >>> compose_text("Alien", "A crew wakes.", "both")
    'Alien. A crew wakes.'
    >>> compose_text("", "A crew wakes.", "title")
    'A crew wakes.'
    """
    if inputs == "title":
        return title or overview
    if inputs == "description":
        return overview or title
    stop = "" if title.endswith((".", "!", "?", "\u2026")) else "."
    return f"{title}{stop} {overview}" if title and overview else title or overview


def texts_of(films: pa.Table) -> Texts:
    """Return the texts of a table with the columns title and overview."""
    titles, overviews = (films.column(name).to_pylist() for name in ("title", "overview"))
    return Texts([t or "" for t in titles], [o or "" for o in overviews])


def select_films(movies: pa.Table, settings: GenreSettings) -> tuple[pa.Table, dict[str, int]]:
    """Return the films that models can learn from, and count the others by reason.

    A genre with fewer than `settings.min_films` films is not learnt. A film whose genres are all
    rare or excluded is left out.

    Parameters
    ----------
    movies : pyarrow.Table
        `schemas.mining.CLEAN_MOVIES`, or at least movie_id, title, overview and genres.
    settings : GenreSettings
        Excluded genres, and the least number of words and films.

    Returns
    -------
    films : pyarrow.Table
        `FILMS` with an empty `part`.
    dropped : dict of str to int
        Number of films left out: `no_genre`, `placeholder`, `short`, `rare_genre`.

    Raises
    ------
    SourceError
        If fewer than two genres remain.
    """
    excluded = {name.casefold() for name in settings.excluded}
    dropped: Counter[str] = Counter(no_genre=0, placeholder=0, short=0, rare_genre=0)
    rows: list[dict[str, object]] = []
    for row in movies.select(["movie_id", "title", "overview", "genres"]).to_pylist():
        names = sorted({g for g in row["genres"] or () if g.casefold() not in excluded})
        overview = clean_description(row["overview"])
        if not names:
            dropped["no_genre"] += 1
        elif overview is None:
            dropped["placeholder"] += 1
        elif count_words(overview) < settings.min_words:
            dropped["short"] += 1
        else:
            rows.append(row | {"genres": names, "overview": overview, "part": "", "fold": -1})
    counts = Counter(g for row in rows for g in cast(list[str], row["genres"]))
    frequent = {name for name, films in counts.items() if films >= settings.min_films}
    if len(frequent) < 2:
        raise SourceError(
            f"only {len(frequent)} genres have {settings.min_films} films or more, and at least "
            "two are needed: use a larger catalogue, or lower genres.min_films"
        )
    for row in rows:
        row["genres"] = [g for g in cast(list[str], row["genres"]) if g in frequent]
    selected = [row for row in rows if row["genres"]]
    dropped["rare_genre"] = len(rows) - len(selected)
    selected.sort(key=lambda row: str(row["movie_id"]))
    return pa.Table.from_pylist(selected, FILMS), dict(dropped)


def label_matrix(films: pa.Table) -> tuple[np.ndarray, list[str]]:
    """Return which film has which genre.

    Parameters
    ----------
    films : pyarrow.Table
        `FILMS`.

    Returns
    -------
    labels : ndarray of shape (n_films, n_genres), bool
        True where the film has the genre.
    genres : list of str
        Genres of the columns, in alphabetical order.
    """
    validate(films, FILMS, name="films")
    lists = films.column("genres").to_pylist()
    genres = sorted({genre for own in lists for genre in own})
    columns = {genre: column for column, genre in enumerate(genres)}
    labels = np.zeros((len(lists), len(genres)), bool)
    for row, own in enumerate(lists):
        labels[row, [columns[genre] for genre in own]] = True
    return labels, genres
