"""A newer release is loaded while a real server answers, and no request fails."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
import uvicorn

from flows.services.embedded_server import free_port
from pipeline.errors import ReleaseError
from pipeline.settings import ServeSettings
from pipeline.storage.release_store import ReleaseStore
from serve.api.app import create_app
from serve.api.snapshot import Snapshots

SETTINGS = ServeSettings(reload_seconds=0.2)


@pytest.fixture
def folder(release: Path, tmp_path: Path) -> Path:
    """An output folder for one test, with `served-1` as its newest release."""
    root = tmp_path / "out"
    (root / "releases").mkdir(parents=True)
    shutil.copytree(release, root / "releases" / release.name)
    (root / "latest").write_text(f"{release.name}\n", encoding="ascii")
    return root


@contextmanager
def served(snapshots: Snapshots) -> Iterator[tuple[str, uvicorn.Server]]:
    """Run a real server on a free port, in a thread."""
    port = free_port()
    config = uvicorn.Config(
        create_app(snapshots, SETTINGS),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        ws="none",
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline and thread.is_alive()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def publish_copy(folder: Path, release_id: str) -> Path:
    """Publish the same films under another release_id, as a new run would."""
    store = ReleaseStore(folder)
    attempt = store.begin(release_id)
    shutil.copytree(folder / "releases" / "served-1", attempt, dirs_exist_ok=True)
    manifest = json.loads((attempt / "manifest.json").read_bytes())
    del manifest["files"]
    return store.commit(attempt, release_id, manifest | {"release_id": release_id})


def test_a_newer_release_is_served_and_no_request_fails(folder: Path) -> None:
    snapshots = Snapshots(folder, SETTINGS)
    release_ids: list[str] = []
    errors: list[str] = []
    done = threading.Event()

    def send_requests(address: str) -> None:
        with httpx.Client(base_url=address, timeout=30) as client:
            while not done.is_set():
                for path in (
                    "/movies?query=boot",
                    "/movies/m0000/similar",
                    "/search?q=war&limit=2",
                ):
                    try:
                        response = client.get(path)
                    except httpx.HTTPError as error:
                        errors.append(repr(error))
                        continue
                    if response.status_code != 200:
                        errors.append(response.text)
                    else:
                        release_ids.append(response.json()["release_id"])

    with served(snapshots) as (address, _):
        threads = [threading.Thread(target=send_requests, args=(address,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        publish_copy(folder, "served-2")
        deadline = time.monotonic() + 60
        while "served-2" not in release_ids and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(0.3)
        done.set()
        for thread in threads:
            thread.join()
        health = httpx.get(f"{address}/health").json()
    assert errors == []
    assert set(release_ids) == {"served-1", "served-2"}
    assert health["release_id"] == "served-2"
    assert snapshots.reloads == {"done": 1, "failed": 0}


def test_a_request_uses_the_same_release_until_it_ends(folder: Path) -> None:
    snapshots = Snapshots(folder, SETTINGS)
    snapshot = snapshots.current
    publish_copy(folder, "served-2")
    assert snapshots.refresh()
    assert snapshots.current.id == "served-2"
    assert snapshot.catalogue.films().total == 40
    assert snapshot.search.search("a war", limit=1)
    assert not snapshots.refresh()


def test_a_damaged_release_does_not_replace_the_current_one(folder: Path) -> None:
    snapshots = Snapshots(folder, SETTINGS)
    damaged = publish_copy(folder, "served-2")
    with (damaged / "movies.parquet").open("ab") as file:
        file.write(b"x")
    assert not snapshots.refresh()
    assert not snapshots.refresh()
    assert snapshots.current.id == "served-1"
    assert snapshots.reloads == {"done": 0, "failed": 1}
    assert "served-2" in str(snapshots.problem) and "bytes" in str(snapshots.problem)
    publish_copy(folder, "served-3")
    assert snapshots.refresh()
    assert snapshots.problem is None


def test_a_release_that_cannot_assign_films_is_refused(release: Path, tmp_path: Path) -> None:
    odd = Path(shutil.copytree(release, tmp_path / "odd"))
    space = pq.read_table(odd / "space.parquet")
    pq.write_table(space.slice(0, 0), odd / "space.parquet")
    with pytest.raises(ReleaseError, match="mine again"):
        Snapshots(odd, SETTINGS)


def test_a_named_release_is_never_replaced(folder: Path) -> None:
    snapshots = Snapshots(folder / "releases" / "served-1", SETTINGS)
    publish_copy(folder, "served-2")
    snapshots.watch()
    assert not snapshots.refresh()
    assert snapshots.current.id == "served-1"
    snapshots.stop()


def test_a_stopping_server_finishes_running_requests(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = Snapshots(folder, SETTINGS)
    started = threading.Event()
    catalogue = snapshots.current.catalogue
    film = catalogue.film

    def slow(movie_id: str) -> dict[str, object]:
        started.set()
        time.sleep(1.0)
        return film(movie_id)

    monkeypatch.setattr(catalogue, "film", slow)
    statuses: list[int] = []
    with served(snapshots) as (address, server):
        request = threading.Thread(
            target=lambda: statuses.append(httpx.get(f"{address}/movies/m0000").status_code)
        )
        request.start()
        assert started.wait(10)
        server.should_exit = True
        request.join(20)
    assert statuses == [200]
