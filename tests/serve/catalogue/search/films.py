"""A small table of invented films with all fields that the search reads."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipeline.schemas.mining import RELEASED_MOVIES

FILMS: tuple[dict[str, Any], ...] = (
    {"title": "Interstellar", "year": 2014, "vote_count": 900, "overview": "Explorers in space."},
    {"title": "Spider-Man", "year": 2002, "vote_count": 800, "overview": "A boy climbs walls."},
    {"title": "The Godfather", "year": 1972, "vote_count": 950, "overview": "A crime family."},
    {"title": "Moonfall Harbour", "year": 1999, "overview": "A chess master hides in a harbour."},
    {"title": "Harbour", "year": 1950, "vote_count": 5, "overview": "Two friends repair a boat."},
    {"title": "Harbour", "year": 2010, "vote_count": 50, "overview": "A smuggler comes home."},
    {
        "title": "Quiet Moves",
        "year": 2001,
        "overview": "A girl beats the champion.",
        "keywords": ["chess", "tournament"],
        "genres": ["Drama"],
        "directors": ["Ada Lindqvist"],
        "cast": ["Tomas Brekke", "Ida Storm"],
    },
    {
        "title": "七人の侍",
        "year": 1954,
        "overview": "Seven swordsmen defend a village.",
        "genres": ["Action", "Horror Movies"],
        "cast": ["Tomas Ek", "Ada Brekke"],
    },
    {
        "title": "Amélie's Kitchen: Part Two",
        "overview": "A cook falls in love.",
        "genres": ["Comedy"],
    },
    {"title": None, "overview": None},
)


def films() -> pa.Table:
    """Return the films as a table of `RELEASED_MOVIES`."""
    rows = [
        {
            "movie_id": str(row),
            "cluster": 0,
            "micro_genre_name": "Harbour Dramas",
            "family_name": "Dramas",
            **film,
        }
        for row, film in enumerate(FILMS)
    ]
    names = RELEASED_MOVIES.names
    return pa.Table.from_pylist([{n: row.get(n) for n in names} for row in rows], RELEASED_MOVIES)
