"""Trends: shares of micro-genres by decade, ratings weighted by votes, growth and decline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import clean_query
from serve.catalogue.records import MicroGenreRow
from serve.catalogue.statistics.decade_shares import count_films, decade_shares
from serve.catalogue.statistics.weighted_ratings import VOTES
from serve.explorer.addresses import page_address
from serve.explorer.charts.trends import FEW_FILMS, ratings_chart, shares_chart, years_chart
from serve.explorer.query import WrongValueError
from serve.explorer.release_history import growth_over_releases
from serve.explorer.rendering import render
from serve.explorer.trends.choice import (
    MOST_LINES,
    Choice,
    find_by_name,
    read_choice,
    read_whole,
)
from serve.explorer.trends.keyword_cloud import content_keywords, word_cloud
from serve.explorer.trends.tables import (
    fill_years,
    growth_tables,
    heat_rows,
    median_year,
    releases_tables,
)

__all__ = ["routes"]

LISTED = 10  # rows of a table
RELEASES = 5  # newest releases that are compared


def show_trends(request: Request) -> Response:
    """Return the page, or the address with the micro-genre that the form adds."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    genres = films.micro_genres()
    choice = read_choice(request.query_params, films, genres)
    text, similar = clean_query(request.query_params.get("add", ""))[:100], list[MicroGenreRow]()
    if text:
        similar = find_by_name(genres, text)
        ids = [row["micro_genre_id"] for row in choice.genres] if choice.chosen else []
        if len(similar) == 1 and len(ids) < MOST_LINES:
            added = [*ids, similar[0]["micro_genre_id"]]
            address = page_address("trends", {**choice.values, "micro": list(dict.fromkeys(added))})
            return RedirectResponse(address, status_code=303)
    votes = read_whole(request.query_params, "votes", 0, 1_000_000_000)
    rows = films.trends.films_by("decade")
    decades = count_films(rows)
    values: dict[str, Any] = {
        "title": "Trends",
        "page": "trends",
        "choice": choice,
        "most": MOST_LINES,
        "asked": text,
        "full": choice.chosen and len(choice.genres) == MOST_LINES,
        "similar": similar[:12],
        "names": sorted(row["micro_genre_name"] for row in genres),
        "ids": [row["micro_genre_id"] for row in choice.genres],
        "decades": decades,
        "remove": [_without(choice, row) for row in choice.genres],
        "families": sorted(row["family_name"] for row in films.families()),
        **_releases(films, genres),
    }
    if rows:
        years = fill_years(films.trends.films_per_year())
        values |= _by_decade(genres, choice, rows, decades)
        values |= {"years": years, "years_chart": years_chart(years)}
        values |= _ratings(films, choice, VOTES if votes is None else votes, list(decades))
        values |= _growth(request, films, years)
        values |= _keywords(films, choice)
    return render(request, "trends.html", values)


def _by_decade(
    genres: Sequence[MicroGenreRow],
    choice: Choice,
    rows: Sequence[Mapping[str, Any]],
    decades: Mapping[int, int],
) -> dict[str, Any]:
    lines = {
        label: decade_shares(rows, genre["cluster"], decades)
        for label, genre in choice.labelled().items()
    }
    family = choice.values.get("family")
    ranked = sorted(genres, key=lambda row: (-row["films"], row["cluster"]))
    return {
        "shares": lines,
        "shares_chart": shares_chart(lines),
        "heat": heat_rows(
            rows, [row for row in ranked if not family or row["family_name"] == family]
        ),
        "family": family,
        "by_cluster": {row["cluster"]: row for row in genres},
    }


def _ratings(
    films: Catalogue, choice: Choice, votes: int, decades: Sequence[int]
) -> dict[str, Any]:
    trends = films.trends
    lines = {"All films": trends.weighted_ratings("decade", votes)}
    for label, genre in choice.labelled().items():
        lines[label] = trends.weighted_ratings("decade", votes, genre["cluster"])
    ranked = [row for row in trends.weighted_ratings("cluster", votes) if row["films"] >= FEW_FILMS]
    ranked.sort(key=lambda row: (-row["rating"], row["key"]))
    half = min(LISTED, -(-len(ranked) // 2))
    spread = trends.rating_spread(FEW_FILMS)
    middle = min(LISTED, -(-len(spread) // 2))
    return {
        "votes": votes,
        "few": FEW_FILMS,
        "ratings": {name: {row["key"]: row for row in rows} for name, rows in lines.items()},
        "ratings_chart": ratings_chart(lines, decades) if lines["All films"] else None,
        "best": ranked[:half],
        "worst": ranked[::-1][: min(half, len(ranked) - half)],
        "consistent": spread[:middle],
        "divided": spread[::-1][: min(middle, len(spread) - middle)],
    }


def _growth(request: Request, films: Catalogue, years: Mapping[int, int]) -> dict[str, Any]:
    first, last = min(years), max(years)
    if first == last:
        return {"growth": None}
    middle = min(max(median_year(years), first + 1), last)
    since = read_whole(request.query_params, "since", first + 1, last) or middle
    rows = films.trends.growth((first, since - 1), (since, last))
    return {"growth": growth_tables(rows, LISTED), "since": since, "bounds": (first + 1, last)}


def _keywords(films: Catalogue, choice: Choice) -> dict[str, Any]:
    words = choice.values.get("words")
    genre = films.micro_genre(str(words)) if words else None
    keywords = films.trends.keywords(genre["cluster"] if genre else None, 140)
    clouds = {
        theme: page_address("keyword-cloud", {"words": str(words or ""), "theme": theme})
        for theme in ("light", "dark")
    }
    return {"words_of": genre, "keywords": content_keywords(keywords)[:90], "clouds": clouds}


def show_cloud(request: Request) -> Response:
    """Return the word cloud of all films or of one micro-genre, as a picture."""
    films = request.app.state.snapshots.current.catalogue
    theme, words = request.query_params.get("theme", "light"), request.query_params.get("words")
    if theme not in ("light", "dark"):
        raise WrongValueError('"theme" is "light" or "dark"')
    cluster = films.micro_genre(words)["cluster"] if words else None
    keywords = content_keywords(films.trends.keywords(cluster, 140))[:90]
    if not keywords:
        raise HTTPException(404)
    counts = tuple((row["keyword"], row["films"]) for row in keywords)
    headers = {"Cache-Control": "no-cache"}
    return Response(word_cloud(counts, theme), media_type="image/png", headers=headers)


def _releases(films: Catalogue, genres: Sequence[MicroGenreRow]) -> dict[str, Any]:
    created_at, rows = growth_over_releases(films.path, RELEASES)
    return {
        "release_dates": [when[:10] for when in created_at],
        "releases": releases_tables(rows, LISTED),
        "known_ids": {row["micro_genre_id"] for row in genres},
    }


def _without(choice: Choice, genre: MicroGenreRow) -> str:
    ids = [row["micro_genre_id"] for row in choice.genres if row is not genre]
    return page_address("trends", {**choice.values, "micro": ids})


routes = [Route("/trends", show_trends), Route("/keyword-cloud", show_cloud)]
