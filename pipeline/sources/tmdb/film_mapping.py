"""A film as TMDB returns it, and as a row of the catalogue; columns have TMDB's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Request

__all__ = ["CATALOGUE", "film_request", "film_row", "review_pages", "review_request"]

_NAMES = pa.list_(pa.string())
_CAST = pa.list_(pa.struct([("id", pa.int64()), ("name", pa.string()), ("character", pa.string())]))
_CREW = pa.list_(
    pa.struct(
        [
            ("id", pa.int64()),
            ("name", pa.string()),
            ("department", pa.string()),
            ("job", pa.string()),
        ]
    )
)
_REVIEWS = pa.list_(
    pa.struct(
        [
            ("id", pa.string()),
            ("author", pa.string()),
            ("rating", pa.float64()),
            ("created_at", pa.string()),
            ("content", pa.string()),
        ]
    )
)

# One row per film, sorted by id. `sources.files` finds the columns of MOVIES by these names.
CATALOGUE = pa.schema(
    [
        ("id", pa.int64()),
        ("imdb_id", pa.string()),
        ("title", pa.string()),
        ("original_title", pa.string()),
        ("original_language", pa.string()),  # ISO 639-1
        ("release_date", pa.string()),  # ISO 8601, of the first release
        ("status", pa.string()),  # Released, Post Production, ...
        ("adult", pa.bool_()),
        ("video", pa.bool_()),
        ("overview", pa.string()),
        ("tagline", pa.string()),
        ("genres", _NAMES),
        ("keywords", _NAMES),
        ("belongs_to_collection", pa.string()),
        ("directors", _NAMES),
        ("cast", _CAST),  # in billing order
        ("crew", _CREW),
        ("spoken_languages", _NAMES),  # ISO 639-1
        ("origin_country", _NAMES),  # ISO 3166-1 alpha-2
        ("production_countries", _NAMES),  # ISO 3166-1 alpha-2
        ("production_companies", _NAMES),
        ("runtime", pa.int64()),  # minutes; 0 and null: unknown
        ("vote_average", pa.float64()),  # 0 to 10
        ("vote_count", pa.int64()),
        ("popularity", pa.float64()),
        ("budget", pa.int64()),  # US dollars; 0: unknown
        ("revenue", pa.int64()),  # US dollars; 0: unknown
        ("homepage", pa.string()),
        ("poster_path", pa.string()),
        ("backdrop_path", pa.string()),
        ("reviews", _REVIEWS),
        ("reviews_total", pa.int64()),  # on TMDB; not all need be in `reviews`
    ]
)


def film_request(film: int, settings: FetchSettings) -> Request:
    """Return the request for a film with its keywords, credits and first page of reviews.

    Examples
    --------
    >>> film_request(603, FetchSettings(language="en-US")).path
    'movie/603'
    """
    params: dict[str, str | int] = {
        "append_to_response": "keywords,credits,reviews",
        "language": settings.language,
    }
    return Request(f"film/{settings.language}/{film}", f"movie/{film}", params)


def review_request(film: int, page: int, settings: FetchSettings) -> Request:
    """Return the request for a further page of reviews; the first page comes with the film."""
    return Request(
        f"reviews/{settings.language}/{film}/{page}",
        f"movie/{film}/reviews",
        {"language": settings.language, "page": page},
    )


def review_pages(details: Mapping[str, Any], settings: FetchSettings) -> range:
    """Return the numbers of the further pages of reviews that `fetch.review_pages` includes."""
    reviews = details.get("reviews")
    total = reviews.get("total_pages") if isinstance(reviews, Mapping) else None
    return range(2, min(total if isinstance(total, int) else 0, settings.review_pages) + 1)


def film_row(
    details: Mapping[str, Any], more_reviews: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Return a row of `CATALOGUE`; absent, empty and mistyped values are null.

    Parameters
    ----------
    details : Mapping
        JSON of the response to `film_request`.
    more_reviews : iterable of Mapping
        JSON of the responses to `review_request`, in the order of the pages.
    """
    row: dict[str, Any] = {}
    for name, kind in _PLAIN:
        row[name] = _plain(details.get(name), kind)
    credits = details.get("credits")
    credits = credits if isinstance(credits, Mapping) else {}
    crew = _objects(credits.get("crew"), _CREW_FIELDS)
    reviews = [
        page for page in (details.get("reviews"), *more_reviews) if isinstance(page, Mapping)
    ]
    return row | {
        "belongs_to_collection": _name(details.get("belongs_to_collection")),
        "genres": _names(details.get("genres")),
        "keywords": _names(_inner(details.get("keywords"), "keywords")),
        "directors": [p["name"] for p in crew if p["job"] == "Director" and p["name"]],
        "cast": _objects(credits.get("cast"), _CAST_FIELDS),
        "crew": crew,
        "spoken_languages": _names(details.get("spoken_languages"), "iso_639_1"),
        "origin_country": _names(details.get("origin_country")),
        "production_countries": _names(details.get("production_countries"), "iso_3166_1"),
        "production_companies": _names(details.get("production_companies")),
        "reviews": [_review(r) for page in reviews for r in _mappings(page.get("results"))],
        "reviews_total": _plain(reviews[0].get("total_results"), int) if reviews else None,
    }


_KINDS: dict[pa.DataType, type] = {
    pa.string(): str,
    pa.int64(): int,
    pa.float64(): float,
    pa.bool_(): bool,
}
_Fields = list[tuple[str, type]]


def _fields(fields: Iterable[pa.Field]) -> _Fields:
    """Return the names and Python types of the fields with a single value."""
    return [(field.name, _KINDS[field.type]) for field in fields if field.type in _KINDS]


_PLAIN = _fields(CATALOGUE)
_CAST_FIELDS, _CREW_FIELDS, _REVIEW_FIELDS = (
    _fields(kind.value_type) for kind in (_CAST, _CREW, _REVIEWS)
)
_LARGEST = 2**63


def _plain(value: Any, kind: type) -> Any:
    if isinstance(value, str):
        if kind is not str:
            return None
        if not value.isascii():  # replace lone surrogates, which UTF-8 cannot encode
            value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return value or None
    if isinstance(value, bool) or kind is bool:
        return value if isinstance(value, bool) and kind is bool else None
    if kind is float and isinstance(value, int | float):
        return float(value)
    if kind is int and isinstance(value, int) and abs(value) < _LARGEST:
        return value
    return None


def _mappings(value: object) -> list[Mapping[str, Any]]:
    entries = value if isinstance(value, list) else []
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _inner(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else value


def _name(value: object, key: str = "name") -> str | None:
    name: str | None = _plain(_inner(value, key), str)
    return name


def _names(value: object, key: str = "name") -> list[str]:
    entries = value if isinstance(value, list) else []
    return [name for entry in entries if (name := _name(entry, key))]


def _objects(value: object, fields: _Fields) -> list[dict[str, Any]]:
    rows = _mappings(value)
    return [{name: _plain(row.get(name), kind) for name, kind in fields} for row in rows]


def _review(review: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = _objects([review], _REVIEW_FIELDS)[0]
    row["rating"] = _plain(_inner(review.get("author_details"), "rating"), float)
    return row
