"""`microgenres genres evaluate`: measure all trained models on held-out films."""

from __future__ import annotations

from pathlib import Path

from microgenres.cli import options as o

__all__ = ["evaluate"]


def evaluate(
    *,
    out: o.Out = o.OUT,
    settings_file: o.SettingsFile = None,
    profile: o.ProfileName = "default",
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Evaluate all trained models on the films held out from all of them.

    [bold]Examples[/bold]
    microgenres genres evaluate --out films
    microgenres genres evaluate --json | jq '.inputs.both.models | keys'
    """
    from microgenres.cli.output.genres import show_evaluation
    from pipeline.genres.evaluation.evaluate import evaluate as measure
    from pipeline.genres.training.registry import FOLDER
    from pipeline.settings import load_settings

    settings = load_settings(profile=profile, file=settings_file)
    found = measure(Path(out) / FOLDER, settings.genres.bootstrap, settings.seed)
    show_evaluation(found, as_json=as_json)
