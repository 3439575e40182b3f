"""Print releases, micro-genres and films: tables for people, or one JSON object for scripts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from microgenres.cli.console import print_line, standard_output, text
from microgenres.cli.exit_codes import ExitCode, complain
from microgenres.cli.output.tables import (
    figures,
    films_table,
    headed,
    micro_genre_card,
    micro_genres_table,
    number,
    plain_table,
    to_json,
)
from pipeline.errors import ReleaseError
from pipeline.release.lookup import Release

__all__ = [
    "show_assigned",
    "show_micro_genre",
    "show_micro_genres",
    "show_profiles",
    "show_report",
    "show_run",
    "show_settings",
    "show_similar",
    "show_verified",
]

_ROWS_AFTER_A_RUN = 60  # micro-genres in the table that closes a run


def show_run(release: Release, *, as_json: bool) -> None:
    """Print the result of a run: its micro-genres, its folder and its quality figures."""
    if as_json:
        to_json(
            _about(release)
            | {
                "report_html": str(release.file("report.html")),
                "reading": release.report.to_dict().get("reading"),
                "micro_genres": _by_size(release),
            },
            sys.stdout,
        )
        return
    console = standard_output()
    _micro_genres(release, _ROWS_AFTER_A_RUN)
    console.print()
    for name, value in (
        ("Release", release.path),
        ("Report", release.file("report.html")),
        ("Figures", figures(release.report.to_dict())),
    ):
        print_line(console, f"{name:<8} ", value)


def show_micro_genres(release: Release, limit: int | None, *, as_json: bool) -> None:
    """Print all micro-genres of a release, the largest first."""
    if as_json:
        to_json(_about(release) | {"micro_genres": _by_size(release)[:limit]}, sys.stdout)
    else:
        _micro_genres(release, limit)


def show_micro_genre(release: Release, wanted: str, limit: int, *, as_json: bool) -> None:
    """Print one micro-genre and its most typical films."""
    row = release.find_micro_genre(wanted)
    films = release.films_of(row["cluster"], limit)
    if as_json:
        to_json({"release_id": release.id, "micro_genre": row, "films": films}, sys.stdout)
        return
    nearest = row["nearest_cluster"]
    name = "-" if nearest is None else release.find_micro_genre(nearest)["micro_genre_name"]
    micro_genre_card(standard_output(), row, name, films)


def show_similar(release: Release, wanted: str, limit: int, *, as_json: bool) -> None:
    """Print the films most similar to one film."""
    film = release.find_film(wanted)
    near = release.similar(film["movie_id"], limit)
    if as_json:
        to_json({"release_id": release.id, "film": film, "similar": near}, sys.stdout)
        return
    year = "" if film["year"] is None else f" ({film['year']})"
    head = f"{film['title'] or film['movie_id']}{year}: {film['micro_genre_name']}"
    standard_output().print(headed(head, films_table(near)))
    if len(near) < limit:
        complain(f"the run listed {len(near)} neighbours of this film", kind="note")


def show_assigned(
    release: Release, films: Sequence[tuple[str, dict[str, Any]]], *, as_json: bool
) -> None:
    """Print the micro-genres of films that are not in the release."""
    from microgenres.cli.console import standard_error
    from microgenres.cli.progress import follow

    with follow(standard_error()):
        from pipeline.inference.assigner import Assigner

        answers = Assigner(release.path).assign([film for _, film in films])
    if as_json:
        named = [{"film": name, **answer} for (name, _), answer in zip(films, answers, strict=True)]
        to_json({"release_id": release.id, "films": named}, sys.stdout)
        return
    table = plain_table()
    for column in ("Film", "Micro-genre", "Runner-up"):
        table.add_column(column)
    for column in ("Similarity", "Margin"):
        table.add_column(column, justify="right", no_wrap=True)
    for (name, _), answer in zip(films, answers, strict=True):
        short = name if len(name) <= 60 else name[:59] + "\N{HORIZONTAL ELLIPSIS}"
        cluster = f"{answer['micro_genre_name']} #{answer['cluster']}"
        weak = " weak" if answer["weak"] else ""
        table.add_row(
            text(short),
            text(cluster, "bold"),
            text(answer["runner_up_name"] or "-"),
            f"{answer['similarity']:.3f}{weak}",
            "-" if answer["margin"] is None else f"{answer['margin']:.3f}",
        )
    standard_output().print(table)


def show_report(release: Release, *, as_json: bool) -> None:
    """Print the quality figures of a run, and the path of its report page."""
    from microgenres.cli.output.report import print_report

    if as_json:
        to_json(release.report.to_dict(), sys.stdout)
        return
    console = standard_output()
    print_report(console, release.report.to_dict())
    console.print()
    print_line(console, "With pictures: ", release.file("report.html"))


def show_verified(path: Path, *, as_json: bool) -> None:
    """Print whether a release is unchanged since it was published; exit with 4 if it is not."""
    from pipeline.storage.verify import verify_release

    try:
        manifest = verify_release(path)
    except ReleaseError as error:
        if not as_json:
            raise
        # `verify_release` lists one problem per line; a file that it cannot open is one problem.
        problems = [line[2:] for line in str(error).splitlines() if line.startswith("- ")]
        answer = {"release": str(path), "ok": False, "problems": problems or [str(error)]}
        to_json(answer, sys.stdout)
        raise typer.Exit(ExitCode.RELEASE) from error
    counts, files = manifest["counts"], manifest["files"]
    if as_json:
        answer = {"release": str(path), "ok": True, "problems": [], "counts": counts}
        to_json(answer | {"files": len(files)}, sys.stdout)
        return
    size = sum(entry["bytes"] for entry in files.values()) / 2**20
    line = (
        f"{path} verifies: {len(files)} files, {size:.1f} MiB; {number(counts['rows_in'])} rows = "
        f"{number(counts['released'])} films + {number(counts['rejected'])} rejects"
    )
    print_line(standard_output(), "", line)


def show_settings(profile: str, file: Path | None, *, as_json: bool) -> None:
    """Print every setting with its value, type, default and description."""
    from microgenres.cli.output.settings import setting_rows, settings_tables

    rows = setting_rows(profile, file)
    if as_json:
        to_json({"profile": profile, "settings": rows}, sys.stdout)
        return
    console = standard_output()
    for table in settings_tables(rows):
        console.print(table)


def show_profiles(*, as_json: bool) -> None:
    """Print the profiles of `--profile`."""
    from microgenres.cli.output.settings import profile_rows

    rows = profile_rows()
    if as_json:
        to_json({"profiles": rows}, sys.stdout)
        return
    table = plain_table()
    table.add_column("Profile", no_wrap=True)
    table.add_column("What it is for")
    for row in rows:
        table.add_row(text(row["name"]), text(row["description"] or "-"))
    standard_output().print(table)


def _about(release: Release) -> dict[str, Any]:
    return {"release_id": release.id, "path": str(release.path), "counts": release.counts}


def _by_size(release: Release) -> list[dict[str, Any]]:
    rows = release.micro_genres.to_pylist()
    return sorted(rows, key=lambda row: (-row["films"], row["cluster"]))


def _micro_genres(release: Release, limit: int | None) -> None:
    console, rows = standard_output(), _by_size(release)
    console.print(micro_genres_table(rows[:limit], width=console.width))
    if limit is not None and len(rows) > limit:
        console.print(f"and {len(rows) - limit} more: `microgenres show` lists all")
