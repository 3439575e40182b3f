"""Films: search, filters with counts, sorting, pages and export of a selection."""

from __future__ import annotations

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serve.explorer import formatting
from serve.explorer.addresses import films_address
from serve.explorer.query import ORDERS, Selection, WrongValueError, read_page, read_selection
from serve.explorer.rendering import render

__all__ = ["routes"]

PER_PAGE = 24
NEAREST = 240  # maximum number of films of a semantic search


def show_films(request: Request) -> Response:
    """Return one page of a selection of films."""
    snapshot = request.app.state.snapshots.current
    films = request.state.films = snapshot.catalogue
    selection = read_selection(request.query_params, films)
    page = read_page(request.query_params)
    start = (page - 1) * PER_PAGE
    if selection.by_meaning:
        nearest = snapshot.search.search(selection.text, selection.filters, NEAREST)
        total, rows = len(nearest), nearest[start : start + PER_PAGE]
    else:
        found = films.films(selection.all_filters, *ORDERS[selection.order], start, PER_PAGE)
        total, rows = found.total, found.rows
    pages = max(1, -(-total // PER_PAGE))
    if page > pages:
        raise WrongValueError(f"the selection has {pages} pages, and no page {page}")
    facets = films.facets(selection.filters if selection.by_meaning else selection.all_filters)
    names = {row["micro_genre_id"]: row["micro_genre_name"] for row in films.micro_genres()}
    ids = {row["cluster"]: row["micro_genre_id"] for row in films.micro_genres()}
    choices = [
        (
            "family",
            "Family",
            [(row["name"], row["name"], row["films"]) for row in facets["families"]],
        ),
        (
            "genre",
            "Genre",
            [(row["value"], row["value"], row["films"]) for row in facets["genres"]],
        ),
        (
            "micro",
            "Micro-genre",
            [(ids[row["value"]], row["name"], row["films"]) for row in facets["micro_genres"]],
        ),
        (
            "language",
            "Language",
            [
                (row["value"], formatting.language(row["value"]), row["films"])
                for row in facets["languages"]
            ],
        ),
    ]
    values = {
        "title": f"Films: {selection.text}" if selection.text else "Films",
        "page": "films",
        "selection": selection,
        "total": total,
        "films": rows,
        "number": page,
        "pages": pages,
        "orders": list(ORDERS),
        "choices": choices,
        "chips": filter_chips(selection, names),
    }
    return render(request, "films.html", values)


def filter_chips(selection: Selection, names: dict[str, str]) -> list[tuple[str, str]]:
    """Return the label of each filter, and the address of the selection without it."""
    labels = {"year_from": "from ", "year_to": "to ", "rating_from": "rated at least ",
              "rating_to": "rated at most "}  # fmt: skip
    chips = []
    for name, chosen in selection.values.items():
        if name in ("q", "by", "sort"):
            continue
        for value in chosen:
            shown = names.get(value, value) if name == "micro" else value
            shown = formatting.language(value) if name == "language" else shown
            rest = [other for other in chosen if other != value]
            chips.append(
                (labels.get(name, "") + shown, films_address(selection.values, **{name: rest}))
            )
    return chips


def export_films(request: Request) -> Response:
    """Return the whole selection as CSV or Parquet."""
    films = request.app.state.snapshots.current.catalogue
    request.state.films = films
    selection = read_selection(request.query_params, films)
    if selection.by_meaning:
        raise WrongValueError("a search by meaning cannot be exported; search by words")
    kind: Literal["csv", "parquet"] = "csv" if request.url.path.endswith("csv") else "parquet"
    media: dict[str, Any] = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    return Response(
        films.export(selection.all_filters, ORDERS[selection.order][0], kind),
        media_type=media[kind],
        headers={"Content-Disposition": f'attachment; filename="films.{kind}"'},
    )


routes = [
    Route("/films", show_films),
    Route("/films.csv", export_films),
    Route("/films.parquet", export_films),
]
