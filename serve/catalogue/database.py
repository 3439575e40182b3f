"""The films of one release in a DuckDB of their own: read only, shut off from files and network."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from serve.catalogue.filters import spoken

__all__ = ["arrow_of", "open_database", "plain_words", "rows_of"]

_SETTINGS = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
}
_ROW_GROUP = 16_384  # rows that one thread searches at a time; a multiple of 2,048
_MOST_WORDS = 24  # of a query; more say nothing more, and each is looked for in every film
# Letters and digits alone, between single spaces, so that " word" is where a word begins.
_MACROS = (
    "CREATE MACRO folded(t) AS strip_accents(lower(coalesce(t, '')))",
    r"CREATE MACRO plain(t) AS ' ' || trim(regexp_replace(folded(t), '[^\p{L}\p{N}]+', ' ', 'g'))"
    " || ' '",
    "CREATE MACRO listed(t) AS plain(array_to_string(t, ' '))",
)
# `|` keeps a phrase from running over the end of a field.
_FILM = """
CREATE TABLE film AS SELECT
    (row_number() OVER () - 1)::INTEGER AS place,
    movie_id, title, year, cluster, family, family_name, similarity, weak, vote_average,
    vote_count, popularity, genres, keywords, language, poster_path,
    (year // 10 * 10)::INTEGER AS decade,
    folded(title) AS title_folded,
    plain(title) AS title_plain,
    plain(title) || '|' || listed(keywords) || '|' || plain(overview) || '|' || plain(tagline)
        || '|' || listed(directors) || '|' || listed("cast") AS told
FROM released
"""


def open_database(
    movies: pa.Table, *, memory_limit: str = "512MB", threads: int = 2
) -> duckdb.DuckDBPyConnection:
    """Load what films are found, ordered and counted by.

    The table `film` holds `place` (the row in `movies`, which are RELEASED_MOVIES), the columns
    that are asked for, `decade`, and the texts that are searched: `title_folded`, `title_plain`,
    `told`. It lies in a file that has no name any more and goes with the connection: only on disk
    are tables cut into row groups small enough for several threads. Nothing else can be read or
    written afterwards, no extension can be loaded and no setting changed.
    """
    config: dict[str, Any] = {**_SETTINGS, "memory_limit": memory_limit, "threads": str(threads)}
    with tempfile.TemporaryDirectory(prefix="microgenres-") as folder:
        path = Path(folder) / "films.duckdb"
        with duckdb.connect(":memory:", config=config) as making:
            quoted = str(path).replace("'", "''")
            making.execute(f"ATTACH '{quoted}' AS made (ROW_GROUP_SIZE {_ROW_GROUP})")
            making.execute("USE made")
            for macro in _MACROS:
                making.execute(macro)
            making.register("released", movies)
            making.execute(_FILM)
        connection = duckdb.connect(str(path), read_only=True, config=config)
        connection.execute("SELECT place FROM film LIMIT 1")  # the file is open from here on
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def rows_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> list[dict[str, Any]]:
    """The answer to a query as one dict per row; its own cursor, so that threads do not meet."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def arrow_of(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()
) -> pa.Table:
    """The answer to a query as an Arrow table."""
    with connection.cursor() as cursor:
        return cursor.sql(sql, params=list(parameters)).to_arrow_table()


def plain_words(connection: duckdb.DuckDBPyConnection, text: str | None) -> list[tuple[str, str]]:
    """Each word of `text` as (letters and digits, folded as written), by the film table's rules."""
    words = spoken(text or "").split()[:_MOST_WORDS]
    if not words:
        return []
    sql = "SELECT trim(plain(w)) AS plain, folded(w) AS folded FROM (SELECT unnest(?::VARCHAR[]) w)"
    return [(row["plain"], row["folded"]) for row in rows_of(connection, sql, [words])]
