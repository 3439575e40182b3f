"""`microgenres genres models`: list the models that can be trained, and those that are trained."""

from __future__ import annotations

from microgenres.cli import options as o

__all__ = ["models"]


def models(*, out: o.Out = o.OUT, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """List the models that can be trained, and those that are trained.

    [bold]Examples[/bold]
    microgenres genres models --out films
    """
    from microgenres.cli.output.genres import show_models

    show_models(out, as_json=as_json)
