"""A PostgreSQL server for tests, from the Debian package; it never runs as root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def programs() -> Path | None:
    """Return the folder of `postgres` and `initdb`, or None if PostgreSQL is not installed."""
    found = shutil.which("postgres")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return folders[-1].parent if folders else None


@contextmanager
def postgres(folder: Path, port: int, user: str, password: str) -> Iterator[None]:
    """Run a server on loopback until the block ends.

    Parameters
    ----------
    folder : Path
        Folder of the programs, from `programs`.
    port : int
        Port of the server.
    user, password : str
        Its user; the database has the same name.
    """
    account = pwd.getpwnam("postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    place = Path(tempfile.mkdtemp(prefix="microgenres-pg-"))
    try:
        (place / "password").write_text(password + "\n", encoding="utf-8")
        for path in (place, place / "password"):
            os.chown(path, account.pw_uid, account.pw_gid)
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        as_user = who if os.geteuid() == 0 else {}
        subprocess.run(
            [
                folder / "initdb",
                "-D",
                place / "data",
                "-U",
                user,
                "--auth=scram-sha-256",
                f"--pwfile={place / 'password'}",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
            check=True,
            capture_output=True,
            cwd=place,
            **as_user,
        )
        with open(place / "log", "ab") as log:
            server = subprocess.Popen(
                [
                    folder / "postgres",
                    "-D",
                    place / "data",
                    "-p",
                    str(port),
                    "-k",
                    place,
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "fsync=off",
                ],
                stdout=log,
                stderr=log,
                cwd=place,
                start_new_session=True,
                **as_user,
            )
        try:
            environment = os.environ | {"PGPASSWORD": password}
            address = ["-h", "127.0.0.1", "-p", str(port), "-U", user]
            deadline = time.monotonic() + 30
            while subprocess.run(
                [folder / "pg_isready", *address, "-q"], check=False, env=environment
            ).returncode:
                assert server.poll() is None and time.monotonic() < deadline, (
                    place / "log"
                ).read_text()
                time.sleep(0.1)
            subprocess.run(
                [folder / "createdb", *address, user], check=True, env=environment, cwd=place
            )
            yield
        finally:
            server.terminate()
            server.wait(30)
    finally:
        shutil.rmtree(place, ignore_errors=True)
