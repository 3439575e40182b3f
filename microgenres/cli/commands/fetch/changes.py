"""`microgenres fetch changes`: fetch the films again that changed at TMDB."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.fetch import options as f
from microgenres.cli.commands.fetch.run import run_fetch

__all__ = ["changes"]


def changes(
    *,
    since: f.Since = None,
    new: f.New = False,
    rate: f.Rate = None,
    min_votes: f.MinVotes = None,
    review_pages: f.Reviews = None,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Fetch again only the films of a catalogue that changed at TMDB.

    The catalogue is rewritten; DIR/fetch/changed.parquet contains only the films that changed.

    [bold]Examples[/bold]
    microgenres fetch changes --since 2026-11-01 --out films
    microgenres fetch changes --out films --new --min-votes 100
    """
    wanted = {
        "min_votes": min_votes,
        "review_pages": review_pages,
        "requests_per_second": rate,
    }
    chosen = {"since": since, "new": new}
    run_fetch(
        "changes", wanted, chosen, out, profile, settings_file, verbose=verbose, as_json=as_json
    )
