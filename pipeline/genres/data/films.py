"""Clean movies to films with genres: the labels to learn, and the texts to learn them from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import pyarrow as pa

from pipeline.cleaning.text_repair import count_words
from pipeline.errors import SourceError, TableError
from pipeline.genres.data.merge_rows import described
from pipeline.schemas.mining import validate
from pipeline.settings import GenreSettings

__all__ = ["FILMS", "INPUTS", "Inputs", "Texts", "composed", "label_matrix", "labelled", "texts_of"]

# A film that genres are learnt from or measured on; sorted by movie_id.
FILMS = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("overview", pa.string()),
        ("genres", pa.list_(pa.string())),  # sorted, never empty, without those excluded
        ("part", pa.string()),  # train, validation or test; empty before the split
        ("fold", pa.int8()),  # 0 to folds - 1 within train and validation, -1 in test
    ]
)

Inputs = Literal["title", "description", "both"]
INPUTS: tuple[Inputs, ...] = ("title", "description", "both")


@dataclass(frozen=True)
class Texts:
    """Titles and overviews of the same films; a text that is missing is empty."""

    titles: Sequence[str]
    overviews: Sequence[str]

    def __len__(self) -> int:
        return len(self.titles)

    def rows(self, rows: np.ndarray) -> Texts:
        """Those of some films, in the order given."""
        return Texts([self.titles[i] for i in rows], [self.overviews[i] for i in rows])

    def of(self, inputs: Inputs) -> list[str]:
        """What a model with these inputs reads of each film."""
        return [composed(t, o, inputs) for t, o in zip(self.titles, self.overviews, strict=True)]


def composed(title: str, overview: str, inputs: Inputs) -> str:
    """Title and overview as one text; of a film that lacks what `inputs` asks for, the other."""
    if inputs == "title":
        return title or overview
    if inputs == "description":
        return overview or title
    stop = "" if title.endswith((".", "!", "?", "\u2026")) else "."
    return f"{title}{stop} {overview}" if title and overview else title or overview


def texts_of(films: pa.Table) -> Texts:
    """The texts of a table with columns title and overview."""
    titles, overviews = (films.column(name).to_pylist() for name in ("title", "overview"))
    return Texts([t or "" for t in titles], [o or "" for o in overviews])


def labelled(movies: pa.Table, settings: GenreSettings) -> tuple[pa.Table, dict[str, int]]:
    """Films that can be learnt from, and how many fell out for which reason.

    Parameters
    ----------
    movies : `tables.CLEAN_MOVIES`, or at least movie_id, title, overview and genres.

    Returns
    -------
    FILMS with an empty `part`, and counts: `no_genre`, `placeholder`, `short`, `rare_genre`.

    A genre that fewer than `settings.min_films` films have is not learnt; a film of none but such
    or excluded genres falls out.

    Raises
    ------
    SourceError
        when fewer than two genres are left.
    """
    excluded = {name.casefold() for name in settings.excluded}
    dropped: Counter[str] = Counter(no_genre=0, placeholder=0, short=0, rare_genre=0)
    rows: list[dict[str, object]] = []
    for row in movies.select(["movie_id", "title", "overview", "genres"]).to_pylist():
        names = sorted({g for g in row["genres"] or () if g.casefold() not in excluded})
        overview = described(row["overview"])
        if not names:
            dropped["no_genre"] += 1
        elif overview is None:
            dropped["placeholder"] += 1
        elif count_words(overview) < settings.min_words:
            dropped["short"] += 1
        else:
            rows.append(row | {"genres": names, "overview": overview, "part": "", "fold": -1})
    counts = Counter(g for row in rows for g in cast(list[str], row["genres"]))
    known = {name for name, films in counts.items() if films >= settings.min_films}
    if len(known) < 2:
        raise SourceError(
            f"{len(known)} genres have {settings.min_films} films or more: genres are learnt from "
            "two on; give a larger catalogue, or lower genres.min_films"
        )
    for row in rows:
        row["genres"] = [g for g in cast(list[str], row["genres"]) if g in known]
    kept = [row for row in rows if row["genres"]]
    dropped["rare_genre"] = len(rows) - len(kept)
    kept.sort(key=lambda row: str(row["movie_id"]))
    return pa.Table.from_pylist(kept, FILMS), dict(dropped)


def label_matrix(
    films: pa.Table, genres: Sequence[str] | None = None
) -> tuple[np.ndarray, list[str]]:
    """Which film has which genre: bool (films, genres), and the genres in alphabetical order.

    Raises
    ------
    TableError
        when a film has a genre that is not among `genres`.
    """
    validate(films, FILMS, name="films")
    lists = films.column("genres").to_pylist()
    names = sorted({g for own in lists for g in own}) if genres is None else list(genres)
    place = {name: column for column, name in enumerate(names)}
    labels = np.zeros((len(lists), len(names)), bool)
    for row, own in enumerate(lists):
        for name in own:
            if name not in place:
                raise TableError(f"table 'films', row {row}: genre {name!r} is none of {names}")
            labels[row, place[name]] = True
    return labels, names
