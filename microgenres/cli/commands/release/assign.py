"""`microgenres assign`: name the micro-genre of a film that is not in the release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from microgenres.cli import options as o

if TYPE_CHECKING:
    pass
from microgenres.cli.releases import open_release_folder

__all__ = ["assign"]


def assign(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The plot of the film.")
    ] = None,
    *,
    file: o.FilmsFile = None,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Name the micro-genre of a film that is not in the release, with its runner-up and margin.

    A margin near 0 means that the runner-up fits as well; "weak" means that none fits well.

    [bold]Examples[/bold]
    microgenres assign "A submarine crew hunts a defector under the ice."
    microgenres assign --file new-films.jsonl --json > assigned.json
    """
    if (text is None) == (file is None):
        raise typer.BadParameter("give a text, or --file", param_hint="TEXT")
    if text is not None and not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    from microgenres.cli.commands.release.film_input import read_films, unseen_film
    from microgenres.cli.output.release import show_assigned

    films = read_films(file) if file is not None else [(str(text), unseen_film(str(text)))]
    show_assigned(open_release_folder(out, release), films, as_json=as_json)
