"""A DuckDB database of the films of one release, without access to files or network."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.schemas.words.lexicon_file import read_lexicon
from serve.catalogue.filters import Word, clean_query

__all__ = ["fetch_rows", "fetch_table", "open_database", "split_words"]

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}
_ROW_GROUP = 16_384  # rows that one thread scans at a time; a multiple of 2,048
_MAX_WORDS = 24  # of a query; each word costs a scan of all films
# Letters and digits only, separated by single spaces, so that " word" matches the start of a word.
_MACROS = (
    "CREATE MACRO folded(t) AS strip_accents(lower(coalesce(t, '')))",
    r"CREATE MACRO plain(t) AS ' ' || trim(regexp_replace(folded(t), '[^\p{L}\p{N}]+', ' ', 'g'))"
    " || ' '",
    "CREATE MACRO listed(t) AS plain(array_to_string(t, ' '))",
    "CREATE MACRO folded_all(t) AS list_transform(t, lambda x: folded(x))",
)
# `|` prevents matches across the border of two fields.
_CREATE_FILM = """
CREATE TABLE film AS SELECT
    (row_number() OVER () - 1)::INTEGER AS row_index,
    movie_id, title, year, cluster, family, family_name, similarity, weak, vote_average,
    vote_count, popularity, genres, keywords, language, countries, poster_path,
    folded(language) AS language_folded,
    folded(family_name) AS family_folded,
    folded_all(genres) AS genres_folded,
    folded_all(keywords) AS keywords_folded,
    folded_all(countries) AS countries_folded,
    folded_all(list_concat(directors, "cast")) AS people_folded,
    list_has_any(coalesce(folded_all(keywords), []), $adult_keywords)
        OR list_has_any(coalesce(folded_all(genres), []), $adult_genres) AS adult,
    (year // 10 * 10)::INTEGER AS decade,
    folded(title) AS title_folded,
    plain(title) AS title_plain,
    plain(title) || '|' || listed(keywords) || '|' || plain(overview) || '|' || plain(tagline)
        || '|' || listed(directors) || '|' || listed("cast") AS search_text
FROM released
"""
# What can be suggested. `place` is its place among those of its kind: 1 has most films, or is the
# most popular film.
_CREATE_SUGGESTION = """
CREATE TABLE suggestion AS
WITH entry AS (
    SELECT 'film' AS kind, movie_id AS id, title AS text, year, 1 AS films,
        coalesce(popularity, 0) AS weight FROM film WHERE title IS NOT NULL
    UNION ALL
    SELECT 'micro_genre', micro_genre_id, micro_genre_name, NULL, films, films FROM genre
    UNION ALL
    SELECT 'keyword', NULL, keyword, NULL, count(*), count(*)
    FROM (SELECT unnest(list_distinct(keywords)) AS keyword FROM released) GROUP BY keyword
    UNION ALL
    SELECT 'person', NULL, person, NULL, count(*), count(*)
    FROM (SELECT unnest(list_distinct(list_concat(directors, "cast"))) AS person FROM released)
    GROUP BY person
)
SELECT kind, id, text, year, films, plain(text) AS text_plain,
    row_number() OVER (PARTITION BY kind ORDER BY weight DESC, text, id) AS place
FROM entry WHERE trim(plain(text)) <> '' ORDER BY place, kind
"""


def open_database(
    movies: pa.Table, micro_genres: pa.Table, *, memory_limit: str = "512MB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """Load the films into the table `film` of a new database and lock the database.

    After this call no file or network can be read or written, no extension can be loaded and no
    setting can be changed.

    Parameters
    ----------
    movies : pyarrow.Table
        A table of the schema `RELEASED_MOVIES`.
    micro_genres : pyarrow.Table
        A table of the schema `MICRO_GENRES`.
    memory_limit : str
        Memory limit of DuckDB, such as "512MB".
    threads : int
        Maximum number of threads of a query.

    Returns
    -------
    duckdb.DuckDBPyConnection
        A read-only connection. The table `film` has the columns needed to filter, sort and count;
        `row_index` (the row in `movies`, from 0); `decade`; and the normalised texts that are
        searched: `title_folded`, `title_plain` and `search_text`. The table `suggestion` has
        titles, names of micro-genres, keywords and people.

    Notes
    -----
    The table is stored in an unlinked temporary file that vanishes with the connection. DuckDB
    honours `ROW_GROUP_SIZE` only for files, and small row groups let several threads share a scan.
    """
    config: dict[str, Any] = {**_SETTINGS, "memory_limit": memory_limit, "threads": str(threads)}
    with tempfile.TemporaryDirectory(prefix="microgenres-") as folder:
        path = Path(folder) / "films.duckdb"
        with duckdb.connect(":memory:", config=config) as loader:
            quoted = str(path).replace("'", "''")
            loader.execute(f"ATTACH '{quoted}' AS films (ROW_GROUP_SIZE {_ROW_GROUP})")
            loader.execute("USE films")
            for macro in _MACROS:
                loader.execute(macro)
            loader.register("released", movies)
            loader.register("genre", micro_genres)
            adult = read_lexicon("adult")
            loader.execute(
                _CREATE_FILM,
                {"adult_keywords": adult["keywords"], "adult_genres": adult["genres"]},
            )
            loader.execute(_CREATE_SUGGESTION)
        connection = duckdb.connect(str(path), read_only=True, config=config)
        # opens the file, which the end of this block deletes
        connection.execute("SELECT row_index FROM film LIMIT 1")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def fetch_rows(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> list[Any]:
    """Run a query and return its rows, each as a dict of column name to value.

    Each call uses a cursor of its own, so several threads may share a connection.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def fetch_table(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()
) -> pa.Table:
    """Run a query and return its result as an Arrow table; see `fetch_rows`."""
    with connection.cursor() as cursor:
        return cursor.sql(sql, params=list(parameters)).to_arrow_table()


def split_words(connection: duckdb.DuckDBPyConnection, text: str | None) -> list[Word]:
    """Split a query into words, normalised by the same SQL macros as the table `film`."""
    words = clean_query(text or "").split()[:_MAX_WORDS]
    if not words:
        return []
    sql = "SELECT trim(plain(w)) AS plain, folded(w) AS folded FROM (SELECT unnest(?::VARCHAR[]) w)"
    return [Word(row["plain"], row["folded"]) for row in fetch_rows(connection, sql, [words])]
