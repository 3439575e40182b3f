"""Films in the format of the TMDB API, built from the bundled sample, repeated as needed."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["FIRST_ID", "film", "films"]

FIRST_ID = 100
WORDS = "A slow start, then a tense and moving second half that stays with you for days. "


@cache
def sample() -> tuple[dict[str, str], ...]:
    """Return the rows of the bundled sample."""
    text = (files("pipeline.sources") / "sample.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines(keepends=True)))


def films(count: int) -> dict[int, dict[str, Any]]:
    """Return `count` films by id in the format of TMDB."""
    return {number: film(number) for number in range(FIRST_ID, FIRST_ID + count)}


def film(number: int) -> dict[str, Any]:
    """Return one film with all its fields, keywords, credits and reviews."""
    row = sample()[(number - FIRST_ID) % len(sample())]
    lap = (number - FIRST_ID) // len(sample())
    genres = row["genres"].split("|")
    cast = row["cast"].split("|")
    day = date(int(row["year"]), 1, 1) + timedelta(days=number * 37 % 365)
    return {
        "adult": number % 97 == 0,
        "backdrop_path": f"/backdrop{number}.jpg" if number % 5 else None,
        "belongs_to_collection": (
            {"id": 9, "name": "A Collection", "poster_path": None, "backdrop_path": None}
            if number % 11 == 0
            else None
        ),
        "budget": number * 10_000 if number % 3 else 0,
        "genres": [{"id": 28 + place, "name": name} for place, name in enumerate(genres)],
        "homepage": "",
        "id": number,
        "imdb_id": f"tt{number:07d}",
        "origin_country": row["countries"].split("|"),
        "original_language": row["language"],
        "original_title": row["title"] + (f" {lap + 1}" if lap else ""),
        "overview": row["overview"],
        "popularity": round(number * 7919 % 1000 / 10, 3),
        "poster_path": f"/poster{number}.jpg",
        "production_companies": [{"id": 1, "name": "Mosfilm", "origin_country": "RU"}],
        "production_countries": [
            {"iso_3166_1": code, "name": code} for code in row["countries"].split("|")
        ],
        "release_date": day.isoformat() if number % 89 else "",
        "revenue": number * 20_000 if number % 3 else 0,
        "runtime": 80 + number % 60,
        "spoken_languages": [
            {"english_name": row["language"], "iso_639_1": row["language"], "name": row["language"]}
        ],
        "status": "Released",
        "tagline": "Nothing will ever be the same." if number % 2 else "",
        "title": row["title"] + (f" {lap + 1}" if lap else ""),
        "video": False,
        "vote_average": round(number * 31 % 100 / 10, 3),
        "vote_count": number * 131 % 5000,
        "keywords": [
            {"id": 1000 + place, "name": name}
            for place, name in enumerate(row["keywords"].split("|"))
        ],
        "cast": [
            {
                "adult": False,
                "gender": 2,
                "id": 5000 + place,
                "known_for_department": "Acting",
                "name": name,
                "original_name": name,
                "popularity": 1.5,
                "profile_path": None,
                "cast_id": place,
                "character": f"Part {place + 1}",
                "credit_id": f"c{number}-{place}",
                "order": place,
            }
            for place, name in enumerate([*cast, *(f"Extra {n}" for n in range(number % 40))])
        ],
        "crew": [
            {
                "adult": False,
                "gender": 0,
                "id": 7000 + place,
                "known_for_department": department,
                "name": name,
                "original_name": name,
                "popularity": 0.6,
                "profile_path": None,
                "credit_id": f"w{number}-{place}",
                "department": department,
                "job": job,
            }
            for place, (name, department, job) in enumerate(
                [
                    *((name, "Directing", "Director") for name in row["directors"].split("|")),
                    *((f"Hand {n}", "Crew", "Stunts") for n in range(number % 60)),
                ]
            )
        ],
        "reviews": [
            {
                "author": f"reader{n}",
                "author_details": {
                    "name": "",
                    "username": f"reader{n}",
                    "avatar_path": None,
                    "rating": float(n % 10) if n % 3 else None,
                },
                "content": WORDS * (1 + n % 5),
                "created_at": "2020-01-01T00:00:00.000Z",
                "id": f"r{number}-{n}",
                "updated_at": "2020-01-01T00:00:00.000Z",
                "url": f"https://www.themoviedb.org/review/r{number}-{n}",
            }
            for n in range(number % 45 if number % 4 == 0 else number % 4)
        ],
    }
