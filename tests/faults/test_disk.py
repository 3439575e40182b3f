"""A full disk and damaged files: no commit is torn, and only damaged pieces are repeated."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import StoreError
from pipeline.fileio.manifest import fingerprint
from pipeline.storage.verify import verify_release
from pipeline.storage.work_store import WorkStore
from tests.faults.child import forked
from tests.faults.conftest import Reference
from tests.faults.mining import LIMIT, Place, assert_same_tables, committed_work, verify_latest

pytestmark = pytest.mark.timeout(300)

FP = fingerprint("some work")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of 48 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=48m", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"no right to mount a small disk: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fill the disk except for `leave` bytes; return the file that fills it."""
    ballast = folder / "ballast"
    space = os.statvfs(folder)
    with ballast.open("wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, space.f_bavail * space.f_frsize - leave)
    return ballast


@pytest.mark.parametrize("leave", [0, 400_000, 900_000], ids=["at-once", "in-a-stage", "later"])
def test_a_full_disk_tears_no_file_and_the_run_resumes_when_there_is_space(
    place: Place, reference: Reference, small_disk: Path, tmp_path: Path, leave: int
) -> None:
    out = small_disk / "out"
    out.mkdir()
    ballast = fill(small_disk, leave)
    full = place.mine(out, log=tmp_path / "full.log")  # not on the full disk
    code = full.end(120)
    log = full.output()
    assert code in (1, 5), log
    assert "No space left on device" in log
    assert "make space" in log
    assert not (out / "latest").exists()
    store = WorkStore(out)
    for stage in [path for path in (out / "work").iterdir() if path.is_dir()]:
        for manifest in stage.glob("*.json"):
            assert manifest.stat().st_size, manifest
    before = committed_work(out)

    ballast.unlink()
    run = place.mine(out)
    assert run.end(120) == 0, run.output()
    done = committed_work(out)
    assert {name: done[name] for name in before} == before
    assert_same_tables(verify_latest(out, LIMIT), reference.release)
    assert store.failures() == []


def commit_within(root: Path, most: int) -> None:
    """Commit a piece of 800 KB in a process that may write at most `most` bytes per file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    table = pa.table({"n": pa.array(range(100_000), pa.int64())})
    try:
        WorkStore(root).commit("stage", "p0", FP, {"out": table}, rows_in=1, seconds=0)
    except StoreError as error:
        assert "make space" in str(error), error
        raise SystemExit(7) from error


@pytest.mark.parametrize("most", [0, 1, 4_096, 100_000])
def test_a_quota_leaves_no_half_written_file(tmp_path: Path, most: int) -> None:
    assert forked(commit_within, tmp_path / "out", most) == 7
    assert list((tmp_path / "out" / "work" / "stage").iterdir()) == []
    assert WorkStore(tmp_path / "out").lookup("stage", "p0", FP) is None
    assert forked(commit_within, tmp_path / "out", 10**9) == 0
    manifest = WorkStore(tmp_path / "out").lookup("stage", "p0", FP)
    assert manifest is not None
    assert manifest.outputs["out"].rows == 100_000


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def test_only_damaged_pieces_are_repeated(place: Place, reference: Reference, mined: Path) -> None:
    before = committed_work(mined)
    damaged = {}
    for stage, piece, output, damage in (
        ("sources", "p00000", "movies", truncate),
        ("clean", "p00001", "movies", flip),
        ("embed", "p00002", "vectors", Path.unlink),
        ("k-curve", "k", "centroids", flip),
        ("index", "all", "index", truncate),
        ("neighbours", "p00001", "neighbours", flip),
    ):
        path = sorted((mined / "work" / stage).glob(f"{piece}*.{output}.parquet"))[0]
        damage(path)
        key = path.name.rsplit("-", 1)[0]
        damaged[f"{stage}/{key}"] = path
    assert damaged.keys() <= before.keys()
    run = place.mine(mined)
    assert run.end(120) == 0, run.output()
    after = committed_work(mined)
    assert {name for name in after if after[name] != before.get(name)} == damaged.keys()
    assert_same_tables(verify_latest(mined, LIMIT), reference.release)


@pytest.mark.parametrize("damage", [flip, truncate, Path.unlink])
def test_a_damaged_release_is_found_and_published_again(
    place: Place, reference: Reference, mined: Path, damage: object
) -> None:
    release = verify_latest(mined, LIMIT)
    work = committed_work(mined)
    for name in ("centroids.parquet", "index.faiss", "movies.parquet"):
        assert callable(damage)
        damage(release / name)
    with pytest.raises(Exception, match=r"(?s)centroids.parquet.*index.faiss.*movies.parquet"):
        verify_release(release)
    run = place.mine(mined)
    assert run.end(120) == 0, run.output()
    assert committed_work(mined) == work
    assert verify_latest(mined, LIMIT) == release
    assert_same_tables(release, reference.release)
    shutil.rmtree(mined)
