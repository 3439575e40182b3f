"""The tables, bars and keys of the report's page, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.report.charts_map import FAMILY_COLOURS, Rows, order
from pipeline.report.charts_treemap import SCALE, shade
from pipeline.report.formatting import (
    UNMEASURED,
    Writer,
    decimal,
    finite,
    rating,
    text,
    whole,
)

__all__ = ["absent", "bars", "chart", "chips", "genre_table", "rows_table", "shade_legend"]


def absent() -> str:
    """What stands in the place of something that was not measured."""
    return f'<p class="unmeasured">{UNMEASURED}</p>'


def chart(name: str, drawn: bool, label: str) -> str:
    """The place of a chart, with what it shows in words for who cannot see it."""
    if not drawn:
        return absent()
    return (
        f'<div id="chart-{name}" class="chart chart-{name}" role="img" '
        f'aria-label="{text(label)}"></div>'
    )


def rows_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A small table: the first column names the row, the others are its figures (plain text)."""
    body = "".join(
        f'<tr><th scope="row">{text(row[0])}</th>'
        + "".join(f"<td>{text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    if not body:
        return absent()
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{text(caption)}">'
        f'<table class="plain"><caption>{text(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def bars(
    caption: str, heads: tuple[str, str], rows: Iterable[tuple[str, Any]], write: Writer
) -> str:
    """A table of one number per row with a bar beside it; the heads name the row and the number."""
    found = list(rows)
    if not found:
        return absent()
    top = max((finite(value) or 0.0 for _, value in found), default=0.0)
    body = []
    for name, value in found:
        width = max((finite(value) or 0.0) / top * 100, 0.0) if top > 0 else 0.0
        body.append(
            f'<tr><th scope="row">{text(name)}</th><td class="bar">'
            f'<span class="fill" style="width:{width:.1f}%"></span></td>'
            f'<td class="number">{text(write(value))}</td></tr>'
        )
    return (
        f'<table class="bars"><caption>{text(caption)}</caption><thead><tr>'
        f'<th scope="col">{text(heads[0])}</th><th scope="col" colspan="2">{text(heads[1])}</th>'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


_SHAPES = (
    '<circle cx="6" cy="6" r="4.5"/>',
    '<path d="M6 .6 11.4 6 6 11.4.6 6z"/>',
    '<path d="M6 1 11.4 10.6H.6z"/>',
    '<path d="M1.5 1.5h9v9h-9z"/>',
    '<path d="M4 .8h4V4h3.2v4H8v3.2H4V8H.8V4H4z"/>',
    '<path d="m6 .5 1.6 3.6 3.9.4-2.9 2.6.8 3.9L6 9l-3.4 2 .8-3.9L.5 4.5l3.9-.4z"/>',
)


def chips(genres: Rows) -> str:
    """A button per family, the key to the map's colours and shapes, in the order of its traces."""
    return "".join(
        f'<button type="button" aria-pressed="false" data-family="{number}">'
        f'<svg viewBox="0 0 12 12" aria-hidden="true" class="swatch family-'
        f'{number % FAMILY_COLOURS}">{_SHAPES[number // FAMILY_COLOURS % len(_SHAPES)]}</svg>'
        f"{text(name)}</button>"
        for number, (name, _) in enumerate(order(genres))
    )


def shade_legend(genres: Rows) -> str:
    """What the colours of the treemap mean."""
    field, name, low, high = shade(genres)
    write = rating if field == "vote_average" else decimal
    values = [v for row in genres if (v := finite(row[field])) is not None]
    if not values:
        return f"{name}: {UNMEASURED}."
    less = "\u2264 " if min(values) < low else ""
    more = "\u2265 " if max(values) > high else ""
    words = "" if field == "vote_average" else " (mean cosine to its centre; there are no ratings)"
    grey = " Grey: no ratings." if len(values) < len(genres) else ""
    return (
        f'{name}{words}: <span class="ramp">{less}{text(write(low))} <span class="ramp-bar" '
        f'aria-hidden="true" style="background:linear-gradient(90deg,{",".join(SCALE)})"></span> '
        f"{more}{text(write(high))}</span>{grey}"
    )


_COLUMNS = (  # head, class of its cells, sorted as, its order at first
    ("Micro-genre", "name", "text", ""),
    ("Films", "number", "number", ' aria-sort="descending"'),
    ("Keywords", "keywords", "text", ""),
    ("Exemplars", "exemplars", "text", ""),
    ("Family", "family", "text", ""),
    ("Years", "years", "number", ""),
)


def _cells(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    first, last = row["first_year"], row["last_year"]
    known = [str(year) for year in (first, last) if year is not None]
    years = "\u2013".join(dict.fromkeys(known)) or UNMEASURED
    films = row["films"]
    films_of = "".join(f"<li>{text(film)}</li>" for film in (row["exemplars"] or [])[:3])
    return [
        ("", text(row["micro_genre_name"])),
        (f' data-value="{films or 0}"', text(whole(films))),
        ("", text(", ".join(row["keywords"] or []) or None)),
        ("", f"<ul>{films_of}</ul>" if films_of else UNMEASURED),
        ("", text(row["family_name"])),
        (f' data-value="{first if first is not None else 9999}"', text(years)),
    ]


def genre_table(genres: Rows) -> str:
    """Every micro-genre, largest first, with a box to filter the rows and heads that sort them."""
    ranked = [row for _, rows in order(genres) for row in rows]
    ranked.sort(key=lambda row: (-(row["films"] or 0), row["cluster"] or 0))
    if not ranked:
        return absent()
    heads = "".join(
        f'<th scope="col" data-sort="{kind}"{at_first}><button type="button">{name}</button></th>'
        for name, _, kind, at_first in _COLUMNS
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{column[1]}" data-head="{column[0]}"{value}>{cell}</td>'
            if number
            else f'<th scope="row" class="{column[1]}">{cell}</th>'
            for number, (column, (value, cell)) in enumerate(
                zip(_COLUMNS, _cells(row), strict=True)
            )
        )
        + "</tr>"
        for row in ranked
    )
    return (
        '<p class="filter"><label for="filter">Find a micro-genre</label>'
        '<input type="search" id="filter" autocomplete="off" spellcheck="false" '
        'placeholder="name, keyword or film">'
        f'<output for="filter" id="shown" aria-live="polite">{len(ranked):,} of {len(ranked):,}'
        "</output></p>"
        '<table id="genre-table" class="genres"><caption>Every micro-genre; select a column '
        "head to sort by it</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
        f'<p><button type="button" id="more" hidden>Show all {len(ranked):,}</button></p>'
    )
