"""The responses of TMDB in a SQLite database, so that no request is sent twice.

Each response is one transaction of a database in WAL mode. A killed process loses no response that
`put` has stored. After a power cut the last seconds may be missing; they are requested again.
"""

from __future__ import annotations

import logging
import sqlite3
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import BusyError, CorruptFileError, StoreError
from pipeline.fileio.atomic import sync_folder
from pipeline.sources.tmdb.answer_log import read_answer_log
from pipeline.sources.tmdb.client import Response

__all__ = ["CACHE_FILE", "ResponseCache"]

logger = logging.getLogger(__name__)

CACHE_FILE = "responses.sqlite"  # in the folder of a fetch
_OLD_FILE = "answers.log"  # beside it, from an earlier version

_APPLICATION_ID = 0x6D675443  # "mgTC", in the head of the file
_FORMAT = 1
_LOCK_SECONDS = 2.0  # how long to wait for another process that has the database open
_BATCH = 1_000  # responses of an old file imported in one transaction
_TABLE = """
    CREATE TABLE response (
        key TEXT NOT NULL UNIQUE,
        status INTEGER NOT NULL,
        received_at REAL NOT NULL, -- seconds since 1970
        crc INTEGER NOT NULL,      -- CRC-32 of the other columns
        body BLOB NOT NULL         -- JSON, compressed with zlib
    )
"""
_STORE = """
    INSERT INTO response (key, status, received_at, crc, body) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET
        status = excluded.status, received_at = excluded.received_at,
        crc = excluded.crc, body = excluded.body
"""
_STORE_IF_NEWER = _STORE + " WHERE excluded.received_at >= response.received_at"


class ResponseCache:
    """Responses by key, the latest of each key; open in one process at a time.

    Responses that an earlier version stored in `answers.log` in the same folder are imported when
    the cache is opened; that file is then removed.

    Parameters
    ----------
    path : Path
        The database; created if there is none.
    now : callable
        Returns seconds since 1970.

    Raises
    ------
    CorruptFileError
        If the file is no database of responses, or is damaged beyond single rows. Damaged rows
        are removed with a warning.
    BusyError
        If another process has the database open.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, ResponseCache(Path(folder, CACHE_FILE)) as cache:
    ...     cache.put("film/603", Response(200, b'{"title": "The Matrix"}'))
    ...     cache.has("film/603"), cache.get("film/603").json()
    (True, {'title': 'The Matrix'})
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        path.parent.mkdir(parents=True, exist_ok=True)
        # Prefect may run the steps of a fetch in different threads, one after the other.
        self._database = sqlite3.connect(
            path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._database.text_factory = bytes  # a damaged text may be no UTF-8
        try:
            with self._named_errors():
                self._open()
            self._import(path.with_name(_OLD_FILE))
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> ResponseCache:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()  # moves the write-ahead log into the database and syncs it

    def has(self, key: str, not_before: float = 0.0) -> bool:
        """Return whether a response of status 200 or 404 is stored and not older than that.

        Parameters
        ----------
        key : str
            Key of the request.
        not_before : float
            Seconds since 1970.
        """
        found = self._select("received_at", key)
        return found is not None and bool(found[0] >= not_before)

    def received_at(self, key: str) -> float:
        """Return when a response was received, in seconds since 1970; KeyError if there is none."""
        found = self._select("received_at", key)
        if found is None:
            raise KeyError(key)
        return float(found[0])

    def get(self, key: str) -> Response:
        """Return the response of a request.

        Raises
        ------
        KeyError
            If there is none.
        CorruptFileError
            If its row was damaged since the database was opened.
        """
        row = self._select("key, status, received_at, crc, body", key)
        if row is None:
            raise KeyError(key)
        if not _is_sound(row):
            raise CorruptFileError(
                f"{self._path}: the response {key!r} is damaged; give the same command again, "
                "and only this response is requested again"
            )
        return Response(row[1], zlib.decompress(row[4]))

    def put(self, key: str, response: Response) -> None:
        """Store a response; from then on it survives the end of this process.

        Raises
        ------
        StoreError
            If the disk is full.
        """
        row = _row(key, response.status, self._now(), zlib.compress(response.body, 3))
        with self._named_errors():
            self._database.execute(_STORE, row)

    def remove(self, prefix: str) -> None:
        """Remove the responses whose keys start with a prefix, and make the file smaller."""
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        with self._named_errors():
            self._database.execute(
                "DELETE FROM response WHERE key >= ? AND key < ?", (prefix, after)
            )
            # `execute` would free one page only: it does not step on without columns.
            self._database.executescript("PRAGMA incremental_vacuum")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _select(self, columns: str, key: str) -> Any:
        with self._named_errors(key):
            query = f"SELECT {columns} FROM response WHERE key = ?"
            return self._database.execute(query, (key,)).fetchone()

    def _open(self) -> None:
        run = self._database.execute
        run("PRAGMA locking_mode = EXCLUSIVE")  # no shared memory: works on network file systems
        (tables,) = run("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            (application,) = run("PRAGMA application_id").fetchone()
            (version,) = run("PRAGMA user_version").fetchone()
            if (application, version) != (_APPLICATION_ID, _FORMAT):
                raise CorruptFileError(
                    f"{self._path}: is not a database of TMDB responses of this version; move it "
                    "away, and the responses are requested again"
                )
        run("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file only
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")
        if not tables:
            with self._transaction():
                run(_TABLE)
                run(f"PRAGMA application_id = {_APPLICATION_ID}")
                run(f"PRAGMA user_version = {_FORMAT}")
        sync_folder(self._path.parent)
        self._remove_damaged()

    def _remove_damaged(self) -> None:
        """Read every row once and remove those whose checksum is wrong."""
        rows = self._database.execute(
            "SELECT key, status, received_at, crc, body, rowid FROM response ORDER BY rowid"
        )
        damaged = [row[5] for row in rows if not _is_sound(row)]
        if damaged:
            logger.warning(
                "%s: %d responses are damaged and requested again", self._path, len(damaged)
            )
            self._database.execute("REINDEX response")  # a damaged key is not the one in the index
            self._database.executemany(
                "DELETE FROM response WHERE rowid = ?", [(rowid,) for rowid in damaged]
            )

    def _import(self, old: Path) -> None:
        """Store the responses of an old file; killed on the way, the next import completes it."""
        if not old.exists():
            return
        count = 0
        records = read_answer_log(old)
        while batch := list(islice(records, _BATCH)):
            with self._named_errors(), self._transaction():
                self._database.executemany(
                    _STORE_IF_NEWER, [_row(r.key, r.status, r.received_at, r.body) for r in batch]
                )
            count += len(batch)
        with self._named_errors():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        old.unlink()
        logger.info("%s: imported %d responses of %s", self._path, count, old.name)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    @contextmanager
    def _named_errors(self, key: str | None = None) -> Iterator[None]:
        """Raise the errors of SQLite as errors that name the file and what to do."""
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError):  # an error of this module
            raise
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF  # without what extends it
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                where = f"{self._path}: " + (f"the response {key!r} is damaged: " if key else "")
                raise CorruptFileError(
                    f"{where}{error}; remove this file, and the responses are requested again"
                ) from error
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise BusyError(
                    f"{self._path}: another process has it open: wait until it ends"
                ) from error
            if code == sqlite3.SQLITE_FULL:
                raise StoreError(
                    f"{self._path}: {error}; make space there and give the same command again: "
                    "the responses that were stored are not requested again"
                ) from error
            raise StoreError(f"{self._path}: {error}; check the disk and the folder") from error


def _row(key: str, status: int, received_at: float, body: bytes) -> tuple[Any, ...]:
    return key, status, received_at, _checksum(key.encode(), status, received_at, body), body


def _checksum(key: bytes, status: int, received_at: float, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(struct.pack("<qd", status, received_at) + key))


def _is_sound(row: tuple[Any, ...]) -> bool:
    key, status, received_at, crc, body = row[:5]
    try:
        return bool(_checksum(key, status, received_at, body) == crc)
    except (TypeError, struct.error):  # damage can change the type of a value, too
        return False
