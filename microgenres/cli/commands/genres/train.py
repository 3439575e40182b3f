"""`microgenres genres train`: learn genres from a catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from microgenres.cli import options as o
from microgenres.cli.run_display import quiet_dask, shown

__all__ = ["train"]


_WHAT = "What is trained"


_DEFAULT = ("logistic-tfidf", "transformation", "adaptation", "adaptation-tree")


ModelNames = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME",
        help="A model, or `all`; may be given several times. See `microgenres genres models`.",
        show_default=", ".join(_DEFAULT),
        rich_help_panel=_WHAT,
    ),
]


InputNames = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="title|description|both",
        help="Input of a model; may be given several times.",
        show_default="both",
        rich_help_panel=_WHAT,
    ),
]


def train(
    *,
    source: o.Sources = None,
    limit: o.RowLimit = None,
    out: o.Out = o.OUT,
    model: ModelNames = None,
    inputs: InputNames = None,
    folds: Annotated[
        bool,
        typer.Option("--folds", help="Cross-validate each model too.", rich_help_panel=_WHAT),
    ] = False,
    fill: Annotated[
        str | None,
        typer.Option(
            "--fill",
            metavar="SPEC",
            help="A second file with descriptions, for films that lack one.",
            rich_help_panel="Catalogue",
        ),
    ] = None,
    here: Annotated[
        bool,
        typer.Option(
            "--here",
            help="Train in this process with all its cores, one model after the other.",
            rich_help_panel="Where it runs",
        ),
    ] = False,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds",
            min=1,
            metavar="N",
            help="Stop fine-tuning after N seconds; the same command resumes from there.",
            rich_help_panel="Where it runs",
        ),
    ] = None,
    seed: o.Seed = None,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    workers: o.Workers = None,
    scheduler: o.Scheduler = None,
    verbose: o.Verbose = False,
    log_format: o.LogFormat = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Train genre classifiers on Dask, all with the same split of the films.

    A model that was trained on the same films with the same settings is reused.

    [bold]Examples[/bold]
    microgenres genres train
    microgenres genres train --source files:tmdb.csv --model all --folds --out films
    microgenres genres train -m transformer --here --seconds 600 --out films
    """
    from microgenres.cli.preflight import check_sources

    sources = source or ["sample"]
    chosen = o.overrides(workers=workers, scheduler=scheduler, seed=seed, log_format=log_format)
    described = check_sources(sources, profile, settings_file, chosen)
    if fill is not None:
        described += check_sources([fill], profile, settings_file, chosen)
    from flows.events import Note, emit
    from flows.genres.prepare import Plan
    from flows.genres.train_flow import learn_genres
    from pipeline.genres.models.classifier import MODELS

    names = list(MODELS) if "all" in (model or ()) else list(model or _DEFAULT)
    read = list(inputs or ("both",))
    Plan.of(names, read)  # unknown names are reported before anything starts
    with shown(profile, settings_file, chosen, verbose=verbose):
        for line in described:
            emit(Note(line))
        if not verbose:
            quiet_dask()
        found = learn_genres(
            sources,
            str(out),
            names,
            read,
            folds=folds,
            fill=fill,
            here=here,
            seconds=seconds,
            profile=profile,
            settings_file=None if settings_file is None else str(settings_file),
            overrides=chosen,
            limit=limit,
        )
    from microgenres.cli.output.genres import show_registry

    show_registry(found, as_json=as_json)
