"""The responses of a fake TMDB API: films, lists in pages, changes, and errors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

__all__ = ["ApiError", "TmdbResponses"]

PAGE, LAST_PAGE, CHANGES_PAGE, CHANGE_DAYS = 20, 500, 100, 14


class ApiError(Exception):
    """An error with a status code of TMDB."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class TmdbResponses:
    """The data of the API and its response to each request.

    Parameters
    ----------
    films : dict of int to dict
        Films by id, as `tmdb_films.film` returns them.
    changes : dict of date to list of int
        Ids of the films that changed on each day.
    capped : bool
        Whether totals of lists stop at 500 pages.
    """

    films: dict[int, dict[str, Any]]
    changes: dict[date, list[int]] = field(default_factory=dict)
    capped: bool = False

    def __post_init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.prepared: dict[tuple[int, tuple[str, ...]], bytes] = {}

    def route(self, path: str, params: dict[str, str]) -> dict[str, Any] | bytes:
        """Return the response to a request, as a dict or as JSON; raise ApiError for an error."""
        parts = path.strip("/").split("/")
        if parts == ["discover", "movie"]:
            return self.discover(params)
        if parts == ["movie", "changes"]:
            return self.changed_films(params)
        if parts[0] == "movie" and len(parts) in (2, 3) and parts[1].isdecimal():
            if int(parts[1]) not in self.films:
                raise ApiError(34)
            if len(parts) == 2:
                return self.details(int(parts[1]), params)
            if parts[2] == "reviews":
                film = self.films[int(parts[1])]
                return {"id": film["id"], **paged(film["reviews"], number(params), PAGE)}
        raise ApiError(34)

    def details(self, film_id: int, params: dict[str, str]) -> bytes:
        """Return one film with the parts of `append_to_response`."""
        appended = tuple(filter(None, params.get("append_to_response", "").split(",")))
        if len(appended) > 20:
            raise ApiError(27)
        if (film_id, appended) not in self.prepared:
            film = dict(self.films[film_id])
            parts: dict[str, Any] = {
                "keywords": {"keywords": film.pop("keywords")},
                "credits": {"cast": film.pop("cast"), "crew": film.pop("crew")},
                "reviews": paged(film.pop("reviews"), 1, PAGE),
            }
            film |= {name: parts[name] for name in appended if name in parts}
            self.prepared[film_id, appended] = json.dumps(film).encode()
        return self.prepared[film_id, appended]

    def discover(self, params: dict[str, str]) -> dict[str, Any]:
        """Return one page of the films that match the parameters."""
        page = number(params)
        if not 1 <= page <= LAST_PAGE:
            raise ApiError(22)
        found = self.matching({name: value for name, value in params.items() if name != "page"})
        shown = (
            "adult",
            "id",
            "original_title",
            "overview",
            "popularity",
            "poster_path",
            "release_date",
            "title",
            "video",
            "vote_average",
            "vote_count",
        )
        response = paged(found, page, PAGE)
        response["results"] = [{k: film[k] for k in shown} for film in response["results"]]
        if self.capped and response["total_pages"] > LAST_PAGE:
            response |= {"total_pages": LAST_PAGE, "total_results": LAST_PAGE * PAGE}
        return response

    def matching(self, params: dict[str, str]) -> list[dict[str, Any]]:
        """Return all films that match the parameters, sorted."""
        query = json.dumps(params, sort_keys=True)
        if query in self.lists:
            return self.lists[query]
        first, last = (params.get(f"primary_release_date.{end}", "") for end in ("gte", "lte"))
        votes = int(params.get("vote_count.gte", "0"))
        found = [
            film
            for film in self.films.values()
            if (not first or first <= film["release_date"])
            and (not last or film["release_date"] <= last)
            and (film["release_date"] or not (first or last))
            and film["vote_count"] >= votes
            and (params.get("include_adult") == "true" or not film["adult"])
        ]
        name, _, order = params.get("sort_by", "popularity.desc").partition(".")
        found.sort(key=lambda film: (film[name], film["id"]), reverse=order == "desc")
        self.lists[query] = found
        return found

    def changed_films(self, params: dict[str, str]) -> dict[str, Any]:
        """Return one page of the ids of films that changed between two dates."""
        try:
            first = date.fromisoformat(params["start_date"])
            last = date.fromisoformat(params["end_date"])
        except ValueError as error:
            raise ApiError(23) from error
        if (last - first).days > CHANGE_DAYS:
            raise ApiError(20)
        ids = {film for day, all_ in self.changes.items() if first <= day <= last for film in all_}
        rows = [{"id": i, "adult": self.films.get(i, {}).get("adult")} for i in sorted(ids)]
        return paged(rows, number(params), CHANGES_PAGE)


def number(params: dict[str, str]) -> int:
    """Return the number of the requested page."""
    try:
        return int(params.get("page", "1"))
    except ValueError as error:
        raise ApiError(22) from error


def paged(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    """Return one page of rows in the format of TMDB."""
    return {
        "page": page,
        "results": rows[(page - 1) * size : page * size],
        "total_pages": -(-len(rows) // size),
        "total_results": len(rows),
    }
