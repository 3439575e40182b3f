"""The pieces pages are put together from: covers, micro-genre cards, chips, figures, tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.report.charts_map import FAMILY_COLOURS
from serve.explorer import formatting
from serve.explorer.components.html_nodes import Node, data_text, node
from serve.explorer.routing import address, film_address, genre_address

__all__ = [
    "Hues",
    "chip",
    "chips",
    "cover",
    "empty",
    "figures",
    "film_grid",
    "genre_shelf",
    "head",
    "hues",
    "posters",
    "section",
    "table",
]

Row = Mapping[str, Any]
Hues = Mapping[str, str]  # family name -> the class that carries its colour

POSTERS = "MICROGENRES_POSTERS"  # where posters of stored paths lie; without it covers are drawn


def hues(families: Sequence[Row]) -> dict[str, str]:
    """The colour of each family: the family with most films first, as in the report's page."""
    ranked = sorted(families, key=lambda row: (-(row["films"] or 0), row["family_name"]))
    return {
        row["family_name"]: f"family-{place % FAMILY_COLOURS}" for place, row in enumerate(ranked)
    }


def head(title: str, lead: str | None = None, overline: str | None = None) -> Node:
    """What stands at the top of a page."""
    return node(
        "header",
        node("p", overline, cls="overline") if overline else None,
        node("h1", title, dir="auto"),
        node("p", lead, cls="lead") if lead else None,
        cls="head",
    )


def section(title: str, note: str | None = None) -> Node:
    """The heading of a part of a page."""
    told = node("p", note, cls="note") if note else None
    return node("div", node("h2", title), told, cls="section")


def figures(pairs: Iterable[tuple[str, str]]) -> Node:
    """Large figures, each with what it counts; those without a value are left out."""
    return node(
        "dl",
        [node("div", node("dt", name), node("dd", value)) for name, value in pairs if value],
        cls="figures",
    )


def posters() -> str | None:
    """The address that stored poster paths are appended to, None to draw covers."""
    base = os.environ.get(POSTERS, "").rstrip("/")
    return base or None


def cover(film: Row, hue: str | None) -> Node:
    """A film's poster over a drawn cover, which is what is seen without one."""
    title = data_text(film.get("title")) or "Untitled"
    year = film.get("year")
    stored, base = film.get("poster_path"), posters()
    address_of = None
    if stored and str(stored).startswith(("http://", "https://")):
        address_of = str(stored)
    elif stored and base:
        address_of = f"{base}/{str(stored).lstrip('/')}"
    return node(
        "span",
        node("b", title, dir="auto", cls="long" if len(title) > 40 else None),
        node("small", str(year) if year is not None else "no year"),
        node("img", src=address_of, alt="", loading="lazy") if address_of else None,
        cls=f"cover {hue or ''}",
        aria_hidden="true",
    )


def film_grid(films: Sequence[Row], colours: Hues, *, few: bool = False) -> Node:
    """Films as covers; each leads to its page."""

    def one(film: Row) -> Node:
        told = [
            str(film["year"]) if film.get("year") is not None else "",
            f"\u2605 {formatting.rating(film['vote_average'])}"
            if formatting.finite(film.get("vote_average")) is not None and not film.get("alike")
            else "",
            f"similarity {film['similarity']:.2f}" if film.get("alike") else "",
        ]
        return node(
            "li",
            node(
                "a",
                cover(film, colours.get(film.get("family_name") or "")),
                node(
                    "span",
                    node("strong", data_text(film.get("title")) or "Untitled", dir="auto"),
                    " \u00b7 ".join(part for part in told if part),
                    cls="under",
                ),
                href=film_address(str(film["movie_id"])),
                cls="film",
            ),
        )

    return node("ul", [one(film) for film in films], cls="posters few" if few else "posters")


def genre_shelf(genres: Sequence[Row], colours: Hues) -> Node:
    """Micro-genres as cards: name, size and years, keywords, exemplars."""

    def one(genre: Row) -> Node:
        facts = [
            formatting.films(genre["films"]),
            formatting.span(genre["first_year"], genre["last_year"]),
        ]
        return node(
            "li",
            node(
                "a",
                node("strong", data_text(genre["micro_genre_name"]), dir="auto"),
                node("small", " \u00b7 ".join(fact for fact in facts if fact)),
                node("span", data_text(formatting.listed(genre["keywords"], 5)), cls="words"),
                node("small", data_text("; ".join((genre["exemplars"] or [])[:3])), dir="auto"),
                href=genre_address(genre["micro_genre_id"]),
                cls=f"genre {colours.get(genre['family_name'], '')}",
            ),
        )

    return node("ul", [one(genre) for genre in genres], cls="shelf")


def chip(
    text: str, to: str, *, hue: str | None = None, count: int | None = None, remove: bool = False
) -> Node:
    """A small link: a genre, a family, a filter to take away."""
    kind = f"chip{' family ' + hue if hue else ''}{' remove' if remove else ''}"
    return node(
        "a",
        node("span", data_text(text), dir="auto"),
        node("small", formatting.whole(count)) if count is not None else None,
        href=to,
        cls=kind,
        aria_label=f"Remove the filter {data_text(text)}" if remove else None,
    )


def chips(found: Sequence[Node], label: str) -> Node:
    """A row of chips, named for those who cannot see it."""
    told = node("span", label, cls="told")
    return node("div", told, list(found), cls="chips", role="group", aria_label=label)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Node | str]], note: str = ""
) -> Node:
    """A table whose first column names the row and whose others are figures or bars."""
    body = [
        node(
            "tr",
            node("th", cells[0], scope="row", dir="auto"),
            [
                cell
                if isinstance(cell, dict) and cell["t"] == "td"
                else node("td", cell, cls="number")
                for cell in cells[1:]
            ],
        )
        for cells in rows
    ]
    top = [
        node("th", name, scope="col", cls="number" if place else None) if name else node("td")
        for place, name in enumerate(heads)
    ]
    drawn = node(
        "table",
        node("caption", caption, node("small", note) if note else None),
        node("thead", node("tr", top)),
        node("tbody", body),
    )
    return node("div", drawn, cls="scroll", role="region", tabindex="0", aria_label=caption)


def genre_cell(genre: Row, colours: Hues) -> Node:
    """The name of a micro-genre as a link, with the colour of its family before it."""
    return node(
        "span",
        node("span", cls=f"swatch {colours.get(genre['family_name'], '')}", aria_hidden="true"),
        node(
            "a",
            data_text(genre["micro_genre_name"]),
            href=genre_address(genre["micro_genre_id"]),
        ),
    )


def bar_cell(part: float, hue: str = "") -> Node:
    """A cell with a bar of `part` of its width, 0 to 1; the figure beside it says the same."""
    width = f"{max(0.0, min(1.0, part)) * 100:.1f}%"
    return node("td", node("span", style=f"--part: {width}"), cls=f"bar {hue}", aria_hidden="true")


def empty(title: str, *told: str, ways: Sequence[Node] = ()) -> Node:
    """Nothing to show, why, and a way on."""
    return node(
        "div",
        node("h2", title),
        [node("p", line) for line in told],
        chips(list(ways), "Go on with") if ways else None,
        cls="empty",
    )


def way(title: str, told: str, page: str) -> Node:
    """A way into another page."""
    return node("a", node("strong", title), node("span", told), href=address(page), cls="way")
