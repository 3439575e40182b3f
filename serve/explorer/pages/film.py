"""A film: its facts, its micro-genre with similarity and margin, and its nearest films."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.catalogue.records import FilmRow
from serve.explorer import formatting
from serve.explorer.rendering import render

__all__ = ["outside_links", "routes"]

NEAREST = 12
_IMDB = re.compile(r"tt\d{6,10}")


def show_film(request: Request) -> Response:
    """Return the page of a film."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    film = films.film(request.query_params.get("id", ""))
    runner_up = None if film["runner_up"] is None else films.micro_genre(film["runner_up"])
    values = {
        "title": formatting.film_title(film),
        "page": "film",
        "film": film,
        "genre": films.micro_genre(film["cluster"]),
        "runner_up": runner_up,
        "nearest": films.similar(film["movie_id"], NEAREST),
        "outside": outside_links(film),
    }
    return render(request, "film.html", values)


def outside_links(film: FilmRow) -> list[tuple[str, str]]:
    """Return label and address of the film on TMDB and IMDb.

    The id of the catalogue is a link if it is one of IMDb ("tt" and digits), or a number and a
    poster of TMDB is known, so that it is one of TMDB. Else both are searched for the title.

    Examples
    --------
    >>> film = {"movie_id": "tt0082096", "title": "Das Boot", "year": 1981, "poster_path": None}
    >>> outside_links(film)[1]
    ('IMDb', 'https://www.imdb.com/title/tt0082096/')
    """
    title, movie_id = film["title"] or "", film["movie_id"]
    if not title and not _IMDB.fullmatch(movie_id):
        return []
    dated = f"{title} y:{film['year']}" if film["year"] else title
    tmdb = ("Search TMDB", f"https://www.themoviedb.org/search?{urlencode({'query': dated})}")
    imdb = ("Search IMDb", f"https://www.imdb.com/find/?{urlencode({'q': title, 's': 'tt'})}")
    if _IMDB.fullmatch(movie_id):
        imdb = ("IMDb", f"https://www.imdb.com/title/{movie_id}/")
    elif movie_id.isascii() and movie_id.isdigit() and film["poster_path"]:
        tmdb = ("TMDB", f"https://www.themoviedb.org/movie/{movie_id}")
    return [tmdb, imdb]


routes = [Route("/film", show_film)]
