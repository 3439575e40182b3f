"""A fetch from start to end, across any number of crashes.

Everything that depends on the day (today's date, the known films, the first day of changes) is
decided once, when a session begins, and stored in `round.json`. The same command, given again,
resumes that session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptFileError, SourceError
from pipeline.fileio.atomic import write_bytes

__all__ = ["FetchSession", "begin", "finish", "parse_day"]

_FILE = "round.json"


@dataclass(frozen=True)
class FetchSession:
    """One fetch.

    Attributes
    ----------
    id : str
        Part of the keys of its lists, so that each session requests them again.
    asked : Mapping
        The options of the command that began it.
    started : float
        Seconds since 1970.
    until : str
        Day on which it began, UTC, ISO 8601.
    since : str
        First day of changes, ISO 8601; empty for a fetch of all films.
    known : tuple of int
        For a fetch of changes: ids of the films of the catalogue when it began.
    finished : bool
        Whether its catalogue is written.
    """

    id: str
    asked: Mapping[str, Any]
    started: float
    until: str
    since: str = ""
    known: tuple[int, ...] = ()
    finished: bool = False

    @property
    def last_day(self) -> date:
        """`until` as a date."""
        return date.fromisoformat(self.until)


def begin(
    folder: Path,
    asked: Mapping[str, Any],
    *,
    now: float,
    since: str = "",
    known: tuple[int, ...] = (),
) -> tuple[FetchSession, bool]:
    """Return the unfinished session of the same command, or begin a new one.

    Parameters
    ----------
    folder : Path
        Folder of the fetch.
    asked : Mapping
        The options of the command; JSON values.
    now : float
        Seconds since 1970.
    since : str
        First day of changes, ISO 8601; empty for a fetch of all films.
    known : tuple of int
        Ids of the films of the catalogue.

    Returns
    -------
    session : FetchSession
        The session.
    resumed : bool
        Whether it began earlier.

    Raises
    ------
    CorruptFileError
        If the file of the last session is damaged.
    """
    last = _read_last(folder)
    if last is not None and not last.finished and last.asked == asked:
        return last, True
    number = 1 if last is None else int(last.id) + 1
    until = datetime.fromtimestamp(now, UTC).date().isoformat()
    session = FetchSession(str(number), dict(asked), now, until, since, known)
    _write(folder, session)
    return session, False


def finish(folder: Path, session: FetchSession) -> None:
    """Record that a session is finished; its `known` films are no longer needed."""
    _write(folder, replace(session, known=(), finished=True))


def parse_day(text: str, option: str) -> date:
    """Return the date that a user wrote.

    Raises
    ------
    SourceError
        If it is not a date; the message names the option.

    Examples
    --------
    >>> parse_day("2026-01-31", "--until")
    datetime.date(2026, 1, 31)
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SourceError(f"{option} {text!r} is not a date; write it like 2026-01-31") from error


def _read_last(folder: Path) -> FetchSession | None:
    """Return the last session of a folder, finished or not; None in a new folder."""
    path = folder / _FILE
    try:
        record = json.loads(path.read_bytes())
        record["known"] = tuple(record["known"])
        return FetchSession(**record)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptFileError(
            f"{path}: is damaged: {error}; remove it, and a new fetch begins with the responses "
            "that are stored"
        ) from error


def _write(folder: Path, session: FetchSession) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / _FILE, (json.dumps(asdict(session), indent=1) + "\n").encode())
