"""A release is published completely or not at all, and every kind of damage is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import ReleaseError, StoreError
from pipeline.fileio.manifest import file_sha256
from pipeline.fileio.parquet import write_table
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release

COUNTS = {"rows_in": 5, "released": 3, "rejected": 2}


def filled(
    store: ReleaseStore, name: str = "r1", ids: tuple[str | None, ...] = ("a", "b", "c")
) -> Path:
    attempt = store.begin(name)
    write_table(attempt / "movies.parquet", pa.table({"movie_id": pa.array(ids, pa.string())}))
    write_table(attempt / "rejects.parquet", pa.table({"reason": ["x", "y"]}))
    (attempt / "extra").mkdir()
    (attempt / "extra" / "README.md").write_text("a card")
    return attempt


def published(root: Path) -> tuple[ReleaseStore, Path]:
    store = ReleaseStore(root)
    return store, store.commit(filled(store), "r1", {"counts": COUNTS, "title": "É"})


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def test_published_and_found(tmp_path: Path) -> None:
    store, folder = published(tmp_path)
    assert folder == tmp_path / "releases" / "r1"
    assert (tmp_path / "latest").read_bytes() == b"r1\n"
    assert store.latest() == "r1"
    assert store.folder() == store.folder("r1") == folder
    manifest = verify_release(folder)
    assert manifest["title"] == "É"
    assert set(manifest["files"]) == {"movies.parquet", "rejects.parquet", "extra/README.md"}
    movies = manifest["files"]["movies.parquet"]
    assert movies["rows"] == 3
    assert movies["sha256"] == file_sha256(folder / "movies.parquet")
    assert "rows" not in manifest["files"]["extra/README.md"]
    text = (folder / "manifest.json").read_text()
    assert text == json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    assert [entry.name for entry in (tmp_path / "releases").iterdir()] == ["r1"]


def test_no_release_yet(tmp_path: Path) -> None:
    store = ReleaseStore(tmp_path)
    assert store.latest() is None
    with pytest.raises(ReleaseError, match="mine"):
        store.folder()
    published(tmp_path)
    with pytest.raises(ReleaseError, match=r"r9.*\['r1'\]"):
        store.folder("r9")
    (tmp_path / "latest").write_text("../../etc\n")
    with pytest.raises(ReleaseError, match="latest"):
        store.folder()


def test_publishing_the_same_release_twice_keeps_the_first(tmp_path: Path) -> None:
    store, folder = published(tmp_path)
    before = (folder / "manifest.json").stat().st_ino
    (tmp_path / "latest").unlink()  # as after a crash between the two renames
    store.commit(filled(store), "r1", {"counts": COUNTS})
    assert (folder / "manifest.json").stat().st_ino == before
    assert store.latest() == "r1"
    assert [entry.name for entry in (tmp_path / "releases").iterdir()] == ["r1"]


def test_the_content_of_an_id_never_changes(tmp_path: Path) -> None:
    store, folder = published(tmp_path)
    other = filled(store, ids=("a", "b", "z"))
    with pytest.raises(ReleaseError, match=r"other content in \['movies.parquet'\]"):
        store.commit(other, "r1", {"counts": COUNTS})
    assert verify_release(folder)
    (folder / "movies.parquet").unlink()
    with pytest.raises(ReleaseError, match="damaged"):
        store.commit(filled(store), "r1", {"counts": COUNTS})


def test_a_release_whose_counts_do_not_reconcile_is_not_published(tmp_path: Path) -> None:
    store, _ = published(tmp_path)
    with pytest.raises(ReleaseError, match="released 4"):
        store.commit(filled(store, "r2"), "r2", {"counts": {**COUNTS, "released": 4}})
    assert store.latest() == "r1"
    assert not (tmp_path / "releases" / "r2").exists()


def test_latest_moves_to_the_published_release(tmp_path: Path) -> None:
    store, _ = published(tmp_path)
    store.commit(filled(store, "r2", ("d", "e", "f")), "r2", {"counts": COUNTS})
    assert store.latest() == "r2"
    store.commit(filled(store), "r1", {"counts": COUNTS})
    assert store.latest() == "r1"


def _flip(folder: Path) -> None:
    data = bytearray((folder / "rejects.parquet").read_bytes())
    data[20] ^= 4
    (folder / "rejects.parquet").write_bytes(data)


def _link(folder: Path) -> None:
    twin = folder.parent / "twin.parquet"
    shutil.move(folder / "movies.parquet", twin)
    (folder / "movies.parquet").symlink_to(twin)


def _behind_a_link(folder: Path) -> None:
    shutil.move(folder / "extra", folder.parent / "elsewhere")
    (folder / "extra").symlink_to(folder.parent / "elsewhere")


def _outside(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        edit(folder, lambda m: m["files"].update({name: m["files"].pop("extra/README.md")}))

    return damage


def _counts(**change: Any) -> Callable[[Path], None]:
    return lambda folder: edit(folder, lambda m: m["counts"].update(change))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda f: (f / "movies.parquet").unlink(), "movies.parquet: is missing"),
        (_flip, "rejects.parquet: was altered: its SHA-256"),
        (lambda f: (f / "extra/README.md").write_text(""), "extra/README.md: was altered: 0 bytes"),
        (lambda f: (f / "note.txt").write_text("?"), "note.txt: is not in the manifest"),
        (_link, "movies.parquet: is a link"),
        (_behind_a_link, "extra/README.md: is a link"),
        (_outside("../r1/extra/README.md"), "refused"),
        (_outside("/etc/hostname"), "refused"),
        (_outside("C:/x"), "refused"),
        (_counts(rows_in=6), "rows_in 6 is not released 3 \\+ rejected 2"),
        (_counts(rows_in=6, released=4), "movies.parquet has 3 rows"),
        (_counts(rows_in=6, rejected=3), "rejects.parquet has 2 rows"),
        (_counts(released="3"), "whole numbers"),
        (lambda f: edit(f, lambda m: m.pop("counts")), "whole numbers"),
        (lambda f: edit(f, lambda m: m["files"].pop("movies.parquet")), "is missing from the"),
        (lambda f: edit(f, lambda m: m["files"].update({"movies.parquet": 1})), "no sha256"),
        (lambda f: edit(f, lambda m: m["files"]["movies.parquet"].update(rows=9)), "says 9"),
        (lambda f: edit(f, lambda m: m.pop("files")), "lists no `files`"),
        (lambda f: (f / "manifest.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "manifest.json").unlink(), "is not a release"),
    ],
)
def test_each_kind_of_damage_is_found(
    tmp_path: Path, damage: Callable[[Path], object], problem: str
) -> None:
    _, folder = published(tmp_path)
    damage(folder)
    with pytest.raises(ReleaseError, match=problem):
        verify_release(folder)


@pytest.mark.parametrize(
    ("ids", "problem"),
    [
        (("a", "b", "a"), r"1 duplicate movie_id, such as \['a'\]"),
        (("a", "b", None), "1 rows have no movie_id"),
    ],
)
def test_ids_are_unique(tmp_path: Path, ids: tuple[str | None, ...], problem: str) -> None:
    store = ReleaseStore(tmp_path)
    with pytest.raises(ReleaseError, match=problem):
        store.commit(filled(store, ids=ids), "r1", {"counts": COUNTS})


def test_all_problems_are_listed(tmp_path: Path) -> None:
    _, folder = published(tmp_path)
    (folder / "movies.parquet").unlink()
    (folder / "stray").touch()
    _counts(rows_in=9)(folder)
    with pytest.raises(ReleaseError) as raised:
        verify_release(folder)
    assert str(raised.value).count("\n- ") == 3


def test_ids_that_are_no_folder_names_are_refused(tmp_path: Path) -> None:
    store = ReleaseStore(tmp_path)
    for name in ("../x", "", ".r1", "a/b"):
        with pytest.raises(StoreError, match="release id"):
            store.begin(name)
