"""Films: one search, filters with counts, order, grid or list, pages and export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from serve.api.snapshot import Snapshot
from serve.catalogue.filters import Filters
from serve.explorer import formatting
from serve.explorer.addresses import films_address, page_address, renamed_films_address
from serve.explorer.film_lists import list_films, selected_filters
from serve.explorer.query import (
    ORDERS,
    VIEWS,
    Selection,
    WrongValueError,
    read_page,
    read_selection,
)
from serve.explorer.rendering import render

__all__ = ["Choice", "filter_chips", "routes"]

PER_PAGE = 24
MOST_CHOICES = 60  # values of a filter that are offered
COUNTED = ("families", "genres", "micro_genres", "languages", "countries", "keywords")
BOUNDS = {
    "year_from": "from ",
    "year_to": "to ",
    "rating_from": "rated at least ",
    "rating_to": "rated at most ",
    "votes_from": "votes at least ",
}


class Choice(NamedTuple):
    """A value of a filter: as in the address, as shown, and its number of films."""

    value: str
    shown: str
    films: int


def show_films(request: Request) -> Response:
    """Return one page of a selection of films; addresses of earlier versions lead to it."""
    renamed = renamed_films_address(request.query_params.multi_items())
    if renamed is not None:
        root = request.scope.get("root_path", "").rstrip("/")
        return RedirectResponse(f"{root}/{renamed}", 301)
    snapshot: Snapshot = request.app.state.snapshots.current
    films = request.state.films = snapshot.catalogue
    selection = read_selection(request.query_params, films)
    number = read_page(request.query_params)
    found = list_films(snapshot, selection, (number - 1) * PER_PAGE, PER_PAGE)
    pages = max(1, -(-found.total // PER_PAGE))
    if number > pages:
        raise WrongValueError(f"the selection has {pages} pages, and no page {number}")
    names = {row["micro_genre_id"]: row["micro_genre_name"] for row in films.micro_genres()}
    chips = filter_chips(selection, names)
    values = {
        "title": _title(selection, [label for label, _ in chips], number),
        "page": "films",
        "selection": selection,
        "total": found.total,
        "films": found.films,
        "understood": found.understood,
        "number": number,
        "pages": pages,
        "orders": list(ORDERS),
        "views": VIEWS,
        "choices": _choices(snapshot, found.counted, selection.values),
        "chips": chips,
        "on_map": _map_address(selection),
    }
    return render(request, "films.html", values)


def _title(selection: Selection, labels: Sequence[str], number: int) -> str:
    """Return a title that tells the tabs and bookmarks of selections and their pages apart."""
    parts = [*([selection.text] if selection.text else []), *labels[:4]]
    page = f", page {number}" if number > 1 else ""
    return ("Films: " + ", ".join(parts) if parts else "Films") + page


def _map_address(selection: Selection) -> str | None:
    """Return the address of the map of a selection; None where the map cannot show it.

    The map highlights the films of a text or of one micro-genre; it has no other filters.
    """
    chosen = {name: found for name, found in selection.values.items() if name in ("q", "micro")}
    filters = set(selection.values) - {"q", "sort", "view"}
    if not filters:
        return page_address("map", chosen)
    if filters == {"micro"} and len(chosen) == 1 and len(chosen["micro"]) == 1:
        return page_address("map", {"micro_genre": chosen["micro"]})
    return None


def _choices(
    snapshot: Snapshot, counted: Filters, chosen: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, list[Choice]]]:
    """Return parameter, label and values of each filter, the chosen values first."""
    facets = snapshot.catalogue.facets(counted, COUNTED)
    offered = {
        "family": (
            "Family",
            [Choice(r["name"], r["name"], r["films"]) for r in facets["families"]],
        ),
        "genre": ("Genre", [Choice(r["value"], r["value"], r["films"]) for r in facets["genres"]]),
        "micro": (
            "Micro-genre",
            [Choice(r["micro_genre_id"], r["name"], r["films"]) for r in facets["micro_genres"]],
        ),
        "language": (
            "Language",
            [
                Choice(r["value"], formatting.language(r["value"]), r["films"])
                for r in facets["languages"]
            ],
        ),
        "country": (
            "Country",
            [Choice(r["value"], r["value"], r["films"]) for r in facets["countries"]],
        ),
        "keyword": (
            "Keyword",
            [Choice(r["value"], r["value"], r["films"]) for r in facets["keywords"]],
        ),
    }
    return [
        (name, label, _chosen_first(values, chosen.get(name, ())))
        for name, (label, values) in offered.items()
        if values or chosen.get(name)
    ]


def _chosen_first(values: Sequence[Choice], chosen: Sequence[str]) -> list[Choice]:
    known = {choice.value: choice for choice in values}
    first = [known.get(value, Choice(value, value, 0)) for value in chosen]
    return [*first, *(choice for choice in values[:MOST_CHOICES] if choice.value not in chosen)]


def filter_chips(selection: Selection, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the label of each filter, and the address of the selection without it.

    Parameters
    ----------
    selection : Selection
        What an address selects.
    names : mapping of str to str
        The name of each micro_genre_id.
    """
    chips = []
    for name, chosen in selection.values.items():
        if name in ("q", "sort", "view"):
            continue
        for value in chosen:
            shown = names.get(value, value) if name == "micro" else value
            shown = formatting.language(value) if name == "language" else shown
            shown = "adult titles too" if name == "adult" else shown
            rest = [other for other in chosen if other != value]
            address = films_address(selection.values, **{name: rest})
            chips.append((BOUNDS.get(name, "") + shown, address))
    return chips


def export_films(request: Request) -> Response:
    """Return the whole selection as CSV or Parquet; that of a search in the order of the search."""
    snapshot: Snapshot = request.app.state.snapshots.current
    films = request.state.films = snapshot.catalogue
    selection = read_selection(request.query_params, films)
    kind: Literal["csv", "parquet"] = "csv" if request.url.path.endswith("csv") else "parquet"
    media: dict[str, Any] = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
    sort, descending = ORDERS[selection.order]
    if selection.text and sort == "relevance":
        rows = snapshot.search.rank(selection.text, selection.filters).rows
        content = films.export_rows(rows, kind)
    else:
        content = films.export(selected_filters(snapshot, selection), sort, kind, descending)
    return Response(
        content,
        media_type=media[kind],
        headers={"Content-Disposition": f'attachment; filename="films.{kind}"'},
    )


routes = [
    Route("/films", show_films),
    Route("/films.csv", export_films),
    Route("/films.parquet", export_films),
]
