"""Pruning deletes all but the newest releases, the latest, their parents, and the work in use."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.storage.prune import prune
from pipeline.storage.store import Store
from pipeline.storage.verify import verify_release
from tests.support.tiny_release import build_release


def publish(
    root: Path, name: str, created_at: str, parent: str | None = None, generation: int = 0
) -> None:
    """Create a release with that name and time of creation."""
    folder = build_release(root).rename(root / "releases" / name)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest |= {"release_id": name, "created_at": created_at, "parent": parent}
    manifest["generation"] = generation
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for day, name in enumerate("abcd", 1):
        publish(tmp_path, name, f"2026-11-{day:02d}T00:00:00+00:00")
    store = Store(tmp_path)
    store.releases.point_latest("b")
    return store


def ids(store: Store) -> list[str]:
    return sorted(path.name for path in (store.root / "releases").iterdir())


def test_the_newest_and_the_latest_stay(store: Store) -> None:
    pruned = prune(store, 1, None)
    assert pruned.kept == ("b", "d")
    assert pruned.releases == ("a", "c")
    assert pruned.bytes > 0
    assert ids(store) == ["b", "d"]
    for name in ("b", "d"):
        verify_release(store.releases.folder(name))
    assert store.releases.latest() == "b"


def test_the_parent_of_a_kept_release_stays_but_not_the_whole_chain(tmp_path: Path) -> None:
    publish(tmp_path, "a", "2026-11-01")
    publish(tmp_path, "b", "2026-11-02", parent="a")
    publish(tmp_path, "c", "2026-11-03", parent="b")
    publish(tmp_path, "x", "2026-11-02")
    store = Store(tmp_path)
    store.releases.point_latest("c")
    assert prune(store, 1, None).releases == ("a", "x")
    assert ids(store) == ["b", "c"]


def test_the_generation_orders_releases_of_the_same_second(tmp_path: Path) -> None:
    chain = ["z", "c", "y", "a"]
    for generation, (parent, name) in enumerate(zip([None, *chain], chain, strict=False)):
        publish(tmp_path, name, "2026-11-01T00:00:00+00:00", parent, generation)
    store = Store(tmp_path)
    store.releases.point_latest("a")
    assert prune(store, 2, None).releases == ("z",)


def test_a_dry_run_removes_nothing(store: Store) -> None:
    (store.root / "releases" / ".e-0123").mkdir()
    before = ids(store)
    pruned = prune(store, 2, 1e12, dry_run=True)
    assert (pruned.releases, pruned.leftovers) == (("a",), 1)
    assert ids(store) == before


def test_unfinished_and_damaged_releases_are_deleted(store: Store) -> None:
    for name in (".e-0123", ".damaged-e-0123", ".pruned-e-0123"):
        (store.root / "releases" / name).mkdir()
        (store.root / "releases" / name / "movies.parquet").write_bytes(b"x")
    assert prune(store, 4, None).releases == ()
    assert ids(store) == ["a", "b", "c", "d"]


def test_unused_work_is_deleted(store: Store) -> None:
    table = pa.table({"n": [1, 2]})
    marks = {key: f"{key:0<64}" for key in ("a1", "b2")}
    for key, mark in marks.items():
        store.work.commit("embed", key, mark, {"vectors": table}, rows_in=2, seconds=0.0)
    for path in (store.root / "work" / "embed").glob("*.json"):
        os.utime(path, (1_000_000, 1_000_000))
    assert store.work.lookup("embed", "b2", marks["b2"]) is not None, "a lookup counts as a use"
    pruned = prune(store, 4, 2_000_000.0)
    assert pruned.pieces == 1
    assert store.work.lookup("embed", "a1", marks["a1"]) is None
    assert store.work.lookup("embed", "b2", marks["b2"]) is not None
    assert len(list((store.root / "work" / "embed").glob("*.parquet"))) == 1
