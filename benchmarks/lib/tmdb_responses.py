"""What TMDB answers to what it is asked: films, lists by page, changes, and its refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

__all__ = ["Refused", "TmdbAnswers"]

PAGE, LAST_PAGE, CHANGES_PAGE, CHANGE_DAYS = 20, 500, 100, 14


class Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class TmdbAnswers:
    """Films and what is asked of them.

    Parameters
    ----------
    changes : day -> ids that changed on it. capped : whether totals stop at 500 pages.
    """

    films: dict[int, dict[str, Any]]
    changes: dict[date, list[int]] = field(default_factory=dict)
    capped: bool = False

    def __post_init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {}
        self.prepared: dict[tuple[int, tuple[str, ...]], bytes] = {}

    def route(self, path: str, params: dict[str, str]) -> dict[str, Any] | bytes:
        parts = path.strip("/").split("/")
        if parts == ["discover", "movie"]:
            return self.discover(params)
        if parts == ["movie", "changes"]:
            return self.changed(params)
        if parts[0] == "movie" and len(parts) in (2, 3) and parts[1].isdecimal():
            if int(parts[1]) not in self.films:
                raise Refused(34)
            if len(parts) == 2:
                return self.details(int(parts[1]), params)
            if parts[2] == "reviews":
                told = self.films[int(parts[1])]
                return {"id": told["id"], **paged(told["reviews"], number(params), PAGE)}
        raise Refused(34)

    def details(self, film_id: int, params: dict[str, str]) -> bytes:
        appended = tuple(filter(None, params.get("append_to_response", "").split(",")))
        if len(appended) > 20:
            raise Refused(27)
        if (film_id, appended) not in self.prepared:
            told = dict(self.films[film_id])
            parts: dict[str, Any] = {
                "keywords": {"keywords": told.pop("keywords")},
                "credits": {"cast": told.pop("cast"), "crew": told.pop("crew")},
                "reviews": paged(told.pop("reviews"), 1, PAGE),
            }
            told |= {name: parts[name] for name in appended if name in parts}
            self.prepared[film_id, appended] = json.dumps(told).encode()
        return self.prepared[film_id, appended]

    def discover(self, params: dict[str, str]) -> dict[str, Any]:
        page = number(params)
        if not 1 <= page <= LAST_PAGE:
            raise Refused(22)
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
        answer = paged(found, page, PAGE)
        answer["results"] = [{k: told[k] for k in shown} for told in answer["results"]]
        if self.capped and answer["total_pages"] > LAST_PAGE:
            answer |= {"total_pages": LAST_PAGE, "total_results": LAST_PAGE * PAGE}
        return answer

    def matching(self, params: dict[str, str]) -> list[dict[str, Any]]:
        asked = json.dumps(params, sort_keys=True)
        if asked in self.lists:
            return self.lists[asked]
        first, last = (params.get(f"primary_release_date.{end}", "") for end in ("gte", "lte"))
        votes = int(params.get("vote_count.gte", "0"))
        found = [
            told
            for told in self.films.values()
            if (not first or first <= told["release_date"])
            and (not last or told["release_date"] <= last)
            and (told["release_date"] or not (first or last))
            and told["vote_count"] >= votes
            and (params.get("include_adult") == "true" or not told["adult"])
        ]
        name, _, order = params.get("sort_by", "popularity.desc").partition(".")
        found.sort(key=lambda told: (told[name], told["id"]), reverse=order == "desc")
        self.lists[asked] = found
        return found

    def changed(self, params: dict[str, str]) -> dict[str, Any]:
        try:
            first = date.fromisoformat(params["start_date"])
            last = date.fromisoformat(params["end_date"])
        except ValueError as error:
            raise Refused(23) from error
        if (last - first).days > CHANGE_DAYS:
            raise Refused(20)
        ids = {film for day, all_ in self.changes.items() if first <= day <= last for film in all_}
        rows = [{"id": i, "adult": self.films.get(i, {}).get("adult")} for i in sorted(ids)]
        return paged(rows, number(params), CHANGES_PAGE)


def number(params: dict[str, str]) -> int:
    try:
        return int(params.get("page", "1"))
    except ValueError as error:
        raise Refused(22) from error


def paged(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    return {
        "page": page,
        "results": rows[(page - 1) * size : page * size],
        "total_pages": -(-len(rows) // size),
        "total_results": len(rows),
    }
