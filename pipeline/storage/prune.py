"""Delete releases and work that are no longer needed. The caller holds the lock of the folder."""

from __future__ import annotations

import logging
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.fileio.atomic import sync_folder
from pipeline.fileio.manifest import checked_path, manifest_from_json
from pipeline.storage.store import Store
from pipeline.storage.verify import read_release_manifest

__all__ = ["Pruned", "prune"]

logger = logging.getLogger(__name__)


@dataclass
class Pruned:
    """What was deleted, or would be in a dry run.

    Attributes
    ----------
    kept : tuple of str
        Ids of the releases that stay, sorted.
    releases : tuple of str
        Ids of the deleted releases, sorted.
    pieces : int
        Number of deleted pieces of work.
    leftovers : int
        Number of deleted folders of unfinished or damaged releases.
    bytes : int
        Size of all that was deleted.
    """

    kept: tuple[str, ...]
    releases: tuple[str, ...] = ()
    pieces: int = 0
    leftovers: int = 0
    bytes: int = 0


def prune(store: Store, keep: int, unused_since: float | None, *, dry_run: bool = False) -> Pruned:
    """Delete all but the newest releases, and the work that no recent run has used.

    Parameters
    ----------
    store : Store
        The output folder.
    keep : int
        How many releases stay, 1 or more. The latest release stays whatever its age, and so does
        the `parent` of each release that stays.
    unused_since : float or None
        Seconds since the epoch. Pieces that no run has committed or read since then are deleted;
        None deletes no work.
    dry_run : bool
        Count only, delete nothing.
    """
    kept = _kept(store, keep)
    published = {path.name: path for path in _published(store)}
    deleted = tuple(sorted(published.keys() - kept))
    pruned = Pruned(tuple(sorted(kept)), deleted)
    # A rename hides a release in one step: a reader never sees half of one.
    for name in deleted:
        pruned.bytes += _size(published[name])
        if not dry_run:
            hidden = published[name].with_name(f".pruned-{name}-{uuid.uuid4().hex[:12]}")
            published[name].rename(hidden)
    for path in sorted((store.root / "releases").glob(".*")):
        if path.is_dir() and not path.name.startswith(".pruned-"):
            pruned.leftovers += 1
            pruned.bytes += _size(path)
        if path.is_dir() and not dry_run:
            shutil.rmtree(path)
    if not dry_run:
        sync_folder(store.root / "releases")
    if unused_since is not None:
        _prune_work(store, unused_since, pruned, dry_run=dry_run)
    return pruned


def _published(store: Store) -> list[Path]:
    folders = (store.root / "releases").glob("[!.]*")
    return [path for path in folders if path.is_dir() and not path.is_symlink()]


def _kept(store: Store, keep: int) -> set[str]:
    created: dict[str, tuple[str, int]] = {}  # generations order releases of the same second
    parent_of: dict[str, str | None] = {}
    for path in _published(store):
        try:
            manifest = read_release_manifest(path)
        except ReleaseError as error:  # damaged: deleted, unless it is the latest
            logger.warning("%s", error)
            continue
        when = str(manifest.get("created_at", ""))
        created[path.name] = (when, int(manifest.get("generation", 0)))
        parent_of[path.name] = manifest.get("parent")
    newest = sorted(created, key=lambda name: (created[name], name), reverse=True)
    latest = store.releases.latest()
    chosen = {*newest[:keep], *([latest] if latest else [])}
    # Parents allow one step back. No further: a chain of updates would keep every release.
    parents = {parent_of.get(name) for name in chosen}
    return chosen | {name for name in parents if name in created}


def _prune_work(store: Store, unused_since: float, pruned: Pruned, *, dry_run: bool) -> None:
    for path in sorted((store.root / "work").glob("[!.]*/[!.]*.json")):
        if path.stat().st_mtime >= unused_since:
            continue
        pruned.pieces += 1
        try:
            refs = tuple(manifest_from_json(path.read_bytes(), name=str(path)).outputs.values())
        except CorruptFileError:
            refs = ()  # the next run sweeps its files, as those of any unfinished attempt
        pruned.bytes += path.stat().st_size + sum(ref.bytes for ref in refs)
        if not dry_run:
            path.unlink()  # before its files: no manifest may name a missing file
            for ref in refs:
                checked_path(store.root, ref.path).unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
