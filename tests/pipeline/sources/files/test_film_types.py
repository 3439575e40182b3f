"""Types of films in many words."""

from __future__ import annotations

from pipeline.sources.files.film_types import fold_type, known_kinds


def test_types_of_films_in_many_words() -> None:
    assert len({fold_type(t) for t in ("Movie", "movies", "Film", "feature film", "фильм")}) == 1
    assert len({fold_type(t) for t in ("TV Show", "tvSeries", "Series", "TV series")}) == 1
    assert fold_type("tvMovie") != fold_type("movie")
    assert fold_type("Opera") == "opera"
    assert {"movie", "series", "short"} <= known_kinds()
