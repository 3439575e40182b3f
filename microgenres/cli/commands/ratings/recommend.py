"""`microgenres ratings recommend`: recommend films to a user."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.commands.ratings.common import (
    print_json,
)

__all__ = ["recommend"]


def recommend(
    user: Annotated[int, typer.Argument(metavar="USER", help="A user's id.")],
    *,
    count: Annotated[int, typer.Option("--top", min=1, max=1_000, metavar="N")] = 10,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Recommend films to a user, each with its reason."""
    from pipeline.recommend import FOLDER
    from pipeline.recommend.lifecycle.database import database_url
    from pipeline.recommend.serving.recommender import ListQuery, RecommenderService
    from pipeline.settings import load_settings

    folder = out / FOLDER
    asking = RecommenderService(folder, database_url(folder, load_settings().upkeep))
    own = asking.current.profile_of(asking.rated_by(user))
    found = asking.current.recommend(own, ListQuery(top_k=count))
    if as_json:
        print_json(found)
        return
    for film in found:
        year = f" ({film['year']})" if film["year"] else ""
        typer.echo(f"{film['title']}{year}: {film['reason']['text']}")
