"""A film as TMDB answers it, and as a row of the catalogue; columns keep TMDB's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.client import Request

__all__ = ["CATALOGUE", "film_id", "film_request", "film_row", "review_pages", "review_request"]

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

# One row per film, sorted by id. `sources.dialects` reads it as dialect `tmdb` into tables.MOVIES.
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
        ("runtime", pa.int64()),  # minutes; 0 and null: not known
        ("vote_average", pa.float64()),  # 0 to 10
        ("vote_count", pa.int64()),
        ("popularity", pa.float64()),
        ("budget", pa.int64()),  # US dollars; 0: not known
        ("revenue", pa.int64()),  # US dollars; 0: not known
        ("homepage", pa.string()),
        ("poster_path", pa.string()),
        ("backdrop_path", pa.string()),
        ("reviews", _REVIEWS),
        ("reviews_total", pa.int64()),  # as TMDB counts them, read or not
    ]
)


def film_request(film: int, settings: FetchSettings) -> Request:
    """A film with its keywords, credits and first page of reviews, in one request."""
    params: dict[str, str | int] = {
        "append_to_response": "keywords,credits,reviews",
        "language": settings.language,
    }
    return Request(f"film/{settings.language}/{film}", f"movie/{film}", params)


def film_id(key: str, settings: FetchSettings) -> int | None:
    """The film whose answer a key names, in the language of the settings; else None."""
    kind, _, rest = key.partition("/")
    language, _, film = rest.partition("/")
    ours = kind == "film" and language == settings.language and film.isdecimal()
    return int(film) if ours else None


def review_request(film: int, page: int, settings: FetchSettings) -> Request:
    """A further page of a film's reviews; the first comes with the film."""
    return Request(
        f"reviews/{settings.language}/{film}/{page}",
        f"movie/{film}/reviews",
        {"language": settings.language, "page": page},
    )


def review_pages(answer: Mapping[str, Any], settings: FetchSettings) -> range:
    """The further pages of reviews that the settings ask for."""
    told = answer.get("reviews")
    total = told.get("total_pages") if isinstance(told, Mapping) else None
    return range(2, min(total if isinstance(total, int) else 0, settings.review_pages) + 1)


def film_row(
    answer: Mapping[str, Any], more_reviews: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """A row of `CATALOGUE`; what TMDB leaves out, leaves empty or gives in another type is null.

    Parameters
    ----------
    answer : of `film_request`. more_reviews : answers of `review_request`, in order.
    """
    row: dict[str, Any] = {}
    for name, kind in _PLAIN:
        row[name] = _plain(answer.get(name), kind)
    credits = answer.get("credits")
    credits = credits if isinstance(credits, Mapping) else {}
    crew = _objects(credits.get("crew"), _CREW_FIELDS)
    reviews = [page for page in (answer.get("reviews"), *more_reviews) if isinstance(page, Mapping)]
    return row | {
        "belongs_to_collection": _name(answer.get("belongs_to_collection")),
        "genres": _names(answer.get("genres")),
        "keywords": _names(_inner(answer.get("keywords"), "keywords")),
        "directors": [p["name"] for p in crew if p["job"] == "Director" and p["name"]],
        "cast": _objects(credits.get("cast"), _CAST_FIELDS),
        "crew": crew,
        "spoken_languages": _names(answer.get("spoken_languages"), "iso_639_1"),
        "origin_country": _names(answer.get("origin_country")),
        "production_countries": _names(answer.get("production_countries"), "iso_3166_1"),
        "production_companies": _names(answer.get("production_companies")),
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
    """Names of the fields that hold one value, and what Python has for it."""
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
        if not value.isascii():  # half of a character, which no file can store, is replaced
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
    found: str | None = _plain(_inner(value, key), str)
    return found


def _names(value: object, key: str = "name") -> list[str]:
    entries = value if isinstance(value, list) else []
    return [name for entry in entries if (name := _name(entry, key))]


def _objects(value: object, fields: _Fields) -> list[dict[str, Any]]:
    rows = _mappings(value)
    return [{name: _plain(row.get(name), kind) for name, kind in fields} for row in rows]


def _review(told: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = _objects([told], _REVIEW_FIELDS)[0]
    row["rating"] = _plain(_inner(told.get("author_details"), "rating"), float)
    return row
