"""Options of `microgenres fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Adult",
    "FilmLimit",
    "FirstDate",
    "Ids",
    "LastDate",
    "MinPopularity",
    "MinVotes",
    "New",
    "Rate",
    "Refresh",
    "Reviews",
    "Since",
]


_FILMS, _REQUESTS = "Films", "Requests"


Ids = Annotated[
    Path | None,
    typer.Option(
        "--ids",
        metavar="FILE",
        help="The daily id export as downloaded, movie_ids_MM_DD_YYYY.json.gz.",
        show_default="films are discovered by date of release",
        rich_help_panel=_FILMS,
    ),
]


FirstDate = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help="Earliest release date of a discovered film.",
        show_default="1874",
        rich_help_panel=_FILMS,
    ),
]


LastDate = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="Latest release date of a discovered film.",
        show_default="today",
        rich_help_panel=_FILMS,
    ),
]


MinVotes = Annotated[
    int | None,
    typer.Option(
        "--min-votes",
        min=0,
        metavar="N",
        help="Exclude films with fewer votes.",
        show_default="0",
        rich_help_panel=_FILMS,
    ),
]


MinPopularity = Annotated[
    float | None,
    typer.Option(
        "--min-popularity",
        min=0,
        metavar="X",
        help="Exclude films that are less popular.",
        show_default="0",
        rich_help_panel=_FILMS,
    ),
]


Adult = Annotated[
    bool | None,
    typer.Option(
        "--adult/--no-adult",
        help="Include adult films.",
        show_default="no",
        rich_help_panel=_FILMS,
    ),
]


FilmLimit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        metavar="N",
        help="Fetch only the N most popular films.",
        rich_help_panel=_FILMS,
    ),
]


Reviews = Annotated[
    int | None,
    typer.Option(
        "--review-pages",
        min=1,
        max=500,
        metavar="N",
        help="Pages of 20 reviews per film; beyond the first each costs a request.",
        show_default="1",
        rich_help_panel=_FILMS,
    ),
]


Rate = Annotated[
    int | None,
    typer.Option(
        "--rate",
        min=1,
        metavar="N",
        help="Most requests per second.",
        show_default="40",
        rich_help_panel=_REQUESTS,
    ),
]


Refresh = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help="Request every film again, even if a recent response is stored.",
        rich_help_panel=_REQUESTS,
    ),
]


Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Changes from this day on (UTC).",
        show_default="the day to which the catalogue is up to date",
        rich_help_panel=_FILMS,
    ),
]


New = Annotated[
    bool,
    typer.Option(
        "--new",
        help="Also add changed films that are not in the catalogue.",
        rich_help_panel=_FILMS,
    ),
]
