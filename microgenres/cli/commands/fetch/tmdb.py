"""`microgenres fetch tmdb`: fetch films from the TMDB API into a catalogue."""

from __future__ import annotations

from microgenres.cli import options as o
from microgenres.cli.commands.fetch import options as f
from microgenres.cli.commands.fetch.run import run_fetch

__all__ = ["tmdb"]


def tmdb(
    *,
    ids: f.Ids = None,
    first: f.FirstDate = None,
    until: f.LastDate = None,
    min_votes: f.MinVotes = None,
    min_popularity: f.MinPopularity = None,
    adult: f.Adult = None,
    limit: f.FilmLimit = None,
    review_pages: f.Reviews = None,
    rate: f.Rate = None,
    refresh: f.Refresh = False,
    out: o.Out = o.OUT,
    profile: o.ProfileName = "default",
    settings_file: o.SettingsFile = None,
    verbose: o.Verbose = False,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Fetch films with keywords, credits and reviews into DIR/fetch/films.parquet.

    The same command resumes an interrupted fetch; no response is requested twice. Responses are
    stored for 150 days, so a later fetch requests only the others.

    [bold]Examples[/bold]
    microgenres fetch tmdb --min-votes 100 --out films
    microgenres fetch tmdb --ids movie_ids_11_20_2026.json.gz --min-popularity 2
    microgenres mine --source tmdb:films --out films
    """
    wanted = {
        "first_date": first,
        "min_votes": min_votes,
        "min_popularity": min_popularity,
        "include_adult": adult,
        "review_pages": review_pages,
        "requests_per_second": rate,
    }
    chosen = {
        "ids": None if ids is None else str(ids),
        "until": until,
        "limit": limit,
        "refresh": refresh,
    }
    run_fetch("tmdb", wanted, chosen, out, profile, settings_file, verbose=verbose, as_json=as_json)
