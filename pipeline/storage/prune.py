"""Takes away releases and work that nobody needs any more; the caller holds the folder's lock."""

from __future__ import annotations

import logging
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.fileio.atomic import sync_folder
from pipeline.fileio.manifest import checked_path, manifest_from_json
from pipeline.storage.verify import read_release_manifest
from pipeline.storage.work_store import Store

__all__ = ["Pruned", "prune"]

logger = logging.getLogger(__name__)


@dataclass
class Pruned:
    """What was taken away, or would be."""

    kept: tuple[str, ...]
    releases: tuple[str, ...] = ()
    pieces: int = 0
    leftovers: int = 0
    bytes: int = 0


def prune(store: Store, keep: int, unused_since: float | None, *, dry_run: bool = False) -> Pruned:
    """Keep the newest releases, and the work that recent runs used; the rest goes.

    Parameters
    ----------
    keep : how many releases, 1 or more. The one that `latest` names stays whatever its age, and
        so does each that one of these names as its `parent`.
    unused_since : seconds since the epoch; pieces of work that no run committed or found since
        then go. None keeps all work.
    dry_run : only count.
    """
    kept = _kept(store, keep)
    found = {path.name: path for path in _published(store)}
    gone = tuple(sorted(found.keys() - kept))
    pruned = Pruned(tuple(sorted(kept)), gone)
    # A release goes out of sight in one step: nobody may meet half of one.
    for name in gone:
        pruned.bytes += _size(found[name])
        if not dry_run:
            hidden = found[name].with_name(f".pruned-{name}-{uuid.uuid4().hex[:12]}")
            found[name].rename(hidden)
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
    made: dict[str, tuple[str, int]] = {}  # releases of one second follow one another, too
    follows: dict[str, str | None] = {}
    for path in _published(store):
        try:
            manifest = read_release_manifest(path)
        except ReleaseError as error:  # damaged: neither kept nor counted, unless it is the latest
            logger.warning("%s", error)
            continue
        when = str(manifest.get("created_at", ""))
        made[path.name] = (when, int(manifest.get("generation", 0)))
        follows[path.name] = manifest.get("parent")
    newest = sorted(made, key=lambda name: (made[name], name), reverse=True)
    latest = store.latest()
    chosen = {*newest[:keep], *([latest] if latest else [])}
    # the way back by one step; not further, or a chain of updates would keep every release
    parents = {follows.get(name) for name in chosen}
    return chosen | {name for name in parents if name in made}


def _prune_work(store: Store, unused_since: float, pruned: Pruned, *, dry_run: bool) -> None:
    for path in sorted((store.root / "work").glob("[!.]*/[!.]*.json")):
        if path.stat().st_mtime >= unused_since:
            continue
        pruned.pieces += 1
        try:
            refs = tuple(manifest_from_json(path.read_bytes(), name=str(path)).outputs.values())
        except CorruptFileError:
            refs = ()  # its files are swept by the next run, as those of any abandoned attempt
        pruned.bytes += path.stat().st_size + sum(ref.bytes for ref in refs)
        if not dry_run:
            path.unlink()  # first: no manifest may name a file that is gone
            for ref in refs:
                checked_path(store.root, ref.path).unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
