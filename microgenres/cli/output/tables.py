"""Results for people and for scripts: Rich tables that fit 80 columns, and one JSON object.

Titles and names come from catalogues: they are literal text, never Rich markup.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import IO, Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from microgenres.cli.console import text
from microgenres.cli.output.fitted_table import FittedTable

__all__ = [
    "figures",
    "films_table",
    "headed",
    "micro_genre_card",
    "micro_genres_table",
    "number",
    "plain_table",
    "to_json",
]

Row = Mapping[str, Any]

_ROOMY = 110  # columns from which on keywords have their own
_NAMED_BY = {
    "kept": "kept from the release before",
    "namer": "suggested by the language model of label.namer",
    "person": "given by a person",
}


def to_json(value: object, stream: IO[str]) -> None:
    """Write `value` as one indented JSON object: six decimals, null for NaN and infinity."""
    utf8 = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
    stream.write(json.dumps(_plain(value), indent=2, ensure_ascii=not utf8, allow_nan=False) + "\n")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def number(value: object) -> str:
    """Return a figure for people: 15,802, 0.0314, yes, or a dash for None."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(" / ".join(map(str, v)) if isinstance(v, list) else str(v) for v in value)
    return str(value)


def plain_table(*, lines: bool = False) -> FittedTable:
    """Return an empty table in the style of all tables."""
    return FittedTable(lines=lines)


def headed(title: str, *shown: RenderableType) -> Group:
    """Return content under a title that is as wide as the terminal, not as the table."""
    return Group(text(title, "bold"), *shown)


def micro_genres_table(rows: Sequence[Row], *, width: int) -> FittedTable:
    """Return a table of micro-genres with films, exemplars and keywords, in the given order.

    Below a name is the share of its films for which it is true, if that is known.

    Parameters
    ----------
    rows : of `tables.MICRO_GENRES`. width : columns of the terminal.
    """
    roomy = width >= _ROOMY
    table = plain_table(lines=True)
    table.add_column("#", justify="right", no_wrap=True, style="dim")
    table.add_column("Micro-genre")
    table.add_column("Films", justify="right", no_wrap=True)
    if roomy:
        table.add_column("Three of its films")
        table.add_column("Keywords")
    else:
        table.add_column("Three of its films; keywords")
    for row in rows:
        exemplars = text(", ".join(row["exemplars"][:3]))
        words = ", ".join(row["keywords"])
        keywords = text(words if roomy else f"keywords: {words}", "dim")
        cells = [exemplars, keywords]
        if not roomy:
            cells = [Text("\n").join(cells)]
        name = text(row["micro_genre_name"], "bold")
        if row["name_truth"] is not None:
            name = Text("\n").join([name, text(f"true of {row['name_truth']:.0%}", "dim")])
        table.add_row(str(row["cluster"]), name, number(row["films"]), *cells)
    return table


def films_table(rows: Sequence[Row], *, genre: bool = True) -> FittedTable:
    """Return a table of films with their similarity and, with `genre`, their micro-genre."""
    table = plain_table()
    table.add_column("Similarity", justify="right", no_wrap=True)
    table.add_column("Film")
    table.add_column("Year", no_wrap=True)
    if genre:
        table.add_column("Micro-genre")
    table.add_column("Id", style="dim")
    for row in rows:
        cells = [text(row["title"] or "(no title)"), text(row["year"] or "-")]
        if genre:
            cells.append(text(row["micro_genre_name"]))
        weak = " weak" if row.get("weak") else ""
        table.add_row(f"{row['similarity']:.3f}{weak}", *cells, text(row["movie_id"]))
    return table


def micro_genre_card(console: Console, row: Row, nearest: str, films: Sequence[Row]) -> None:
    """Print all about one micro-genre: name, description, keywords, figures, typical films."""
    name = text(row["micro_genre_name"], "bold")
    console.print(name, text(f"  cluster {row['cluster']}, {row['micro_genre_id']}", "dim"))
    if row["description"]:
        console.print(text(row["description"]))
    first, last = row["first_year"], row["last_year"]
    facts = {
        "Alternatives": "; ".join(row["alternatives"]),
        "Name truth": _truth(row),
        "Named by": _NAMED_BY.get(row["name_source"], ""),
        "Family": row["family_name"],
        "Keywords": ", ".join(row["keywords"]),
        "Films": f"{number(row['films'])}, {number(row['weak_films'])} of them weak fits",
        "Years": "-" if first is None else f"{first} to {last}",
        "Mean vote": number(row["vote_average"]),
        "Cohesion": f"{row['mean_similarity']:.3f} mean similarity to its centre",
        "Next to": nearest,
    }
    table = Table.grid(padding=(0, 2))
    for key, value in facts.items():
        if value:
            table.add_row(Text(key, style="dim"), text(value))
    console.print(table)
    shown = "" if len(films) == row["films"] else f", the {len(films)} most typical"
    console.print()
    console.print(headed(f"Its films{shown}", films_table(films, genre=False)))


def _truth(row: Row) -> str:
    """How far the name is true: "true of 62% of its films (subject 71%, form 88%)"."""
    if row["name_truth"] is None:
        return ""
    parts = ", ".join(
        f"{part} {row[f'{part}_truth']:.0%}"
        for part in ("subject", "form", "adjective")
        if row[f"{part}_truth"] is not None
    )
    thin = "; they say too little for a theme, or fit none nearby" if row["thin"] else ""
    return f"true of {row['name_truth']:.0%} of its films{f' ({parts})' if parts else ''}{thin}"


def figures(report: Row) -> str:
    """Return the main figures of a run in one line; missing figures are left out."""

    def get(path: str) -> Any:
        value: Any = report
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    parts = []
    if get("counts.micro_genres") is not None:
        parts.append(f"{number(get('counts.micro_genres'))} micro-genres")
    if get("counts.families") is not None:
        parts.append(f"{number(get('counts.families'))} families")
    if get("counts.released") is not None:
        read = number(get("counts.rows_in"))
        parts.append(f"{number(get('counts.released'))} films from {read} rows")
    for path, template in (
        ("name_truth.themed", "a theme for {:.0%} of the films"),
        ("name_truth.whole", "names true of {:.0%}"),
        ("names.own_centroid_share", "names nearest their own centre {:.0%}"),
        ("names.keyword_coverage", "films holding a keyword {:.0%}"),
        ("clusters.seed_ari", "ARI with noise {:.2f}"),
        ("neighbours.recall_at_10", "recall@10 {:.3f}"),
    ):
        if isinstance(get(path), int | float):
            parts.append(template.format(get(path)))
    seconds = report.get("seconds")
    if isinstance(seconds, Mapping) and seconds:
        parts.append(f"{seconds.get('total', sum(seconds.values())):.1f} s")
    return " · ".join(parts)
