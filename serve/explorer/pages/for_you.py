"""For you: recommendations with reasons, for the films and stars in the address."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pipeline.errors import MicrogenresError
from serve.catalogue.filters import clean_query
from serve.catalogue.search.analysis import normal_text
from serve.explorer.addresses import page_address
from serve.explorer.optional_pages import content_of
from serve.explorer.query import WrongValueError
from serve.explorer.rendering import render

if TYPE_CHECKING:
    from pipeline.recommend.serving.recommender import ServedVersion

__all__ = ["routes"]

MOST_RATED = 20
LISTED = 24
STARS = [number / 2 for number in range(10, 0, -1)]
FIRST_STARS = 4.0


def _answer(request: Request) -> Response:
    snapshot = request.app.state.snapshots.current
    films = request.state.films = snapshot.catalogue
    page: dict[str, Any] = {"title": "For you", "page": "for-you"}
    try:
        served = content_of(request).recommender()
    except MicrogenresError as error:
        return render(request, "for_you.html", {**page, "problem": str(error)})
    if served is None:
        command = f"microgenres ratings train RATINGS --release {snapshot.catalogue.path.name}"
        return render(request, "for_you.html", {**page, "problem": None, "command": command})
    rated = _rated(request, served)
    text = clean_query(request.query_params.get("add", ""))[:100]
    found = _matches(served, text, {film for film, _ in rated}) if text else []
    if len(found) == 1 and len(rated) < MOST_RATED:
        added = [*rated, (found[0]["film_id"], FIRST_STARS)]
        return RedirectResponse(page_address("for-you", {"rated": _values(added)}), 303)
    listed = _recommended(served, rated)
    known = {row["movie_id"] for row in listed if row["movie_id"] in films.row_of}
    rows = {movie_id: films.film(movie_id) for movie_id in known}
    values = {
        **page,
        "problem": None,
        "command": None,
        "rated": [_shown(served, film, stars, rated) for film, stars in rated],
        "listed": [{**row, "film": rows.get(row["movie_id"])} for row in listed],
        "asked": text,
        "matches": [{**row, "address": _with(rated, row["film_id"], FIRST_STARS)} for row in found],
        "stars": STARS,
        "full": len(rated) >= MOST_RATED,
        "most": MOST_RATED,
        "kept": _values(rated),
    }
    return render(request, "for_you.html", values)


async def show_for_you(request: Request) -> Response:
    """Return the page; a recommender is loaded in a thread at its first use."""
    return await run_in_threadpool(_answer, request)


def _rated(request: Request, served: ServedVersion) -> list[tuple[int, float]]:
    """Return film and stars of each `rated=FILM:STARS` of the address."""
    rated: dict[int, float] = {}
    for value in request.query_params.getlist("rated"):
        film, _, stars = value.partition(":")
        try:
            number, given = int(film), float(stars)
        except ValueError:
            number, given = -1, math.nan
        if not 0.5 <= given <= 5 or served.row(number) is None:
            raise WrongValueError(
                f'"rated" is FILM:STARS with a film of the recommender and 0.5 to 5 stars, not '
                f'"{value[:40]}"'
            )
        rated[number] = given
    if len(rated) > MOST_RATED:
        raise WrongValueError(f"at most {MOST_RATED} films can be rated")
    return list(rated.items())


def _values(rated: Sequence[tuple[int, float]]) -> list[str]:
    return [f"{film}:{stars:g}" for film, stars in rated]


def _with(rated: Sequence[tuple[int, float]], film: int, stars: float) -> str:
    changed = {**dict(rated), film: stars}
    return page_address("for-you", {"rated": _values(list(changed.items()))})


def _shown(
    served: ServedVersion, film: int, stars: float, rated: Sequence[tuple[int, float]]
) -> dict[str, Any]:
    """Return what the page shows of a rated film."""
    rest = [pair for pair in rated if pair[0] != film]
    return {
        **_film(served, film),
        "stars": stars,
        "remove": page_address("for-you", {"rated": _values(rest)}),
    }


def _film(served: ServedVersion, film: int) -> dict[str, Any]:
    row = served.row(film)
    assert row is not None, "only known films are shown"
    year = int(served.films.year[row]) or None
    return {"film_id": film, "title": served.films.titles[row], "year": year}


def _matches(served: ServedVersion, text: str, rated: set[int]) -> list[dict[str, Any]]:
    """Return at most ten films whose title has the text, the shortest titles first."""
    wanted = normal_text(text)
    films = served.films
    found = [
        (len(title), int(film))
        for film, title in zip(films.ids, films.titles, strict=True)
        if int(film) not in rated and wanted in normal_text(title)
    ]
    return [_film(served, film) for _, film in sorted(found)[:10]]


def _recommended(
    served: ServedVersion, rated: Sequence[tuple[int, float]]
) -> list[Mapping[str, Any]]:
    """Return the best films, in the order of the stars that are shown."""
    from pipeline.recommend.serving.recommender import ListQuery  # heavy: already loaded here

    found = served.recommend(served.profile_of(rated), ListQuery(LISTED))
    return sorted(found, key=lambda row: -round(row["expected_rating"], 1))


routes = [Route("/for-you", show_for_you)]
