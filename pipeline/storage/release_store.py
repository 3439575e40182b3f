"""Releases: published whole or not at all, never altered, verifiable by anyone who has the folder.

`releases/<id>/manifest.json` names every file with its checksum; `latest` moves last.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import ReleaseError, StoreError
from pipeline.fileio.atomic import sync_file, sync_folder, write_bytes, write_new
from pipeline.fileio.manifest import checked_name, file_sha256
from pipeline.storage.verify import MANIFEST, listed_files, read_release_manifest, verify_release

__all__ = ["Releases"]

logger = logging.getLogger(__name__)


class Releases:
    """The released half of an output folder: `DIR/releases` and `DIR/latest`.

    Parameters
    ----------
    root : the output folder `DIR`, made when it is not there.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root).absolute()
        try:
            (self.root / "releases").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"output folder {self.root} cannot be made: {error}") from error

    def begin_release(self, release_id: str) -> Path:
        """Make and return an empty hidden folder in which a release is put together."""
        name = checked_name("release id", release_id)
        attempt = self.root / "releases" / f".{name}-{uuid.uuid4().hex[:12]}"
        attempt.mkdir()
        return attempt

    def commit_release(
        self, attempt_dir: Path, release_id: str, manifest: Mapping[str, Any]
    ) -> Path:
        """Publish `attempt_dir` as `releases/<release_id>` and move `latest` to it.

        Parameters
        ----------
        attempt_dir : what `begin_release` returned, filled.
        release_id : names the content: the same id always stands for the same files.
        manifest : JSON; `files` is added for every file. `counts` holds `rows_in`, `released`
            and `rejected`.

        Returns
        -------
        Path
            The published folder, or the one that was there with the same files.

        Raises
        ------
        ReleaseError
            when the attempt does not reconcile (it is kept, hidden), or when the id stands for
            other files already.
        """
        name = checked_name("release id", release_id)
        final = self.root / "releases" / name
        files = {path: _described(attempt_dir / path) for path in listed_files(attempt_dir)}
        files.pop(MANIFEST, None)
        record = {**manifest, "files": files}
        try:
            text = json.dumps(record, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ReleaseError(f"manifest of release {name}: not plain JSON: {error}") from error
        (attempt_dir / MANIFEST).unlink(missing_ok=True)
        write_new(attempt_dir / MANIFEST, (text + "\n").encode())
        verify_release(attempt_dir)
        _sync_tree(attempt_dir)
        self._install(attempt_dir, final, files)
        self.point_latest(name)
        return final

    def point_latest(self, release_id: str) -> None:
        """Move `latest` to a release that is there already."""
        name = checked_name("release id", release_id)
        write_bytes(self.root / "latest", f"{name}\n".encode())

    def set_aside(self, release_id: str) -> Path:
        """Hide a damaged release, so that it can be made again; returns where it lies now."""
        name = checked_name("release id", release_id)
        hidden = self.root / "releases" / f".damaged-{name}-{uuid.uuid4().hex[:12]}"
        (self.root / "releases" / name).rename(hidden)
        sync_folder(self.root / "releases")
        return hidden

    def latest(self) -> str | None:
        """The id of the newest release, or None before the first."""
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

    def release(self, release_id: str | None = None) -> Path:
        """The folder of a release, by default of the latest.

        Raises
        ------
        ReleaseError
            when there is none, with the ids that there are.
        """
        name = self.latest() if release_id is None else checked_name("release id", release_id)
        if name is None:
            raise ReleaseError(f"no release in {self.root} yet: run `microgenres mine` first")
        folder = self.root / "releases" / name
        if not (folder / MANIFEST).is_file():
            known = sorted(
                entry.name
                for entry in (self.root / "releases").iterdir()
                if not entry.name.startswith(".")
            )
            raise ReleaseError(
                f"no release {name!r} in {self.root}; there are {known or 'none'}: "
                "name one of them, or mine again"
            )
        return folder

    def _install(self, attempt: Path, final: Path, files: Mapping[str, Any]) -> None:
        try:
            os.rename(attempt, final)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
            _check_same(final, files)
            logger.info("release %s is there already with the same files", final.name)
            shutil.rmtree(attempt)
        sync_folder(final.parent)


def _described(path: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {"sha256": file_sha256(path), "bytes": path.stat().st_size}
    if path.suffix == ".parquet":
        try:
            entry["rows"] = pq.read_metadata(path).num_rows
        except (OSError, pa.ArrowException) as error:
            raise ReleaseError(f"{path} is no Parquet file: {error}; write it again") from error
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
            f"release {final.name} is there already and is damaged; remove {final} and run again "
            f"to publish it anew. {error}"
        ) from error
    differing = sorted(name for name in {*there, *files} if _sha(there, name) != _sha(files, name))
    if differing:
        raise ReleaseError(
            f"release {final.name} is there already with other content in {differing}; "
            "a release never changes: publish under another id, or remove that one first"
        )


def _sha(files: Mapping[str, Any], name: str) -> str | None:
    return files[name]["sha256"] if name in files else None
