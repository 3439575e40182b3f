"""`microgenres ratings ...`: recommenders from ratings, and their upkeep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from microgenres.cli import options as o
from microgenres.cli.console import shown
from microgenres.cli.exit_codes import Commands

__all__ = ["app"]

app = typer.Typer(
    name="ratings",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Recommend films: learn from MovieLens ratings, ingest weekly batches, watch for drift.",
)

_Source = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of MovieLens.")]
_Release = Annotated[
    Path | None,
    typer.Option("--release", metavar="DIR", help="A release, or an output folder with one."),
]


def _run(
    name: str, out: Path, profile: str, file: Path | None, verbose: bool, **parameters: Any
) -> Any:
    with shown(profile, file, {}, verbose=verbose):
        from flows.ratings.evaluate_flow import evaluate_ratings
        from flows.ratings.flows import ingest_ratings, monitor, retrain, train_ratings
        from flows.runtime.launch import launch_served

        flows: dict[str, Any] = {
            "train": train_ratings,
            "evaluate": evaluate_ratings,
            "ingest": ingest_ratings,
            "monitor": monitor,
            "retrain": retrain,
        }
        given = {**parameters, "out": out, "profile": profile, "settings_file": file}
        plain = {n: str(value) if isinstance(value, Path) else value for n, value in given.items()}
        return launch_served(flows[name], out, plain)


def _print(found: Any) -> None:
    typer.echo(json.dumps(found, indent=1, default=str))


@app.command()
def train(
    source: _Source,
    *,
    release: _Release = None,
    model: Annotated[str, typer.Option("--model", "-m", metavar="NAME")] = "hybrid",
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Prepare ratings, learn a recommender from the earliest 70 %, measure it and serve it.

    [bold]Examples[/bold]
    microgenres ratings train ml-latest-small --release films --out films
    """
    found = _run(
        "train",
        out,
        profile,
        settings_file,
        verbose,
        source=source,
        model=model,
        release=release,
    )
    _print({name: found[name] for name in ("version", "model", "status", "figures")})


@app.command()
def evaluate(
    source: _Source,
    *,
    release: _Release = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", metavar="NAME", help="Repeatable; the first beside the rest."
        ),
    ] = None,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Compare recommenders on later ratings, in parallel: lists, stars, cold films, intervals.

    [bold]Examples[/bold]
    microgenres ratings evaluate ml-latest-small --release films --out films
    """
    found = _run(
        "evaluate",
        out,
        profile,
        settings_file,
        verbose,
        source=source,
        models=model or [],
        release=release,
    )
    _print(found)


@app.command()
def ingest(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Ratings: CSV or Parquet.")
    ] = None,
    *,
    weeks: Annotated[
        int, typer.Option("--weeks", min=0, metavar="N", help="Weeks of those kept back.")
    ] = 0,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Ingest weekly batches, each once.

    [bold]Examples[/bold]
    microgenres ratings ingest week.csv --out films
    microgenres ratings ingest --weeks 4 --out films
    """
    if not files and not weeks:
        raise typer.BadParameter("give a file, or --weeks", param_hint="FILE")
    _print(
        _run(
            "ingest",
            out,
            profile,
            settings_file,
            verbose,
            files=[str(f) for f in files or []],
            buffered_weeks=weeks,
        )
    )


@app.command()
def monitor(
    *,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Judge batches against the recommender that is served: drift of ratings and of errors."""
    _print(_run("monitor", out, profile, settings_file, verbose))


@app.command()
def retrain(
    *,
    force: Annotated[bool, typer.Option("--force", help="Also when it is not due.")] = False,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    debug: o.Debug = False,
) -> None:
    """Learn anew when due; serve it if it is better on the same later ratings."""
    _print(_run("retrain", out, profile, settings_file, verbose, force=force))


@app.command()
def rollback(
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
    *,
    out: o.Out = o.OUT,
    debug: o.Debug = False,
) -> None:
    """Serve an earlier version again."""
    from flows.ratings.flows import keeper
    from pipeline.settings import load_settings

    with keeper(str(out), load_settings()) as kept:
        typer.echo(f"served is {kept.rollback(version)}")


@app.command()
def status(*, out: o.Out = o.OUT, debug: o.Debug = False) -> None:
    """The record: versions, batches, what was measured and decided, as JSON."""
    from flows.ratings.flows import keeper
    from pipeline.recommend.lifecycle.database import TABLES
    from pipeline.settings import load_settings

    with keeper(str(out), load_settings()) as kept:
        _print({name: kept.record.rows(name) for name in TABLES})


@app.command()
def track(*, out: o.Out = o.OUT, debug: o.Debug = False) -> None:
    """Log versions to MLflow: SQLite and a folder in DIR/ratings. Needs the extra `tracking`."""
    from flows.ratings.flows import keeper
    from pipeline.observability.mlflow import DATABASE
    from pipeline.recommend.lifecycle.mlflow import track as log
    from pipeline.settings import load_settings

    with keeper(str(out), load_settings()) as kept:
        count = log(kept.folder, kept.record)
        typer.echo(f"{count:,} versions logged in {kept.folder / DATABASE}")


@app.command()
def recommend(
    user: Annotated[int, typer.Argument(metavar="USER", help="A user's id.")],
    *,
    count: Annotated[int, typer.Option("--top", min=1, max=1_000, metavar="N")] = 10,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Films for a user, each with its reason."""
    from pipeline.recommend import FOLDER
    from pipeline.recommend.lifecycle.database import record_url
    from pipeline.recommend.serving.recommender import Recommending, Wish
    from pipeline.settings import load_settings

    folder = out / FOLDER
    asking = Recommending(folder, record_url(folder, load_settings().upkeep))
    own = asking.current.profile_of(asking.rated_by(user))
    found = asking.current.recommend(own, Wish(top_k=count))
    if as_json:
        _print(found)
        return
    for film in found:
        year = f" ({film['year']})" if film["year"] else ""
        typer.echo(f"{film['title']}{year}: {film['reason']['text']}")


@app.command()
def generate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    *,
    ratings: Annotated[int, typer.Option("--ratings", metavar="N")] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 2026,
    debug: o.Debug = False,
) -> None:
    """Write made ratings in the layout of MovieLens 25M, of any size."""
    from pipeline.recommend.data.synthetic import Size
    from pipeline.recommend.data.synthetic import generate as make

    typer.echo(f"{make(folder, Size.of(ratings), seed):,} users")
