"""The commands that look at a release or at the settings; `mine` itself is in `cli`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microgenres.cli import options as o

if TYPE_CHECKING:
    from pipeline.release.lookup import Release

__all__ = ["assign", "find", "profiles", "report", "settings", "show", "similar", "verify"]


def show(
    micro_genre: o.MicroGenre = None,
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    limit: o.ShowLimit = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """List the micro-genres of a release, the largest first; or show one with its films.

    [bold]Examples[/bold]
    microgenres show --limit 10
    microgenres show 7
    microgenres show "Submarine Cold-War Thriller" --json
    """
    from microgenres.cli.output.release import show_micro_genre, show_micro_genres

    opened = _open(out, release)
    if micro_genre is None:
        show_micro_genres(opened, limit, as_json=as_json)
    else:
        show_micro_genre(opened, micro_genre, limit or 20, as_json=as_json)


def similar(
    film: Annotated[str, typer.Argument(metavar="FILM", help='"Title (Year)", a title, or an id.')],
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    limit: o.SimilarLimit = 10,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """List the films most similar to one film of a release.

    Case, accents and a leading article do not count. An id wins over a title: write the year to
    mean the title.

    [bold]Examples[/bold]
    microgenres similar "The Hunt for Red October (1990)"
    microgenres similar 1669 --limit 5 --json
    """
    from microgenres.cli.output.release import show_similar

    show_similar(_open(out, release), film, limit, as_json=as_json)


def assign(
    text: Annotated[
        str | None, typer.Argument(metavar="[TEXT]", help="What the film is about.")
    ] = None,
    *,
    file: o.FilmsFile = None,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Name the micro-genre of a film that is not in the release, with its runner-up and margin.

    A margin near 0 says that the runner-up fits as well; "weak" says that nothing fits well.

    [bold]Examples[/bold]
    microgenres assign "A submarine crew hunts a defector under the ice."
    microgenres assign --file new-films.jsonl --json > assigned.json
    """
    if (text is None) == (file is None):
        raise typer.BadParameter("give a text, or --file", param_hint="TEXT")
    if text is not None and not text.strip():
        raise typer.BadParameter("the text is empty", param_hint="TEXT")
    from microgenres.cli.commands.release.film_input import read_films, unseen_film
    from microgenres.cli.output.release import show_assigned

    films = read_films(file) if file is not None else [(str(text), unseen_film(str(text)))]
    show_assigned(_open(out, release), films, as_json=as_json)


def report(
    *,
    out: o.Out = o.OUT,
    release: o.ReleaseName = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Print the figures of a release, each with a line on how to read it.

    [bold]Examples[/bold]
    microgenres report
    microgenres report --json | jq .clusters.seed_ari
    """
    from microgenres.cli.output.release import show_report

    show_report(_open(out, release), as_json=as_json)


def verify(
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="[RELEASE]", help="A release's folder or id.", show_default="the latest"
        ),
    ] = None,
    *,
    out: o.Out = o.OUT,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Check every file of a release against its manifest, and that its counts add up.

    Lists all that is wrong, and then ends with 4.

    [bold]Examples[/bold]
    microgenres verify
    microgenres verify out/releases/ID --json
    """
    from microgenres.cli.output.release import show_verified

    show_verified(find(out, release), as_json=as_json)


def settings(
    *,
    profile: o.ProfileName = "default",
    file: o.SettingsFile = None,
    as_json: o.AsJson = False,
    debug: o.Debug = False,
) -> None:
    """Print every setting: its value in a profile, what it does, its type and bounds.

    A settings file of your own is TOML with these names. The environment sets them too:
    MICROGENRES_EMBED__DTYPE=float32 sets embed.dtype.

    [bold]Examples[/bold]
    microgenres settings --profile cluster
    microgenres settings --settings my.toml --json
    """
    from microgenres.cli.output.release import show_settings

    show_settings(profile, file, as_json=as_json)


def profiles(*, as_json: o.AsJson = False, debug: o.Debug = False) -> None:
    """List the profiles: ready-made settings for a machine or a purpose."""
    from microgenres.cli.output.release import show_profiles

    show_profiles(as_json=as_json)


def find(out: Path, release: str | None) -> Path:
    """The folder of a release, named by its own folder or by its id in `out`."""
    from pipeline.release.lookup import find_release

    if release is not None and (Path(release).is_dir() or "/" in release):
        return find_release(Path(release))
    return find_release(out, release)


def _open(out: Path, release: str | None) -> Release:
    from pipeline.release.lookup import Release

    return Release(find(out, release))
