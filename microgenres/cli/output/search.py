"""What `search` prints: films with scores and reasons, and how the text was read."""

from __future__ import annotations

import sys

from microgenres.cli.console import print_line, standard_output, text
from microgenres.cli.exit_codes import complain
from microgenres.cli.output.tables import plain_table, to_json
from pipeline.release.lookup import Release
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.records import Reason, Understood
from serve.catalogue.search.engine import SearchEngine

__all__ = ["show_found"]

_REASON = {
    "title": "title",
    "like": "like",
    "keywords": "keywords",
    "people": "people",
    "micro_genre": "micro-genre",
    "words": "words",
    "meaning": "meaning",
}
_LETTERS = 90  # of a reason


def show_found(release: Release, query: str, limit: int, *, as_json: bool) -> None:
    """Print the films of a release that fit a text, best first."""
    page = SearchEngine(Catalogue(release.path)).search(query, limit=limit)
    if as_json:
        found = {
            "release_id": release.id,
            "query": query,
            "total": page.total,
            "understood": page.understood,
            "nothing_close": page.nothing_close,
            "films": page.films,
        }
        to_json(found, sys.stdout)
        return
    for line in _read(page.understood):
        complain(line, kind="note")
    if page.nothing_close:
        print_line(standard_output(), "", f'nothing close to "{query}" in release {release.id}')
        return
    table = plain_table()
    table.add_column("Score", justify="right", no_wrap=True)
    for column in ("Film", "Micro-genre", "Why"):
        table.add_column(column)
    table.add_column("Id", style="dim")
    for film in page.films:
        year = f" ({film['year']})" if film["year"] is not None else ""
        table.add_row(
            f"{film['score']:.2f}",
            text(f"{film['title'] or '(no title)'}{year}"),
            text(film["micro_genre_name"]),
            text(_why(film["reasons"][0]) if film["reasons"] else "-"),
            text(film["movie_id"]),
        )
    standard_output().print(table)


def _why(reason: Reason) -> str:
    said = reason["text"]
    if len(said) > _LETTERS:
        said = said[: _LETTERS - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return f"{_REASON[reason['kind']]}: {said}"


def _read(understood: Understood) -> list[str]:
    """Return how the text was read, where that is not as it was typed."""
    lines = [f'"{typed}" was read as "{read}"' for typed, read in understood["corrected"].items()]
    if understood["like"]:
        titles = " and ".join(
            f"{film['title']} ({film['year']})" if film["year"] else str(film["title"])
            for film in understood["like"]
        )
        change = f", but {understood['change']}" if understood["change"] else ""
        lines.append(f"films like {titles}{change}")
    if understood["without"]:
        lines.append(f"films with {understood['without']} come last")
    return lines
