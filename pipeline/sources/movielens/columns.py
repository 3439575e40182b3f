"""Which column of a file of ratings, films, links or tags is which, by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["GENRES_100K", "Role", "find_columns", "fold_name", "genre_flags", "role_of"]

# What a file is; the values are the names that users know.
Role = str

# Number of a genre in MovieLens 100K -> its name: the last 19 columns of u.item.
GENRES_100K = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)

# Field -> folded names, the most certain first.
_NAMES: dict[str, tuple[str, ...]] = {
    "user_id": (
        *("userid", "user", "uid", "users", "userno", "usernumber", "customerid", "reviewerid"),
        *("memberid", "viewerid", "profileid", "accountid", "username", "person", "u"),
    ),
    "film_id": (
        *("movieid", "filmid", "itemid", "movie", "film", "item", "iid", "mid", "movielensid"),
        *("moviesid", "films", "movies", "items", "titleid", "productid", "contentid", "showid"),
        *("animeid", "i"),
    ),
    "rating": (
        *("rating", "ratings", "score", "stars", "userrating", "ratingvalue", "ratingscore"),
        *("movierating", "userscore", "overall", "preference", "rate", "grade", "note"),
    ),
    "timestamp": (
        *("timestamp", "timestamps", "unixtime", "unixreviewtime", "ratingtimestamp", "ts"),
        *("time", "datetime", "ratedat", "createdat", "ratingdate", "ratingtime", "reviewtime"),
        *("unixtimestamp", "timestampunix", "timestampms", "epoch", "daterated", "ratedon"),
        *("date", "created", "reviewdate", "tstamp", "watchedat", "eventtime"),
    ),
    "title": (
        *("title", "movietitle", "filmtitle", "moviename", "filmname", "itemname", "itemtitle"),
        *("primarytitle", "name", "originaltitle"),
    ),
    "genres": ("genres", "genre", "moviegenres", "moviegenre", "class", "categories", "category"),
    "year": ("year", "releaseyear", "movieyear", "yearofrelease", "startyear", "filmyear"),
    "released": ("releasedate", "released", "release"),
    "imdb": ("imdbid", "imdb", "imdbtitleid", "tconst", "const", "imdbkey"),
    "tmdb": ("tmdbid", "tmdb", "themoviedbid", "moviedbid"),
    "tag": ("tag", "tags", "tagvalue", "tagname"),
    "tag_id": ("tagid",),
    "relevance": ("relevance", "tagrelevance"),
}
# Role -> the fields that make a file one; a file has the first role whose fields it has.
_ROLES: dict[Role, tuple[tuple[str, ...], ...]] = {
    "ratings": (("user_id", "film_id", "rating"), ("user_id", "title", "rating")),
    "genome": (("film_id", "tag_id", "relevance"),),
    "tags": (("user_id", "film_id", "tag"),),
    "films": (("film_id", "title"),),
    "links": (("film_id", "imdb"), ("film_id", "tmdb")),
}
_TYPE = re.compile(r":(token|token_seq|float|float_seq)$")  # RecBole: "user_id:token"
_NO_LETTER = re.compile(r"[\W_]+")


def fold_name(name: str) -> str:
    """Return the name of a column without case, spaces, punctuation and type.

    Examples
    --------
    >>> fold_name(" user_id:token"), fold_name("movieId"), fold_name("Release Date")
    ('userid', 'movieid', 'releasedate')
    """
    return _NO_LETTER.sub("", _TYPE.sub("", name.strip().lower()))


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """Return the number of the column of each field that the names have.

    Parameters
    ----------
    names : sequence of str
        Names of the columns, in order.

    Returns
    -------
    dict of str to int
        Field such as "user_id" -> number of its column, from 0. `id`, or an id of IMDb or TMDB, is
        that of a film where there is no other.

    Examples
    --------
    >>> find_columns(["", "userId", "movieId", "timestamp", "rating"])
    {'user_id': 1, 'film_id': 2, 'rating': 4, 'timestamp': 3}
    >>> find_columns(["id", "title", "year"])
    {'title': 1, 'year': 2, 'film_id': 0}
    """
    folded = [fold_name(name) for name in names]
    found: dict[str, int] = {}
    for field, synonyms in _NAMES.items():
        at = next((folded.index(name) for name in synonyms if name in folded), None)
        if at is not None:
            found[field] = at
    if "film_id" not in found and "id" in folded and "title" in found and "user_id" not in found:
        found["film_id"] = folded.index("id")
    if "film_id" not in found and ("title" in found or "user_id" in found):
        authority = next((name for name in ("imdb", "tmdb") if name in found), None)
        if authority is not None:  # ids of IMDb or TMDB serve as ids
            found["film_id"] = found[authority]
    return found


def role_of(found: dict[str, int]) -> Role | None:
    """Return what a file with these columns is: a key of the roles, or None.

    Parameters
    ----------
    found : dict of str to int
        From `find_columns`.

    Examples
    --------
    >>> role_of(find_columns(["movieId", "imdbId", "tmdbId"]))
    'links'
    """
    for role, alternatives in _ROLES.items():
        if any(all(field in found for field in fields) for fields in alternatives):
            return role
    return None


def genre_flags(names: Sequence[str]) -> dict[int, str]:
    """Return the columns that say by 0 and 1 whether a film has a genre.

    Parameters
    ----------
    names : sequence of str
        Names of the columns, in order.

    Returns
    -------
    dict of int to str
        Number of the column -> name of the genre; empty if fewer than three are named like genres.

    Examples
    --------
    >>> genre_flags(["id", "title", "Action", "sci_fi", "War"])
    {2: 'Action', 3: 'Sci-Fi', 4: 'War'}
    """
    genre_of = {fold_name(genre): genre for genre in GENRES_100K}
    genre_of |= {"children": "Children", "imax": "IMAX"}
    named = {at: genre_of[fold_name(n)] for at, n in enumerate(names) if fold_name(n) in genre_of}
    return named if len(named) >= 3 else {}
