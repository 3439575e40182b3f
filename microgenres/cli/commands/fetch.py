"""The commands that ask the TMDB API: `microgenres fetch tmdb` and `microgenres fetch changes`."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from microgenres.cli import options as o
from microgenres.cli.exit_codes import EXIT_CODES

__all__ = ["fetch"]

_FILMS, _ASKING = "Films", "Asking"

fetch = typer.Typer(
    name="fetch",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Fetch films from the TMDB API into a catalogue, or those again that changed there.\n\n"
    "TMDB asks who you are: set TMDB_TOKEN to your read access token there, or TMDB_API_KEY to "
    "your API key. This product uses the TMDB API but is not endorsed or certified by TMDB.",
)

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


@fetch.command(epilog=EXIT_CODES)
def tmdb(
    *,
    ids: Ids = None,
    first: FirstDate = None,
    until: LastDate = None,
    min_votes: MinVotes = None,
    min_popularity: MinPopularity = None,
    adult: Adult = None,
    limit: FilmLimit = None,
    review_pages: Reviews = None,
    rate: Rate = None,
    refresh: Refresh = False,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Fetch films with keywords, credits and reviews into DIR/fetch/films.parquet.

    A fetch that was interrupted goes on where it stopped when the same command is given again: no
    answer is asked for twice. Answers are kept for 150 days, so a later fetch asks for the rest.

    [bold]Examples[/bold]
    microgenres fetch tmdb --min-votes 100 --out films
    microgenres fetch tmdb --ids movie_ids_11_20_2026.json.gz --min-popularity 2
    microgenres mine --source tmdb:films --out films
    """
    wanted = {
        "first_date": first,
        "min_votes": min_votes,
        "min_popularity": min_popularity,
        "include_adult": adult,
        "review_pages": review_pages,
        "requests_per_second": rate,
    }
    chosen = {
        "ids": None if ids is None else str(ids),
        "until": until,
        "limit": limit,
        "refresh": refresh,
    }
    _run("tmdb", wanted, chosen, out, profile, settings_file, verbose=verbose, as_json=as_json)


@fetch.command(epilog=EXIT_CODES)
def changes(
    *,
    since: Since = None,
    new: New = False,
    rate: Rate = None,
    min_votes: MinVotes = None,
    review_pages: Reviews = None,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Fetch again those films of a catalogue that changed at TMDB, and those alone.

    The catalogue is written anew; DIR/fetch/changed.parquet holds only the films that changed.

    [bold]Examples[/bold]
    microgenres fetch changes --since 2026-11-01 --out films
    microgenres fetch changes --out films --new --min-votes 100
    """
    wanted = {
        "min_votes": min_votes,
        "review_pages": review_pages,
        "requests_per_second": rate,
    }
    chosen = {"since": since, "new": new}
    _run("changes", wanted, chosen, out, profile, settings_file, verbose=verbose, as_json=as_json)


def _run(
    what: str,
    wanted: dict[str, Any],
    chosen: dict[str, Any],
    out: Path,
    profile: str,
    settings_file: Path | None,
    *,
    verbose: bool,
    as_json: bool,
) -> None:
    from microgenres.cli.console import follow, standard_error, standard_output

    given = {name: value for name, value in wanted.items() if value is not None}
    with follow(standard_error(), level=logging.INFO if verbose else logging.WARNING):
        from flows.fetch.flow import fetch as run

        made = run(
            str(out),
            what,
            profile=profile,
            settings_file=None if settings_file is None else str(settings_file),
            overrides={"fetch": given} if given else {},
            **chosen,
        )
    if as_json:
        typer.echo(json.dumps(made, indent=2, sort_keys=True))
        return
    films = made["films"]
    told = f"{films['films']:,} films in {made['path']}, as of {made['as_of']}"
    lacking = {"not at TMDB": films["not_there"], "given up": films["missing"]}
    told += "".join(f"; {len(ids):,} {why}" for why, ids in lacking.items() if ids)
    if "changed" in made:
        told += f"; {made['changed']['films']:,} changed since {made['since']}"
        told += f", {len(made['withdrawn']):,} withdrawn"
    standard_output().print(told, markup=False, soft_wrap=True)
    standard_output().print(made["attribution"], markup=False, soft_wrap=True)
