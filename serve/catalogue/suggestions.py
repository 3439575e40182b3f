"""Films, micro-genres, keywords and people whose name a text begins."""

from __future__ import annotations

import duckdb

from serve.catalogue.database import fetch_rows, split_words
from serve.catalogue.records import SuggestionRow

__all__ = ["suggest_names"]


def suggest_names(
    films: duckdb.DuckDBPyConnection, text: str, limit: int = 10
) -> list[SuggestionRow]:
    """Return films, micro-genres, keywords and people whose name begins with a text.

    A name counts also if the text begins one of its words. Case, accents and punctuation are
    ignored. Whole names come first, then names that begin with the text; among them, those with
    most films and the most popular films.

    Parameters
    ----------
    films : duckdb.DuckDBPyConnection
        The database of a release, see `database.open_database`.
    text : str
        What was typed so far.
    limit : int
        Maximum number of names.
    """
    plain = " ".join(word.plain for word in split_words(films, text) if word.plain)
    if not plain:
        return []
    sql = (
        "SELECT kind, text, id, year, films FROM suggestion WHERE contains(text_plain, ?) "
        "ORDER BY trim(text_plain) = ? DESC, starts_with(text_plain, ?) DESC, place, kind, "
        "text, id LIMIT ?"
    )
    return fetch_rows(films, sql, [f" {plain}", plain, f" {plain}", limit])
