"""A complete mining with the real model, a Dask cluster and a Prefect server."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from flows.events import StageDone
from microgenres.cli.exit_codes import ExitCode
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.one_process import neighbours_of_all
from pipeline.release.lookup import Release, find_release
from pipeline.settings import NeighbourSettings
from pipeline.storage.verify import verify_release
from tests.support.mine_command import (
    FILMS,
    Mined,
    answer,
    command,
    lines,
    run,
    same_bytes,
    sample_csv,
)
from tests.support.prefect_process import ask

# The first test waits for the shared run.
pytestmark = pytest.mark.timeout(600)

ROOT = Path(__file__).resolve().parents[3]
TASKS = {
    "read sources",
    "clean movies",
    "find languages",
    "extract features",
    "embed texts",
    "embed terms",
    "place films",
    "cluster films",
    "cluster halves",
    "check clusters",
    "place films on map",
    "select keywords",
    "find neighbours",
    "find parts of names",
    "shape shelves",
    "name clusters",
    "publish release",
}
STAGES = {
    "sources",
    "clean",
    "features",
    "embed",
    "points",
    "k-curve",
    "stability",
    "assign",
    "index",
    "neighbours",
    "film-terms",
    "keywords",
    "names",
    "family-keywords",
    "family-names",
    "publish",
}


def run_of(server: str, out: Path) -> dict[str, Any]:
    """Return the last flow run into a folder from the server."""
    wanted = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}, "sort": "START_TIME_DESC"}
    return dict(ask(f"{server}/flow_runs/filter", wanted)[0])


def artifacts_of(server: str, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200}
    return {found["key"]: found for found in ask(f"{server}/artifacts/filter", wanted)}


def manifests(folder: Path) -> dict[Path, bytes]:
    """Return the manifests of all committed work in a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*.json")}


@pytest.fixture(scope="module")
def shuffled(server: str, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """Mine the same films in another order, from a file, with one worker."""
    folder = tmp_path_factory.mktemp("shuffled")
    header, *rows = list(csv.reader(lines()))
    random.Random(7).shuffle(rows)
    catalogue = folder / "films.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows])
    return run([f"files:{catalogue}"], folder / "out", 1)


# --- what reading lost


def test_a_catalogue_of_rejected_rows_publishes_nothing(server: str, tmp_path: Path) -> None:
    """39 of 40 films have no overview: the run stops, and says why in one line."""
    source = tmp_path / "films.csv"
    rows = [f"{n},Film {n},\n" for n in range(1, 40)]
    rows.append("40,Salt Lamp,A lighthouse keeper hides a stolen map from the smugglers.\n")
    source.write_text("id,title,overview\n" + "".join(rows), encoding="utf-8")
    out = tmp_path / "out"
    stopped = command("mine", "--source", f"files:{source}", "--out", out, "--profile", "sample")
    assert stopped.exit_code == ExitCode.SOURCE
    lines_shown = stopped.stderr.splitlines()
    assert "Traceback" not in stopped.stderr
    (error,) = [line for line in lines_shown if line.startswith("error:")]
    assert lines_shown[-1] == error
    assert "39 of 40 rows are rejected" in error
    assert "missing_overview 39 rows (films.csv row 1: no overview)" in error
    assert "--allow-rejects" in error
    assert any("39 rows rejected, missing overview" in line for line in lines_shown)
    assert not list((out / "releases").iterdir())
    assert run_of(server, out)["state_name"] == "Failed"


def test_a_release_records_what_was_read(mined: Mined) -> None:
    report, manifest = mined.release.report, mined.release.manifest
    assert report.reading == manifest.reading
    assert report.reading is not None
    assert (report.reading.rows_in, report.reading.films) == (FILMS, FILMS)
    (table,) = report.reading.tables
    assert table.role == "films"
    assert table.columns["overview"] == ["overview"]
    assert "max_rejected_share" not in manifest.settings["source"]
    assert manifest.source_order == ["sample"]
    page = mined.release.file("report.html").read_text(encoding="utf-8")
    assert "<h2>Reading</h2>" in page
    assert "No row was rejected." in page


# --- Prefect and events


def _step(task: str) -> str:
    """Return the name of a task without the number of its step."""
    return task.partition(" ")[2]


def test_prefect_shows_the_run_its_tasks_and_artifacts(server: str, mined: Mined) -> None:
    flow_run = run_of(server, mined.out)
    assert flow_run["state_name"] == "Completed"
    wanted = {"task_runs": {"flow_run_id": {"any_": [flow_run["id"]]}}, "limit": 200}
    deadline = time.monotonic() + 30
    tasks: list[dict[str, Any]] = []
    # the server stores the states of tasks a little later
    while {_step(t["name"]) for t in tasks if t["state_name"] == "Completed"} != TASKS:
        assert time.monotonic() < deadline, [(t["name"], t["state_name"]) for t in tasks]
        time.sleep(0.2)
        tasks = ask(f"{server}/task_runs/filter", wanted)
    numbers = {int(task["name"].partition(" ")[0]) for task in tasks}
    assert numbers == set(range(1, 15)), "each step has its number in the plan"
    found = artifacts_of(server, flow_run)
    assert set(found) >= {f"{s}-{kind}" for s in STAGES for kind in ("progress", "partitions")}
    assert min(found) == "00-summary"
    summary = found["00-summary"]["data"]
    assert mined.release.id in summary and "report.html" in summary and "serve app" in summary
    largest = max(mined.release.micro_genres.to_pylist(), key=lambda row: row["films"])
    assert largest["micro_genre_name"] in summary
    report = found["report"]
    assert report["type"] == "markdown"
    assert mined.release.id in report["data"]
    assert "| own centroid share |" in report["data"]
    for key, artifact in found.items():
        if key.endswith("-progress"):
            assert (artifact["type"], artifact["data"]) == ("progress", 100.0), key
    for stage in ("clean", "embed", "neighbours"):
        table = found[f"{stage}-partitions"]
        assert table["type"] == "table"
        rows = json.loads(table["data"])
        if stage != "embed":  # a partition of texts may be several pieces
            assert len(rows) == mined.release.manifest.partition_count
        assert sum(row["rows in"] for row in rows if stage == "clean") in (0, FILMS)


def test_artifacts_have_the_same_keys_in_each_run(
    server: str, mined: Mined, shuffled: Mined
) -> None:
    one, other = (set(artifacts_of(server, run_of(server, m.out))) for m in (mined, shuffled))
    assert one == other


def test_each_stage_emits_an_event(mined: Mined) -> None:
    assert {event.stage for event in mined.events if isinstance(event, StageDone)} >= STAGES


# --- the same bytes


def test_one_worker_and_shuffled_rows_give_the_same_bytes(mined: Mined, shuffled: Mined) -> None:
    assert shuffled.release.manifest.settings["dask"]["workers"] == 1
    assert shuffled.release.manifest.sources != mined.release.manifest.sources
    same_bytes(mined.release, shuffled.release)


def test_a_killed_run_is_resumed_and_gives_the_same_bytes(
    server: str, mined: Mined, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    embedded = out / "work" / "embed"
    args = ["mine", "--source", "sample", "--profile", "sample", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "microgenres.cli.app", *args, "--workers", "1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        start_new_session=True,
    ) as process:
        assert os.environ["PREFECT_API_URL"] == server
        deadline = time.monotonic() + 180
        try:
            while not list(embedded.glob("*.json")):
                assert process.poll() is None, process.stderr and process.stderr.read().decode()
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers are of its process group
    before = manifests(out / "work")
    done = [path for path in before if path.parent == embedded]
    pieces = len(list((mined.out / "work" / "embed").glob("*.json")))
    assert 1 <= len(done) < pieces
    assert not (out / "latest").exists()

    resumed = answer(*args, "--workers", 2)
    after = manifests(out / "work")
    assert {path: after.get(path) for path in before} == before
    assert len(list(embedded.glob("*.json"))) == pieces
    again = Release(find_release(out))
    same_bytes(mined.release, again)
    # the same films, settings and result are the same release
    assert resumed["release_id"] == again.id == mined.release.id
    assert verify_release(again.path)["counts"]["released"] == FILMS
    # a part was encoded before, so there is no figure of speed
    assert again.report.embedding.texts_per_second is None


# --- texts of several partitions


def test_a_text_of_several_partitions_is_encoded_once(server: str, tmp_path: Path) -> None:
    films = list(csv.DictReader(lines()))
    columns = [name for name in films[0] if name in ("overview", "tagline", "keywords")]
    for number, film in enumerate(films):
        if number % 10 == 0:  # a tenth of the films have one of three texts
            film |= {name: films[1 + number // 10 % 3][name] for name in columns}
    catalogue = tmp_path / "films.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(films[0]))
        writer.writeheader()
        writer.writerows(films)
    result = run([f"files:{catalogue}"], tmp_path / "out", 2)

    vectors = pq.read_table(result.release.path / "embeddings.parquet")
    texts, rows = vectors["text_hash"].to_pylist(), vectors["vector"].to_pylist()
    assert len(texts) == FILMS and len(set(texts)) == FILMS - len(films[::10])
    of_text: dict[str, Any] = {}
    assert all(of_text.setdefault(text, row) == row for text, row in zip(texts, rows, strict=True))
    work = result.out / "work"
    encoded = [pq.read_table(path) for path in (work / "embed").glob("*.parquet")]
    assert sum(len(table) for table in encoded) == len(set(texts))
    shared = [pq.read_table(path) for path in (work / "lent-vectors").glob("*.parquet")]
    # a partition reads only the vectors that it needs from others: at most three rows
    assert shared and all(1 <= len(table) <= 3 for table in shared)


# --- an index built in pieces


def test_an_inverted_file_built_in_pieces_is_released(
    server: str, mined: Mined, tmp_path: Path
) -> None:
    settings = NeighbourSettings(index="ivf-sq8")
    out = Path(shutil.copytree(mined.out, tmp_path / "out", symlinks=True))
    before = manifests(out / "work" / "embed")
    result = run(["sample"], out, 2, neighbours={"index": settings.index})
    assert result.release.id != mined.release.id
    # no film is encoded again for another index
    assert before and before == manifests(out / "work" / "embed")
    films = pq.read_table(result.release.path / "embeddings.parquet")
    whole = build_index(films, settings, len(films))["index"]
    released = (result.release.path / "index.faiss").read_bytes()
    assert released == b"".join(index_bytes(whole))
    found = result.release.report.neighbours
    assert found.index == "ivf-sq8" and found.recall_at_10 > 0.9
    near = pq.read_table(result.release.path / "neighbours.parquet")
    again = neighbours_of_all(whole, films.select(["movie_id"]), settings)
    order = [("movie_id", "ascending"), ("rank", "ascending")]
    one, other = near.sort_by(order), again.sort_by(order)
    for column in ("movie_id", "rank", "neighbour_id"):
        assert one[column].equals(other[column]), column
    # matrix products of another shape differ in the last digit
    np.testing.assert_allclose(one["similarity"], other["similarity"], atol=1e-6)


# --- errors


def test_a_bad_file_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    """The end of a compressed file is missing."""
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv.gz"
    good.write_text(sample_csv(), encoding="utf-8")
    whole = gzip.compress(sample_csv().encode())
    bad.write_bytes(whole[: len(whole) * 2 // 3])
    out = tmp_path / "out"
    result = command(
        "mine",
        "--source",
        f"files:{good}",
        "--source",
        f"files:{bad}",
        "--out",
        out,
        "--profile",
        "sample",
        "--workers",
        1,
    )
    assert result.exit_code == 3, result.output
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert "bad.csv.gz" in line
    assert not out.exists(), "no run has begun"
