"""Releases: published whole or not at all, never changed, and verifiable without this code.

`releases/<id>/manifest.json` lists every file with its checksum. `latest` moves last.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ReleaseError, StoreError
from pipeline.fileio.atomic import sync_file, sync_folder, write_bytes, write_new
from pipeline.fileio.manifest import checked_name, file_sha256
from pipeline.storage.folders import create_folder, delete_older
from pipeline.storage.verify import MANIFEST, listed_files, read_release_manifest, verify_release

__all__ = ["ReleaseStore"]

logger = logging.getLogger(__name__)


class ReleaseStore:
    """The published part of an output folder: `DIR/releases` and `DIR/latest`.

    Parameters
    ----------
    root : Path
        The output folder `DIR`; created if it does not exist.

    Raises
    ------
    StoreError
        If the folder cannot be created.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        self._folder = create_folder(self.root, "releases")

    def begin(self, release_id: str) -> Path:
        """Create and return an empty hidden folder in which to write a release."""
        name = checked_name("release id", release_id)
        attempt = self._folder / f".{name}-{uuid.uuid4().hex[:12]}"
        attempt.mkdir()
        return attempt

    def commit(self, attempt_dir: Path, release_id: str, manifest: Mapping[str, Any]) -> Path:
        """Publish `attempt_dir` as `releases/<release_id>` and move `latest` to it.

        Parameters
        ----------
        attempt_dir : Path
            The folder that `begin` returned, with the files of the release in it.
        release_id : str
            Names the content: one id always stands for the same files.
        manifest : Mapping
            JSON values. `counts` has `rows_in`, `released` and `rejected`; `files` is added here.

        Returns
        -------
        Path
            The published folder; an existing one if it has the same files.

        Raises
        ------
        ReleaseError
            If the attempt does not verify (its hidden folder then stays, to look into), or if the
            id already stands for other files.
        """
        name = checked_name("release id", release_id)
        final = self._folder / name
        files = {path: _described(attempt_dir / path) for path in listed_files(attempt_dir)}
        files.pop(MANIFEST, None)
        record = {**manifest, "files": files}
        try:
            text = json.dumps(record, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ReleaseError(
                f"manifest of release {name}: a value is not plain JSON: {error}"
            ) from error
        (attempt_dir / MANIFEST).unlink(missing_ok=True)
        write_new(attempt_dir / MANIFEST, (text + "\n").encode())
        verify_release(attempt_dir)
        _sync_tree(attempt_dir)
        self._install(attempt_dir, final, files)
        self.point_latest(name)
        return final

    def point_latest(self, release_id: str) -> None:
        """Move `latest` to a published release."""
        name = checked_name("release id", release_id)
        write_bytes(self.root / "latest", f"{name}\n".encode())

    def set_aside(self, release_id: str) -> Path:
        """Hide a damaged release, so that its id can be published again; return its new path."""
        name = checked_name("release id", release_id)
        hidden = self._folder / f".damaged-{name}-{uuid.uuid4().hex[:12]}"
        (self._folder / name).rename(hidden)
        sync_folder(self._folder)
        return hidden

    def latest(self) -> str | None:
        """Return the id of the latest release, or None if there is no release yet.

        Raises
        ------
        ReleaseError
            If the file `latest` cannot be read or does not contain an id.
        """
        try:
            text = (self.root / "latest").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ReleaseError(f"{self.root / 'latest'} cannot be read: {error}") from error
        try:
            return checked_name("release id", text)
        except StoreError as error:
            raise ReleaseError(f"{self.root / 'latest'} names no release: {error}") from error

    def folder(self, release_id: str | None = None) -> Path:
        """Return the folder of a release, by default of the latest.

        Raises
        ------
        ReleaseError
            If there is no such release; the message lists the published ids.
        """
        name = self.latest() if release_id is None else checked_name("release id", release_id)
        if name is None:
            raise ReleaseError(f"no release in {self.root} yet: run `microgenres mine` first")
        folder = self._folder / name
        if not (folder / MANIFEST).is_file():
            known = sorted(
                entry.name for entry in self._folder.iterdir() if not entry.name.startswith(".")
            )
            raise ReleaseError(
                f"no release {name!r} in {self.root}; its releases: {known or 'none'}: "
                "name one of them, or mine again"
            )
        return folder

    def sweep(self, older_than: float) -> int:
        """Delete unfinished releases `older_than` seconds old or more; return how many.

        Damaged releases that were set aside stay, for a person to look at.
        """
        before = time.time() - older_than
        hidden = [path for path in self._folder.glob(".*") if not path.name.startswith(".damaged-")]
        return delete_older([*hidden, *self.root.glob(".latest.*.tmp")], before)

    def _install(self, attempt: Path, final: Path, files: Mapping[str, Any]) -> None:
        try:
            os.rename(attempt, final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            _check_same(final, files)
            logger.info("release %s already exists with the same files", final.name)
            shutil.rmtree(attempt)
        sync_folder(final.parent)


def _described(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    if path.suffix == ".parquet":
        try:
            entry["rows"] = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowException) as error:
            raise ReleaseError(f"{path} is not a Parquet file: {error}; write it again") from error
    return entry


def _sync_tree(folder: Path) -> None:
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            sync_file(Path(parent, name))
        sync_folder(Path(parent))


def _check_same(final: Path, files: Mapping[str, Any]) -> None:
    try:
        verify_release(final)
        there = read_release_manifest(final)["files"]
    except ReleaseError as error:
        raise ReleaseError(
            f"release {final.name} already exists and is damaged; remove {final} and run again "
            f"to publish it again. {error}"
        ) from error
    differing = sorted(name for name in {*there, *files} if _sha(there, name) != _sha(files, name))
    if differing:
        raise ReleaseError(
            f"release {final.name} already exists with other content in {differing}; "
            "a release never changes: publish under another id, or remove that release first"
        )


def _sha(files: Mapping[str, Any], name: str) -> str | None:
    return files[name]["sha256"] if name in files else None
