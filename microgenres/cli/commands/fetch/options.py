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


_FILMS, _ASKING = "Films", "Asking"


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
        help="First release of a discovered film.",
        show_default="1874",
        rich_help_panel=_FILMS,
    ),
]


LastDate = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="DATE",
        help="Last release of a discovered film.",
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
        help="Leave out films with fewer votes.",
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
        help="Leave out films that are less popular.",
        show_default="0",
        rich_help_panel=_FILMS,
    ),
]


Adult = Annotated[
    bool | None,
    typer.Option(
        "--adult/--no-adult",
        help="Take adult films too.",
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
        help="Only the N most popular films.",
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
        help="Most requests in any second.",
        show_default="40",
        rich_help_panel=_ASKING,
    ),
]


Refresh = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help="Ask for every film again, also where a recent answer is kept.",
        rich_help_panel=_ASKING,
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
        help="Take in changed films that the catalogue does not know, too.",
        rich_help_panel=_FILMS,
    ),
]
