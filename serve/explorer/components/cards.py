"""The building blocks of pages: covers, micro-genre cards, chips, figures, tables, empty states."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.report.charts_map import FAMILY_COLOURS
from serve.explorer import formatting
from serve.explorer.components.html_nodes import Node, data_text, node
from serve.explorer.routing import address, film_address, genre_address

__all__ = [
    "Colours",
    "bar_cell",
    "chip",
    "chip_row",
    "cover",
    "empty_state",
    "family_colours",
    "figures",
    "film_grid",
    "genre_cards",
    "genre_cell",
    "page_header",
    "page_link",
    "poster_base",
    "section",
    "table",
]

Row = Mapping[str, Any]
Colours = Mapping[str, str]  # family name -> the CSS class of its colour

POSTERS = "MICROGENRES_POSTERS"  # base address of posters; without it covers are drawn


def family_colours(families: Sequence[Row]) -> dict[str, str]:
    """Assign a colour to each family, as the report does: the first to the one with most films.

    Returns
    -------
    dict of str to str
        Family name -> CSS class.

    Examples
    --------
    >>> family_colours([{"family_name": "War", "films": 3}, {"family_name": "Crime", "films": 9}])
    {'Crime': 'family-0', 'War': 'family-1'}
    """
    ranked = sorted(families, key=lambda row: (-(row["films"] or 0), row["family_name"]))
    return {
        row["family_name"]: f"family-{number % FAMILY_COLOURS}" for number, row in enumerate(ranked)
    }


def page_header(title: str, lead: str | None = None, overline: str | None = None) -> Node:
    """Return the title of a page with an optional line above it and a paragraph below it."""
    return node(
        "header",
        node("p", overline, cls="overline") if overline else None,
        node("h1", title, dir="auto"),
        node("p", lead, cls="lead") if lead else None,
        cls="head",
    )


def section(title: str, note: str | None = None) -> Node:
    """Return the heading of a section with an optional note."""
    return node(
        "div", node("h2", title), node("p", note, cls="note") if note else None, cls="section"
    )


def figures(pairs: Iterable[tuple[str, str]]) -> Node:
    """Return large figures from pairs of label and value; empty values are left out."""
    return node(
        "dl",
        [node("div", node("dt", label), node("dd", value)) for label, value in pairs if value],
        cls="figures",
    )


def poster_base() -> str | None:
    """Return the address to which poster paths are appended; None means covers are drawn."""
    base = os.environ.get(POSTERS, "").rstrip("/")
    return base or None


def cover(film: Row, colour: str | None) -> Node:
    """Return a film's poster on top of a drawn cover, which shows if there is no poster."""
    title = data_text(film.get("title")) or "Untitled"
    year = film.get("year")
    path, base = film.get("poster_path"), poster_base()
    source = None
    if path and str(path).startswith(("http://", "https://")):
        source = str(path)
    elif path and base:
        source = f"{base}/{str(path).lstrip('/')}"
    return node(
        "span",
        node("b", title, dir="auto", cls="long" if len(title) > 40 else None),
        node("small", str(year) if year is not None else "no year"),
        node("img", src=source, alt="", loading="lazy") if source else None,
        cls=f"cover {colour or ''}",
        aria_hidden="true",
    )


def film_grid(
    films: Sequence[Row],
    colours: Colours,
    *,
    small: bool = False,
    show_similarity: bool = False,
) -> Node:
    """Return films as covers that link to their pages.

    Parameters
    ----------
    films : sequence of mappings
        Rows with movie_id, title, year, family_name, vote_average and poster_path.
    colours : mapping of str to str
        See `family_colours`.
    small : bool
        Show small covers.
    show_similarity : bool
        Show the field `similarity` instead of the rating.
    """

    def facts(film: Row) -> str:
        year = str(film["year"]) if film.get("year") is not None else ""
        if show_similarity:
            figure = f"similarity {film['similarity']:.2f}"
        elif formatting.finite(film.get("vote_average")) is not None:
            figure = f"\u2605 {formatting.rating(film['vote_average'])}"
        else:
            figure = ""
        return " \u00b7 ".join(part for part in (year, figure) if part)

    def item(film: Row) -> Node:
        return node(
            "li",
            node(
                "a",
                cover(film, colours.get(film.get("family_name") or "")),
                node(
                    "span",
                    node("strong", data_text(film.get("title")) or "Untitled", dir="auto"),
                    facts(film),
                    cls="under",
                ),
                href=film_address(str(film["movie_id"])),
                cls="film",
            ),
        )

    return node("ul", [item(film) for film in films], cls="posters few" if small else "posters")


def genre_cards(genres: Sequence[Row], colours: Colours) -> Node:
    """Return micro-genres as cards with name, number of films, years, keywords and exemplars."""

    def item(genre: Row) -> Node:
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

    return node("ul", [item(genre) for genre in genres], cls="shelf")


def chip(
    text: str, to: str, *, colour: str | None = None, count: int | None = None, remove: bool = False
) -> Node:
    """Return a small link, such as a genre, a family, or a filter to remove."""
    kind = f"chip{' family ' + colour if colour else ''}{' remove' if remove else ''}"
    return node(
        "a",
        node("span", data_text(text), dir="auto"),
        node("small", formatting.whole(count)) if count is not None else None,
        href=to,
        cls=kind,
        aria_label=f"Remove the filter {data_text(text)}" if remove else None,
    )


def chip_row(chips: Sequence[Node], label: str) -> Node:
    """Return a row of chips with a label, which is also its name for screen readers."""
    return node(
        "div",
        node("span", label, cls="label"),
        list(chips),
        cls="chips",
        role="group",
        aria_label=label,
    )


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Node | str]], note: str = ""
) -> Node:
    """Return a table.

    Parameters
    ----------
    caption : str
        Caption of the table.
    heads : sequence of str
        Heads of the columns.
    rows : iterable of sequences of Node or str
        The first cell names the row. The other cells are right-aligned, except `td` nodes, which
        stay as they are.
    note : str
        A line below the caption.
    """
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
    head_cells = [
        node("th", name, scope="col", cls="number" if number else None) if name else node("td")
        for number, name in enumerate(heads)
    ]
    content = node(
        "table",
        node("caption", caption, node("small", note) if note else None),
        node("thead", node("tr", head_cells)),
        node("tbody", body),
    )
    return node("div", content, cls="scroll", role="region", tabindex="0", aria_label=caption)


def genre_cell(genre: Row, colours: Colours) -> Node:
    """Return a micro-genre as a link, with the colour of its family in front."""
    return node(
        "span",
        node("span", cls=f"swatch {colours.get(genre['family_name'], '')}", aria_hidden="true"),
        node(
            "a",
            data_text(genre["micro_genre_name"]),
            href=genre_address(genre["micro_genre_id"]),
        ),
    )


def bar_cell(part: float, colour: str = "") -> Node:
    """Return a table cell with a bar.

    Screen readers skip it, so show the value in another cell too.

    Parameters
    ----------
    part : float
        Length of the bar as a share of the cell, 0 to 1.
    colour : str
        CSS class of a colour.
    """
    width = f"{max(0.0, min(1.0, part)) * 100:.1f}%"
    return node(
        "td", node("span", style=f"--part: {width}"), cls=f"bar {colour}", aria_hidden="true"
    )


def empty_state(title: str, *lines: str, links: Sequence[Node] = ()) -> Node:
    """Return a message that there is nothing to show, why, and links to other pages."""
    return node(
        "div",
        node("h2", title),
        [node("p", line) for line in lines],
        chip_row(list(links), "Continue with") if links else None,
        cls="empty",
    )


def page_link(title: str, description: str, page: str) -> Node:
    """Return a large link to a page, with a description."""
    return node(
        "a", node("strong", title), node("span", description), href=address(page), cls="page-link"
    )
