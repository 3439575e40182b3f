"""`microgenres genres export-conllu`: write descriptions as CoNLL-U."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from microgenres.cli import options as o

__all__ = ["export_conllu"]


def export_conllu(
    to: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    *,
    source: o.Sources = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="At most N films.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Of the descriptions, ISO 639-1.")
    ] = "en",
    settings_file: o.SettingsFile = None,
    profile: o.ProfileName = "default",
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Write films' descriptions as CoNLL-U: sentences, tokens, lemmas, genres.

    [bold]Examples[/bold]
    microgenres genres export-conllu sample.conllu
    microgenres genres export-conllu films.conllu --source files:tmdb.csv --limit 1000
    """
    from pipeline.genres.evaluation.export import export_conllu as export
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    films = export(source or ["sample"], to, settings, language=language, limit=limit)
    if as_json:
        from microgenres.cli.output.tables import to_json

        to_json({"films": films, "path": str(to)}, sys.stdout)
    else:
        typer.echo(f"{films:,} films in {to}")
