"""Print the result of an update, and the growth of micro-genres: tables or one JSON object."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flows.update.flow import UpdateResult
from microgenres.cli.console import print_line, standard_output, text
from microgenres.cli.output.tables import headed, number, plain_table, to_json
from pipeline.errors import ReleaseError
from pipeline.lineage.history import read_history, summarise_growth
from pipeline.release.lookup import NotInReleaseError, Release
from pipeline.release.title_index import plain

__all__ = ["show_history", "show_updated"]

_ROWS = 40
_RELEASES = 6  # columns of releases in a table; JSON has them all


def show_updated(found: UpdateResult, *, as_json: bool) -> None:
    """Print the latest release after an update, and what the update changed."""
    release = Release(Path(found.path))
    done: dict[str, Any] = release.report.update.to_dict() if found.made else {}
    document = {
        "release_id": release.id,
        "path": str(release.path),
        "made": found.made,
        "mined": found.mined,
        "due": found.due,
        "counts": release.counts,
        "update": done or None,
        "retained": found.retained,
        "reading": found.reading or None,
    }
    if as_json:
        to_json(document, sys.stdout)
        return
    console = standard_output()
    if not found.made:
        console.print(text(f"Release {release.id} is up to date; no new one was made"))
        if found.retained:
            console.print(
                text(f"{found.retained:,} of its films have rows that cannot be read now")
            )
        return
    table = plain_table()
    table.add_column("films")
    table.add_column("", justify="right")
    for name in ("added", "changed", "withdrawn", "retained", "texts_encoded"):
        table.add_row(name.replace("_", " "), number(done.get(name)))
    console.print(headed(f"Release {release.id}", table))
    print_line(console, "Release  ", release.path)
    if found.due:
        did = "was done" if found.mined else "is due: `microgenres mine`"
        print_line(console, "Drift    ", f"past {', '.join(found.due)}; another mining {did}")


def show_history(out: Path, micro_genre: str | None, limit: int | None, *, as_json: bool) -> None:
    """Print how micro-genres grew over the releases of a folder."""
    if not (out / "releases").is_dir():
        raise ReleaseError(f"no release in {out}: name the folder of `microgenres mine --out`")
    growth = read_history(out)
    columns = ("release_id", "created_at", "kind")
    releases = [
        dict(zip(columns, values, strict=True))
        for values in dict.fromkeys(
            zip(*(growth[name].to_pylist() for name in columns), strict=True)
        )
    ]
    if not releases:
        raise ReleaseError(f"no release in {out} can be read: run `microgenres mine`")
    rows = summarise_growth(growth)
    if micro_genre is not None:
        wanted = {micro_genre, plain(micro_genre)}
        rows = [
            row
            for row in rows
            if row["micro_genre_id"] in wanted or plain(row["micro_genre_name"]) in wanted
        ]
        if not rows:
            raise NotInReleaseError(f"no release in {out} has a micro-genre {micro_genre!r}")
    if as_json:
        to_json({"releases": releases, "micro_genres": rows[:limit]}, sys.stdout)
        return
    _print(rows[: limit or _ROWS], releases)


def _print(rows: list[dict[str, Any]], releases: list[dict[str, Any]]) -> None:
    table = plain_table()
    table.add_column("micro-genre")
    table.add_column("change", justify="right")
    last = releases[-_RELEASES:]
    for release in last:
        table.add_column(release["created_at"][:10], justify="right")
    for row in rows:
        change = f"{row['change']:+,}" if row["change"] else "0"
        cells = [number(films) for films in row["films"][-len(last) :]]
        table.add_row(text(row["micro_genre_name"]), change, *cells)
    kinds = ", ".join(f"{r['release_id']} {r['kind']}" for r in last)
    console = standard_output()
    console.print(headed(f"Films by release, of {len(releases)} releases", table))
    print_line(console, "Releases  ", kinds)
