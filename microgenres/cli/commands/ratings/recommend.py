"""`microgenres ratings recommend`: recommend films to a user, or to a person with an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_found,
    print_json,
)

if TYPE_CHECKING:
    from pipeline.recommend.serving.recommender import RecommenderService

__all__ = ["recommend"]

_SHOWN = 20  # titles that are not linked


def recommend(
    user: Annotated[
        str | None, typer.Argument(metavar="[USER]", help="Id of a user of the ratings.")
    ] = None,
    *,
    ratings: Annotated[
        Path | None,
        typer.Option(
            "--ratings",
            metavar="FILE",
            help="Your own ratings: the export of Letterboxd, IMDb or Trakt, or title,year,rating.",
        ),
    ] = None,
    count: Annotated[int, typer.Option("--top", min=1, max=1_000, metavar="N")] = 10,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Recommend films to a user of the ratings, or to you by your own ratings, with reasons.

    [bold]Examples[/bold]
    microgenres ratings recommend 1 --out films
    microgenres ratings recommend --ratings letterboxd/ratings.csv --out films
    """
    if (user is None) == (ratings is None):
        raise typer.BadParameter("give either a user's id or --ratings", param_hint="USER")
    from pipeline.recommend import FOLDER
    from pipeline.recommend.lifecycle.database import database_url
    from pipeline.recommend.serving.recommender import ListQuery, RecommenderService
    from pipeline.settings import load_settings
    from pipeline.sources.movielens.values import id_of

    folder = out / FOLDER
    service = RecommenderService(folder, database_url(folder, load_settings().upkeep))
    if ratings is not None:
        _recommend_to_person(service, ratings, count, as_json=as_json)
        return
    own = service.current.profile_of(service.rated_by(id_of(user or "") or 0))
    found = service.current.recommend(own, ListQuery(top_k=count))
    if as_json:
        print_json(found)
        return
    if not own.nnz:
        typer.echo(f"user {user} has no ratings: these films are liked by many", err=True)
    print_found(found, "show_recommended", as_json=False)


def _recommend_to_person(
    service: RecommenderService, ratings: Path, count: int, *, as_json: bool
) -> None:
    from pipeline.recommend.serving.personal import link_person
    from pipeline.recommend.serving.recommender import ListQuery
    from pipeline.sources.movielens.personal import read_personal_ratings

    person = read_personal_ratings(ratings)
    known = link_person(person.films, service.films())
    query = ListQuery(top_k=count, without=tuple(known.watched))
    found = service.current.recommend(service.current.profile_of(known.rated), query)
    titles = [f"{one.title} ({one.year})" if one.year else one.title for one in known.unlinked]
    if as_json:
        print_json(
            {
                "known_ratings": len(known.rated),
                "unlinked": titles,
                "notes": list(person.notes),
                "films": found,
            }
        )
        return
    for note in person.notes:
        typer.echo(note, err=True)
    total = len(known.rated) + len(titles)
    typer.echo(f"{len(known.rated):,} of {total:,} rated films are known", err=True)
    if titles:
        more = f" and {len(titles) - _SHOWN:,} more" if len(titles) > _SHOWN else ""
        typer.echo(f"not known: {'; '.join(titles[:_SHOWN])}{more}", err=True)
    if not known.rated:
        typer.echo("no rated film is known, so these films are liked by many", err=True)
    print_found(found, "show_recommended", as_json=False)
