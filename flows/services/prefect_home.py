"""The home folder of an embedded Prefect server: its database is part of the output folder.

So a server shows the runs of its folder only, and they move with the folder. A new database would
take the server four seconds, so the first one on a machine is copied while it is empty.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

__all__ = ["empty_database", "home_of", "prepare_home", "save_empty_database", "user_home"]

_DATABASE = "prefect.db"  # the name that Prefect gives it in its home folder
_OWN_DATABASE = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")
_AS_IT_IS = " /+"  # characters of a path that SQLAlchemy reads as they are


def home_of(out: Path) -> Path:
    """Return the home folder of the servers of an output folder."""
    return out / "runs" / "prefect"


def user_home() -> Path:
    """Return the home folder of Prefect that the environment names, or `~/.prefect`."""
    return Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect").expanduser()


def empty_database() -> Path:
    """Return where a copy of an empty database is, or will be, for this version of Prefect."""
    return user_home() / f"microgenres-empty-{version('prefect')}.db"


def prepare_home(home: Path) -> tuple[dict[str, str], bool]:
    """Create the home folder of a server, with an empty database if there is a copy of one.

    Profiles are still read from the user's home folder. A database that the environment or a
    profile names is used instead of that in `home`.

    Parameters
    ----------
    home : Path
        The folder.

    Returns
    -------
    environment : dict of str
        Variables for the server.
    is_new : bool
        Whether the server has to create its database.

    Raises
    ------
    OSError
        If the folder cannot be created.
    """
    home.mkdir(parents=True, exist_ok=True)
    database = home.absolute() / _DATABASE
    if not database.exists():
        with suppress(OSError):  # the server then creates it, or another process just has
            _copy(empty_database(), database)
    profiles = os.environ.get("PREFECT_PROFILES_PATH") or str(user_home() / "profiles.toml")
    environment = {"PREFECT_HOME": str(home.absolute()), "PREFECT_PROFILES_PATH": profiles}
    return environment | _address(database, os.environ), not database.exists()


def _address(database: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the address of a database whose path is not valid in an address as it is."""
    quoted = quote(str(database), safe=_AS_IT_IS)
    named = any(environment.get(name) for name in _OWN_DATABASE)
    if named or not set(str(database)) & set("%?#"):
        return {}
    return {_OWN_DATABASE[0]: f"sqlite+aiosqlite:///{quoted}"}


def save_empty_database(home: Path) -> None:
    """Copy the database that a server has just created, unless a run is in it already."""
    target = empty_database()
    if target.exists() or not (home / _DATABASE).exists():
        return
    copy = target.with_name(f"{target.name}.{uuid4().hex}")
    with suppress(OSError, sqlite3.Error):  # the next server creates its database again
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with (
                closing(sqlite3.connect(home / _DATABASE)) as source,
                closing(sqlite3.connect(copy)) as empty,
            ):
                source.backup(empty)
                (flows,) = empty.execute("SELECT count(*) FROM flow").fetchone()
            if not flows:
                copy.replace(target)
        finally:
            copy.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a file to a name that does not exist; it appears complete."""
    copy = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        shutil.copyfile(source, copy)
        os.link(copy, target)
    finally:
        copy.unlink(missing_ok=True)
