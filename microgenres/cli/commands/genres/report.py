"""`microgenres genres report`: write the evaluation as a page, JSON and a model card."""

from __future__ import annotations

import sys

import typer

from microgenres.cli import options as o

__all__ = ["report"]


def report(
    *,
    out: o.Out = o.OUT,
    settings_file: o.SettingsFile = None,
    profile: o.ProfileName = "default",
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Write the evaluation as a page, JSON and a model card into DIR/genres/report.

    [bold]Examples[/bold]
    microgenres genres report --out films
    """
    from pipeline.genres.evaluation.export import write_report
    from pipeline.genres.training.registry import FOLDER
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    folder = write_report(out / FOLDER, settings.genres.bootstrap, settings.seed)
    written = [str(folder / name) for name in ("report.html", "report.json", "MODEL_CARD.md")]
    if as_json:
        from microgenres.cli.output.tables import to_json

        to_json({"files": written}, sys.stdout)
    else:
        typer.echo("\n".join(written))
