"""`microgenres assign`: name the micro-genre of a film that is not in the release."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.releases import open_release_folder

__all__ = ["assign"]


def assign(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="The plot of the film.")
    ] = None,
    *,
    genre: o.FilmGenres = None,
    keyword: o.FilmKeywords = None,
    year: o.FilmYear = None,
    language: o.FilmLanguage = None,
    file: o.FilmsFile = None,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Name the micro-genre of a film that is not in the release, with its runner-up and margin.

    A film goes to a near micro-genre whose name is true of it. A genre, year or language that you
    do not say is no reason against a name. A margin near 0 means that the runner-up fits as well;
    below 0 it is nearer, but its name is not known to be true. "weak" means that none fits well.

    [bold]Examples[/bold]
    microgenres assign "A submarine crew hunts a defector under the ice."
    microgenres assign "Two thieves fall in love." --genre comedy --genre romance --year 1995
    microgenres assign --file new-films.jsonl --json > assigned.json
    """
    if (text is None) == (file is None):
        raise typer.BadParameter("give a text, or --file", param_hint="TEXT")
    if text is not None and not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    facts = {"genres": genre, "keywords": keyword, "year": year, "language": language}
    said = {name: value for name, value in facts.items() if value}
    if file is not None and said:
        raise typer.BadParameter(
            "--genre, --keyword, --year and --language are of one film; write them into the file",
            param_hint="--file",
        )
    from pipeline.imports import arrow_without_pandas, load, no_collection
    from pipeline.inference.preloading import start_loading

    with no_collection():
        arrow_without_pandas()
        start_loading()
        load(["pipeline.inference.assigner"])
    from microgenres.cli.commands.release.film_input import read_films, unseen_film
    from microgenres.cli.output.release import show_assigned

    one = (str(text), unseen_film(str(text)) | said)
    films = [one] if file is None else read_films(file)
    show_assigned(open_release_folder(out, release), films, as_json=as_json)
