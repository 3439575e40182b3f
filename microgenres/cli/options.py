"""Options that several commands share, and how options become settings."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "OUT",
    "AllowRejects",
    "AllowWithdrawals",
    "AsJson",
    "Clusters",
    "Debug",
    "FilmGenres",
    "FilmKeywords",
    "FilmLanguage",
    "FilmYear",
    "FilmsFile",
    "LogFormat",
    "MicroGenre",
    "NewNames",
    "NightlySource",
    "Out",
    "ProfileName",
    "ReleaseName",
    "Resume",
    "RowLimit",
    "Scheduler",
    "Seed",
    "SettingsFile",
    "ShowLimit",
    "SimilarLimit",
    "Sources",
    "Verbose",
    "Version",
    "Workers",
    "overrides",
]

OUT = Path("out")

_CATALOGUE, _MINING, _WHERE = "Catalogue", "Mining", "Where it runs"
_RELEASE, _SETTINGS, _OUTPUT = "Release", "Settings", "Output"


def _debug(ctx: typer.Context, value: bool) -> None:
    if value:
        ctx.meta["debug"] = True  # shared by the group and its command


def _version(value: bool) -> None:
    if value:
        try:
            number = version("micro-genre-miner")
        except PackageNotFoundError:
            number = "of a source tree that is not installed"
        typer.echo(f"microgenres {number}")
        raise typer.Exit


def _k(value: str | None) -> str | None:
    if value is None or value == "auto" or (value.isdecimal() and int(value) >= 1):
        return value
    raise typer.BadParameter(f"{value!r} is neither auto nor a whole number of at least 1")


def _scheduler(value: str | None) -> str | None:
    if value is None or "://" in value:
        return value
    raise typer.BadParameter(f"{value!r} is not an address; write it like tcp://10.0.0.5:8786")


def _log_format(value: str | None) -> str | None:
    if value is None or value in ("text", "json"):
        return value
    raise typer.BadParameter(f"{value!r} is neither text nor json")


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_version, is_eager=True, help="Print the version.", show_default=False
    ),
]
Debug = Annotated[
    bool,
    typer.Option(
        "--debug", callback=_debug, help="Show the traceback of an error.", rich_help_panel=_OUTPUT
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object, for scripts.", rich_help_panel=_OUTPUT),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Log more.", rich_help_panel=_OUTPUT)
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        metavar="text|json",
        callback=_log_format,
        help="Log lines for people, or one JSON object per line.",
        show_default="text",
        rich_help_panel=_OUTPUT,
    ),
]
ShowLimit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        metavar="N",
        help="At most N micro-genres, or N films of the given one.",
        show_default="all; 20 films",
        rich_help_panel=_OUTPUT,
    ),
]
SimilarLimit = Annotated[
    int,
    typer.Option("--limit", min=1, metavar="N", help="At most N films.", rich_help_panel=_OUTPUT),
]

Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="The output folder.", rich_help_panel=_RELEASE)
]
ReleaseName = Annotated[
    str | None,
    typer.Option(
        "--release",
        metavar="PATH|ID",
        help="A release's folder, or its id in the output folder.",
        show_default="the latest",
        rich_help_panel=_RELEASE,
    ),
]
MicroGenre = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A cluster number, micro-genre id or name.")
]
FilmsFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="One text per line, or one JSON object per line with overview and, if there are, "
        "genres, keywords and countries (lists), tagline, year, language, runtime_minutes and "
        "title. A dash is standard input.",
        rich_help_panel=_CATALOGUE,
    ),
]
FilmGenres = Annotated[
    list[str] | None,
    typer.Option("--genre", metavar="GENRE", help="A genre of the film; may be given repeatedly."),
]
FilmKeywords = Annotated[
    list[str] | None,
    typer.Option(
        "--keyword", metavar="WORDS", help="A keyword of the film; may be given repeatedly."
    ),
]
FilmYear = Annotated[
    int | None, typer.Option("--year", min=0, max=9_999, help="Year of its first release.")
]
FilmLanguage = Annotated[
    str | None,
    typer.Option("--language", metavar="CODE", help="Its original language, a code or a name."),
]

ProfileName = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Ready-made settings: see `microgenres profiles`.",
        rich_help_panel=_SETTINGS,
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        help="A TOML file of your own, over the profile: see `microgenres settings`.",
        rich_help_panel=_SETTINGS,
    ),
]

Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="SPEC",
        help="`sample`, `tmdb:DIR` after a fetch into DIR, `imdb:DIR` with a CSV file for each "
        "genre, or `files:PATH`: a CSV (.gz, .zst), "
        "JSONL or Parquet file, or a folder of them. May be given several times.",
        show_default="sample",
        rich_help_panel=_CATALOGUE,
    ),
]
RowLimit = Annotated[
    int | None,
    typer.Option(
        "--limit", min=1, metavar="N", help="Mine a sample of N films.", rich_help_panel=_CATALOGUE
    ),
]
AllowRejects = Annotated[
    bool,
    typer.Option(
        "--allow-rejects",
        help="Go on although most rows are rejected (source.max_rejected_share).",
        rich_help_panel=_CATALOGUE,
    ),
]
AllowWithdrawals = Annotated[
    bool,
    typer.Option(
        "--allow-withdrawals",
        help="Withdraw all films that are no longer in the catalogue, however many "
        "(update.max_withdrawn_share).",
        rich_help_panel=_CATALOGUE,
    ),
]
Clusters = Annotated[
    str | None,
    typer.Option(
        "--k",
        "-k",
        metavar="auto|N",
        callback=_k,
        help="How many micro-genres.",
        show_default="auto",
        rich_help_panel=_MINING,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        max=2**31 - 1,
        metavar="N",
        help="Seeds every random choice: the same films and settings give the same release.",
        rich_help_panel=_MINING,
    ),
]
NewNames = Annotated[
    bool,
    typer.Option(
        "--new-names",
        help="Name all micro-genres without regard to their previous names, except those that a "
        "person set (label.new_names).",
        rich_help_panel=_MINING,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=1024,
        metavar="N",
        help="Local workers, one thread each.",
        show_default="as many as cores",
        rich_help_panel=_WHERE,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="tls://HOST:PORT",
        callback=_scheduler,
        help="Work on this Dask cluster; its workers must see the output folder too.",
        show_default="a local cluster",
        rich_help_panel=_WHERE,
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume/--force",
        help="Go on from what an earlier run finished, or make everything again.",
        rich_help_panel=_WHERE,
    ),
]

NightlySource = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="SPEC",
        help="What the nightly deployment mines: `sample`, `files:PATH`, `tmdb:DIR`.",
        rich_help_panel="Catalogue",
    ),
]


def overrides(
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    k: str | None = None,
    seed: int | None = None,
    log_format: str | None = None,
    allow_rejects: bool = False,
    allow_withdrawals: bool = False,
    new_names: bool = False,
) -> dict[str, Any]:
    """Return the settings that the given options set, by section; an option not given sets none."""
    chosen: dict[str, Any] = {}
    if seed is not None:
        chosen["seed"] = seed
    if k is not None:
        chosen["cluster"] = {"k": k if k == "auto" else int(k)}
    if new_names:
        chosen["label"] = {"new_names": True}
    if log_format is not None:
        chosen["log"] = {"format": log_format}
    if allow_rejects:
        chosen["source"] = {"max_rejected_share": 1.0}
    if allow_withdrawals:
        chosen["update"] = {"max_withdrawn_share": 1.0}
    dask = {"workers": workers, "scheduler": scheduler}
    given = {name: value for name, value in dask.items() if value is not None}
    if given:
        chosen["dask"] = given
    return chosen
