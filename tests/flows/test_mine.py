"""The whole route, with the real model, a real Dask cluster and a real Prefect server."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from typer.testing import CliRunner

from pipeline.store import verify_release

pytestmark = pytest.mark.timeout(900)

SAME = ("movies.parquet", "micro_genres.parquet", "neighbours.parquet")


@dataclass(frozen=True)
class Mined:
    release: Path
    api: str

    def table(self, name: str) -> Any:
        return pq.read_table(self.release / f"{name}.parquet").to_pandas()

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads((self.release / "report.json").read_text()))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server that all runs of this module share."""
    home = tmp_path_factory.mktemp("prefect")
    os.environ["PREFECT_HOME"] = str(home)
    from flows.server import prefect_server

    with prefect_server(home / "server.log") as url:
        yield url


def command(out: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "flows.cli", "mine", "--profile", "sample", "--out", str(out),
            *options]  # fmt: skip


def run(api: str, out: Path, *options: str) -> Path:
    environment = os.environ | {"PREFECT_API_URL": api}
    done = subprocess.run(
        command(out, *options), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "releases" / (out / "latest").read_text().strip()


@pytest.fixture(scope="module")
def mined(api: str, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    return Mined(run(api, tmp_path_factory.mktemp("mined"), "--workers", "2"), api)


def checksums(release: Path) -> list[str]:
    manifest = json.loads((release / "manifest.json").read_text())
    return [manifest["files"][name]["sha256"] for name in SAME]


def sample_rows() -> list[dict[str, str]]:
    text = files("pipeline.sources").joinpath("sample.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_every_film_is_released_and_every_checksum_holds(mined: Mined) -> None:
    verify_release(mined.release)
    assert set(mined.table("movies").movie_id) == {row["movie_id"] for row in sample_rows()}


def test_clusters_are_what_the_editors_meant(mined: Mined) -> None:
    meant = {row["movie_id"]: row["micro_genre"] for row in sample_rows()}
    movies = mined.table("movies")
    truth = movies.movie_id.map(meant)
    assert adjusted_mutual_info_score(truth, movies.cluster) >= 0.75


def test_names_are_unique_and_near_their_own_cluster(mined: Mined) -> None:
    names = mined.report["names"]
    assert names["unique_share"] == 1
    assert names["near_duplicate_pairs"] == []
    assert names["boilerplate_keywords"] == []
    assert names["own_centroid_share"] >= 0.97
    assert names["keyword_coverage"] >= 0.70


def test_clusters_are_not_buckets_of_text_length(mined: Mined) -> None:
    assert mined.report["clusters"]["length_variance_explained"] <= 0.15


def test_films_have_margins_and_families(mined: Mined) -> None:
    movies, genres = mined.table("movies"), mined.table("micro_genres")
    assert (movies.margin >= 0).all()
    assert (movies.cluster != movies.runner_up).all()
    assert movies.micro_genre_keybert.str.contains(" / ").all()
    assert set(movies.family_name) == set(mined.table("families").family_name)
    assert genres.films.sum() == len(movies)


def test_the_index_and_the_neighbours_agree(mined: Mined) -> None:
    index = faiss.read_index(str(mined.release / "index.faiss"))
    table = pq.read_table(mined.release / "embeddings.parquet")
    vectors = np.array(table.column("vector").to_pylist(), np.float32)
    ids = table.column("movie_id").to_pylist()
    near = mined.table("neighbours")
    _, rows = index.search(vectors[:20], 2)
    for own, found in enumerate(rows):
        first = near[(near.movie_id == ids[own]) & (near["rank"] == 1)].neighbour_id.item()
        assert first in {ids[row] for row in found}


def test_the_manifest_tells_how_it_was_made(mined: Mined) -> None:
    manifest = json.loads((mined.release / "manifest.json").read_text())
    assert manifest["model"]["revision"].startswith("53aa51172d142c89")
    assert manifest["sources"][0]["rows"] == 531
    assert {"faiss-cpu", "torch"} <= set(manifest["versions"])
    assert manifest["settings"]["cluster"]["leaf_films"] == 19


def ask(mined: Mined, path: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(
        f"{mined.api}/{path}", b"{}", {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return list(json.load(answer))


def test_prefect_shows_the_run(mined: Mined) -> None:
    states = {flow_run["state"]["type"] for flow_run in ask(mined, "flow_runs/filter")}
    assert "COMPLETED" in states
    tasks = {task["name"] for task in ask(mined, "task_runs/filter")}
    assert {"read sources", "embed texts", "cluster films", "publish release"} <= tasks
    keys = {artifact["key"] for artifact in ask(mined, "artifacts/filter")}
    assert {"report", "embed-progress", "embed-partitions", "sources-partitions"} <= keys


def test_same_bytes_with_one_worker_and_shuffled_rows(mined: Mined, tmp_path: Path) -> None:
    rows = sample_rows()
    order = np.random.default_rng(3).permutation(len(rows))
    shuffled = tmp_path / "shuffled.csv"
    with shuffled.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows[i] for i in order)
    again = run(mined.api, tmp_path / "out", "--source", f"files:{shuffled}", "--workers", "1")
    assert checksums(again) == checksums(mined.release)


def test_same_bytes_after_a_kill_and_no_work_twice(mined: Mined, tmp_path: Path) -> None:
    out = tmp_path / "out"
    environment = os.environ | {"PREFECT_API_URL": mined.api}
    process = subprocess.Popen(
        command(out, "--workers", "2"), env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 300
    while not list((out / "work" / "embed").glob("*.json")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "latest").exists()
    before = {path: path.stat().st_mtime_ns for path in (out / "work").glob("*/*.json")}
    release = run(mined.api, out, "--workers", "2")
    assert checksums(release) == checksums(mined.release)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_command_line_answers_from_a_release(mined: Mined, tmp_path: Path) -> None:
    from flows.cli import app

    def invoke(*words: str) -> str:
        result = CliRunner().invoke(app, list(words))
        assert result.exit_code == 0, result.output
        return result.stdout

    place = ["--release", str(mined.release), "--json"]
    assert len(json.loads(invoke("show", *place))["micro_genres"]) == len(
        mined.table("micro_genres")
    )
    text = "A submarine crew hides from destroyers as the air in the hull runs out."
    assert "Submarine" in invoke("assign", text, *place)
    assert "U-571" in invoke("similar", "Das Boot (1981)", *place)
    invoke("verify", str(mined.release))


def test_a_bad_file_stops_the_run_before_anything_is_committed(api: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 nothing here")
    out = tmp_path / "out"
    environment = os.environ | {"PREFECT_API_URL": api}
    done = subprocess.run(
        command(out, "--source", f"files:{bad}"), env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "bad.parquet" in done.stderr
    assert not list((out / "work").glob("*/*.json"))
    assert not (out / "latest").exists()
