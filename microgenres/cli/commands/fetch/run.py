"""Run the fetch flow and print what it fetched."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import typer

__all__ = ["run_fetch"]


def run_fetch(
    what: str,
    wanted: dict[str, Any],
    chosen: dict[str, Any],
    out: Path,
    profile: str,
    settings_file: Path | None,
    *,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run the fetch flow and print its result.

    Parameters
    ----------
    what : str
        `tmdb` or `changes`.
    wanted : dict
        Settings of the section `fetch`; None for those that are not set.
    chosen : dict
        Other parameters of the flow.
    out : Path
        The output folder.
    profile : str
        Name of a profile of settings.
    settings_file : Path, optional
        A TOML file of settings.
    verbose : bool
        Log more.
    as_json : bool
        Print one JSON object.
    """
    from microgenres.cli.console import standard_error, standard_output
    from microgenres.cli.progress import follow

    given = {name: value for name, value in wanted.items() if value is not None}
    with follow(standard_error(), level=logging.INFO if verbose else logging.WARNING):
        from flows.fetch.flow import fetch as run

        made = run(
            str(out),
            what,
            profile=profile,
            settings_file=None if settings_file is None else str(settings_file),
            overrides={"fetch": given} if given else {},
            **chosen,
        )
    if as_json:
        typer.echo(json.dumps(made, indent=2, sort_keys=True))
        return
    films = made["films"]
    summary = f"{films['films']:,} films in {made['path']}, as of {made['as_of']}"
    lacking = {"not at TMDB": films["not_there"], "given up": films["missing"]}
    summary += "".join(f"; {len(ids):,} {why}" for why, ids in lacking.items() if ids)
    if "changed" in made:
        summary += f"; {made['changed']['films']:,} changed since {made['since']}"
        summary += f", {len(made['withdrawn']):,} withdrawn"
    standard_output().print(summary, markup=False, soft_wrap=True)
    standard_output().print(made["attribution"], markup=False, soft_wrap=True)
