"""The whole route with nothing replaced: the real model, a Dask cluster, a Prefect server."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import adjusted_mutual_info_score
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.mine import mine
from flows.progress import Event, StageDone, listen
from pipeline.label.lexicon import is_boilerplate, normal_form
from pipeline.release import Release, open_release
from pipeline.store import verify_release
from pipeline.tables import matrix_of
from tests.prefect_process import PrefectProcess

ROOT = Path(__file__).resolve().parents[2]
FILMS = 531
SAME = ("movies.parquet", "micro_genres.parquet", "neighbours.parquet")
TASKS = {
    "read sources", "clean movies", "extract features", "embed texts", "embed terms",
    "place films", "cluster films", "find neighbours", "name clusters", "publish release",
}  # fmt: skip
STAGES = {
    "sources", "clean", "features", "embed", "points", "k-curve", "stability", "assign", "index",
    "neighbours", "count-terms", "keywords", "names", "family-keywords", "family-names", "publish",
}  # fmt: skip
SUBMARINE = (
    "Deep under the Atlantic the crew of a nuclear submarine falls apart when the captain and his "
    "executive officer quarrel over an order to fire torpedoes at an enemy boat."
)

# The first test waits for the runs that all share.
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Mined:
    """A finished run, and what it told meanwhile."""

    out: Path
    release: Release
    told: list[Event]


@pytest.fixture(scope="module")
def server(prefect: PrefectProcess) -> Iterator[str]:
    """The address of the Prefect server that runs here use."""
    with prefect.used() as url:
        yield url


def ask(url: str, question: dict[str, Any]) -> Any:
    data = json.dumps(question).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def run_of(server: str, out: Path) -> dict[str, Any]:
    """What the server knows of the last flow run into a folder."""
    wanted = {"flow_runs": {"name": {"any_": [f"mine into {out}"]}}, "sort": "START_TIME_DESC"}
    return dict(ask(f"{server}/flow_runs/filter", wanted)[0])


def artifacts_of(server: str, run: dict[str, Any]) -> dict[str, dict[str, Any]]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}, "limit": 200}
    return {found["key"]: found for found in ask(f"{server}/artifacts/filter", wanted)}


def run(sources: list[str], out: Path, workers: int) -> Mined:
    told: list[Event] = []
    with listen(told.append):
        path = mine(sources, str(out), profile="sample", overrides={"dask": {"workers": workers}})
    return Mined(out, Release(Path(path)), told)


@pytest.fixture(scope="module")
def mined(server: str, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """The sample, mined by two workers."""
    return run(["sample"], tmp_path_factory.mktemp("mined") / "out", 2)


@pytest.fixture(scope="module")
def shuffled(server: str, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """The same films in another order, as a file, mined by one worker."""
    folder = tmp_path_factory.mktemp("shuffled")
    header, *rows = list(csv.reader(sample_csv().splitlines(keepends=True)))
    random.Random(7).shuffle(rows)
    catalogue = folder / "films.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows])
    return run([f"files:{catalogue}"], folder / "out", 1)


def sample_csv() -> str:
    return files("pipeline.sources").joinpath("sample.csv").read_text(encoding="utf-8")


def command(*args: object) -> Result:
    return CliRunner().invoke(app, [str(a) for a in args], env={"COLUMNS": "120"})


def answer(*args: object) -> Any:
    result = command(*args, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def same_bytes(one: Release, other: Release) -> None:
    for name in SAME:
        first, second = (release.manifest["files"][name] for release in (one, other))
        assert first == second, name


# --- what is released


def test_release_verifies_and_holds_all_films(mined: Mined) -> None:
    manifest = verify_release(mined.release.path)
    assert manifest["counts"] == {"rows_in": FILMS, "released": FILMS, "rejected": 0}
    assert mined.release.movies.num_rows == FILMS
    assert (mined.out / "latest").read_text().strip() == mined.release.id
    listed = {path.name for path in mined.release.path.iterdir()}
    assert listed >= {
        *SAME, "families.parquet", "embeddings.parquet", "rejects.parquet", "index.faiss",
        "report.json", "report.html", "manifest.json", "README.md",
    }  # fmt: skip


def test_clusters_are_the_editors_micro_genres(mined: Mined) -> None:
    intended = {row["movie_id"]: row["micro_genre"] for row in csv.DictReader(lines())}
    movies = mined.release.movies.select(["movie_id", "cluster"]).to_pylist()
    score = adjusted_mutual_info_score(
        [intended[row["movie_id"]] for row in movies], [row["cluster"] for row in movies]
    )
    assert score >= 0.75


def lines() -> list[str]:
    return sample_csv().splitlines(keepends=True)


def test_names_are_unique_and_at_home(mined: Mined) -> None:
    names = mined.release.micro_genres.column("micro_genre_name").to_pylist()
    families = mined.release.families.column("family_name").to_pylist()
    assert len(names) >= 24
    forms = [normal_form(name) for name in [*names, *families]]
    assert all(forms)
    assert len(set(forms)) == len(forms)
    for name in [*names, *families]:
        assert name[0].isupper() or name[0].isdigit()
        assert len(name) <= 60
        assert "/" not in name
    figures = mined.release.report["names"]
    assert figures["own_centroid_share"] >= 0.97
    assert figures["unique_share"] == 1.0
    assert figures["near_duplicate_pairs"] == []


def test_keywords_are_five_themes_that_the_films_speak_of(mined: Mined) -> None:
    people = {
        person.casefold()
        for column in ("directors", "cast")
        for film in mined.release.movies.column(column).to_pylist()
        for person in film or []
    }
    for row in mined.release.micro_genres.to_pylist():
        keywords = row["keywords"]
        assert 1 <= len(keywords) <= 5
        assert row["micro_genre_keybert"] == " / ".join(keywords)
        assert len({normal_form(word) for word in keywords}) == len(keywords)
        assert not [word for word in keywords if is_boilerplate(word) or word in people]
    figures = mined.release.report["names"]
    assert figures["boilerplate_keywords"] == []
    assert figures["keyword_coverage"] >= 0.70


def test_families_gather_micro_genres_and_are_named(mined: Mined) -> None:
    families, genres = mined.release.families.to_pylist(), mined.release.micro_genres.to_pylist()
    assert 2 <= len(families) < len(genres)
    named = {row["family"]: row["family_name"] for row in families}
    assert all(named[row["family"]] == row["family_name"] for row in genres)
    assert sum(row["films"] for row in families) == FILMS
    assert sum(row["micro_genres"] for row in families) == len(genres)
    assert all(row["keywords"] for row in families)
    assert any(" & " in name for name in named.values())


def test_every_film_says_where_it_belongs(mined: Mined) -> None:
    genres = {row["cluster"]: row for row in mined.release.micro_genres.to_pylist()}
    for film in mined.release.movies.to_pylist():
        genre = genres[film["cluster"]]
        assert film["micro_genre_name"] == genre["micro_genre_name"]
        assert film["micro_genre_keybert"] == genre["micro_genre_keybert"]
        assert film["family_name"] == genre["family_name"]
        assert film["margin"] >= 0
        assert film["runner_up"] in genres
        assert film["runner_up"] != film["cluster"]


def test_index_answers_as_the_table_of_neighbours(mined: Mined) -> None:
    index = faiss.read_index(str(mined.release.path / "index.faiss"))
    vectors = pq.read_table(mined.release.path / "embeddings.parquet")
    ids, matrix = vectors.column("movie_id").to_pylist(), matrix_of(vectors)
    assert index.ntotal == len(ids) == FILMS
    near: dict[str, list[tuple[str, float]]] = {}
    for row in mined.release.neighbours.to_pylist():
        near.setdefault(row["movie_id"], []).append((row["neighbour_id"], row["similarity"]))
    similarity, places = index.search(matrix, 11)
    for film, scores, rows in zip(ids, similarity, places, strict=True):
        pairs = zip(rows, scores, strict=True)
        found = [(ids[place], score) for place, score in pairs if ids[place] != film]
        assert [other for other, _ in found] == [other for other, _ in near[film]]
        assert np.allclose([s for _, s in found], [s for _, s in near[film]], atol=1e-6)


class _Links(HTMLParser):
    """Whatever a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "data", "poster") or (tag, name) == ("link", "href"):
                self.fetched.append(value or "")


def test_report_page_stands_alone(mined: Mined) -> None:
    page = (mined.release.path / "report.html").read_text(encoding="utf-8")
    links = _Links()
    links.feed(page)
    assert [link for link in links.fetched if not link.startswith("data:")] == []
    assert "@import" not in page
    assert "Plotly" in page
    for name in mined.release.micro_genres.column("micro_genre_name").to_pylist():
        assert name.split()[0] in page


def test_manifest_tells_how_it_was_made(mined: Mined) -> None:
    manifest = mined.release.manifest
    assert manifest["schema_version"] == 1
    assert manifest["settings"]["cluster"]["leaf_films"] == 19  # of the profile
    assert manifest["settings"]["dask"]["workers"] == 2
    assert {"python", "torch", "faiss-cpu", "dask", "prefect"} <= manifest["versions"].keys()
    model = manifest["model"]
    assert (model["name"], model["dim"]) == ("all-MiniLM-L6-v2", 384)
    assert len(model["revision"]) == 64
    (source,) = manifest["sources"]
    assert (source["name"], source["rows"], len(source["sha256"])) == ("sample", FILMS, 64)
    assert manifest["schema"]["neighbours"]["rank"] == "int16"
    report = mined.release.report
    assert report["counts"]["released"] == FILMS
    assert report["embedding"]["texts_per_second"] > 0
    assert report["clusters"]["length_variance_explained"] <= 0.15


# --- what Prefect and the terminal see


def test_prefect_shows_the_run_its_tasks_and_artifacts(server: str, mined: Mined) -> None:
    flow_run = run_of(server, mined.out)
    assert flow_run["state_name"] == "Completed"
    wanted = {"task_runs": {"flow_run_id": {"any_": [flow_run["id"]]}}, "limit": 200}
    deadline = time.monotonic() + 30
    tasks: list[dict[str, Any]] = []
    # the server writes what happened to tasks a little later
    while {t["name"] for t in tasks if t["state_name"] == "Completed"} != TASKS:
        assert time.monotonic() < deadline, [(t["name"], t["state_name"]) for t in tasks]
        time.sleep(0.2)
        tasks = ask(f"{server}/task_runs/filter", wanted)
    found = artifacts_of(server, flow_run)
    assert set(found) >= {f"{s}-{kind}" for s in STAGES for kind in ("progress", "partitions")}
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
        assert len(rows) == mined.release.manifest["partition_count"]
        assert sum(row["rows in"] for row in rows if stage == "clean") in (0, FILMS)


def test_artifacts_have_the_same_keys_in_each_run(
    server: str, mined: Mined, shuffled: Mined
) -> None:
    one, other = (set(artifacts_of(server, run_of(server, m.out))) for m in (mined, shuffled))
    assert one == other


def test_each_stage_is_told_to_who_listens(mined: Mined) -> None:
    assert {event.stage for event in mined.told if isinstance(event, StageDone)} >= STAGES


# --- the same bytes


def test_one_worker_and_shuffled_rows_give_the_same_bytes(mined: Mined, shuffled: Mined) -> None:
    assert shuffled.release.manifest["settings"]["dask"]["workers"] == 1
    assert shuffled.release.manifest["sources"] != mined.release.manifest["sources"]
    same_bytes(mined.release, shuffled.release)


def test_a_killed_run_goes_on_and_gives_the_same_bytes(
    server: str, mined: Mined, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    embedded = out / "work" / "embed"
    args = ["mine", "--source", "sample", "--profile", "sample", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "flows.cli", *args, "--workers", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT, start_new_session=True,
    ) as process:  # fmt: skip
        assert os.environ["PREFECT_API_URL"] == server
        deadline = time.monotonic() + 180
        try:
            while not list(embedded.glob("*.json")):
                assert process.poll() is None, process.stderr and process.stderr.read().decode()
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # its workers are of its process group
    before = {path: path.read_bytes() for path in (out / "work").rglob("*.json")}
    done = [path for path in before if path.parent == embedded]
    assert 1 <= len(done) < mined.release.manifest["partition_count"]
    assert not (out / "latest").exists()

    told = answer(*args, "--workers", 2)
    after = {path: path.read_bytes() for path in (out / "work").rglob("*.json")}
    assert {path: after.get(path) for path in before} == before
    assert len(list(embedded.glob("*.json"))) == mined.release.manifest["partition_count"]
    again = open_release(out)
    same_bytes(mined.release, again)
    # the same films, settings and result are the same release
    assert told["release_id"] == again.id == mined.release.id
    assert verify_release(again.path)["counts"]["released"] == FILMS
    # a part was encoded before: what the rest took says nothing of the speed
    assert again.report["embedding"]["texts_per_second"] is None


# --- mined afresh, in a folder that has a release


@pytest.fixture(scope="module")
def again(mined: Mined, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """A second mining into a copy of the folder, one per cent of the films changed, rows shuffled.

    Three films are gone, and three are told by what another film is about.
    """
    folder = tmp_path_factory.mktemp("again")
    header, *rows = list(csv.reader(lines()))
    random.Random(11).shuffle(rows)
    for row, teller in zip(rows[3:6], rows[6:9], strict=True):
        for name in ("overview", "keywords"):
            row[header.index(name)] = teller[header.index(name)]
    catalogue = folder / "films.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([header, *rows[3:]])
    shutil.copytree(mined.out, folder / "out")
    return run([f"files:{catalogue}"], folder / "out", 2)


def test_nine_of_ten_micro_genres_keep_their_id(mined: Mined, again: Mined) -> None:
    manifest = verify_release(again.release.path)
    assert (manifest["kind"], manifest["parent"]) == ("mined", mined.release.id)
    assert (manifest["generation"], manifest["counts"]["released"]) == (1, FILMS - 3)
    before, now = (
        {
            row["micro_genre_id"]: row["micro_genre_name"]
            for row in m.release.micro_genres.to_pylist()
        }
        for m in (mined, again)
    )
    kept = before.keys() & now.keys()
    assert len(kept) >= 0.9 * len(before)
    told = pq.read_table(again.release.path / "lineage.parquet").to_pylist()
    events = {(row["previous_id"], row["micro_genre_id"]): row for row in told}
    assert len(events) == len(told)
    for name in kept:
        row = events[name, name]
        assert row["event"] == ("kept" if before[name] == now[name] else "renamed")
        assert row["share_of_previous"] >= 0.15
    ended = {row["previous_id"] for row in told if row["event"] in ("merged", "gone")}
    assert ended == before.keys() - now.keys()
    begun = {row["micro_genre_id"] for row in told if row["event"] in ("split", "born")}
    assert begun == now.keys() - before.keys()
    counted = again.release.report["lineage"]
    assert sum(counted.values()) == len(told)
    assert counted["kept"] + counted["renamed"] == len(kept)


def test_a_film_changes_its_id_only_with_its_micro_genre(mined: Mined, again: Mined) -> None:
    place: list[dict[str, str]] = []
    for m in (mined, again):
        genre = {r["cluster"]: r["micro_genre_id"] for r in m.release.micro_genres.to_pylist()}
        films = m.release.movies.select(["movie_id", "cluster"]).to_pylist()
        place.append({film["movie_id"]: genre[film["cluster"]] for film in films})
    both = place[0].keys() & place[1].keys()
    assert len(both) == FILMS - 3
    told = pq.read_table(again.release.path / "lineage.parquet").to_pylist()
    pairs = [(r["previous_id"], r["micro_genre_id"], r["shared_films"]) for r in told]
    for one, other, shared in pairs:
        if one and other:
            assert sum(place[0][i] == one and place[1][i] == other for i in both) == shared
    stayed = np.mean([place[0][film] == place[1][film] for film in both])
    assert stayed >= 0.85
    grown = answer("history", "--out", again.out)
    assert [release["kind"] for release in grown["releases"]] == ["mined", "mined"]


# --- what goes wrong


def test_a_bad_file_stops_the_run_before_anything_is_committed(server: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.parquet"
    good.write_text(sample_csv(), encoding="utf-8")
    bad.write_bytes(b"PAR1 no table")
    out = tmp_path / "out"
    result = command(
        "mine", "--source", f"files:{good}", "--source", f"files:{bad}", "--out", out,
        "--profile", "sample", "--workers", 1,
    )  # fmt: skip
    assert result.exit_code == 3, result.output
    assert "bad.parquet" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list((out / "work").rglob("*.json"))
    assert not list(out.rglob("*.parquet"))
    assert not (out / "latest").exists()
    assert run_of(server, out)["state_name"] == "Failed"


# --- the other commands


def test_show_and_similar(mined: Mined) -> None:
    genres = answer("show", "--out", mined.out)["micro_genres"]
    assert len(genres) == mined.release.micro_genres.num_rows
    assert [g["films"] for g in genres] == sorted((g["films"] for g in genres), reverse=True)
    name = genres[0]["micro_genre_name"]
    one = command("show", name, "--out", mined.out)
    assert one.exit_code == 0
    assert name in one.stdout
    similar = answer("similar", "The Hunt for Red October (1990)", "--out", mined.out)
    assert len(similar["similar"]) == 10
    assert "Submarine" in similar["similar"][0]["micro_genre_name"]


def test_assign_names_the_micro_genre_of_an_unseen_film(mined: Mined) -> None:
    (film,) = answer("assign", SUBMARINE, "--out", mined.out)["films"]
    assert "Submarine" in film["micro_genre_name"]
    assert film["margin"] > 0
    assert film["runner_up"] != film["cluster"]
    assert not film["weak"]


def test_assign_finds_films_of_the_release_again(mined: Mined, tmp_path: Path) -> None:
    movies = mined.release.movies.to_pylist()[::10]
    texts = tmp_path / "films.jsonl"
    known = ("title", "overview", "keywords", "tagline")
    texts.write_text("\n".join(json.dumps({n: film[n] for n in known}) for film in movies))
    found = answer("assign", "--file", texts, "--out", mined.out)["films"]
    same = [f["cluster"] == film["cluster"] for f, film in zip(found, movies, strict=True)]
    assert np.mean(same) >= 0.9


def test_report(mined: Mined) -> None:
    told, report = answer("report", "--out", mined.out), mined.release.report
    assert told.keys() == report.keys()
    assert told["counts"] == report["counts"]
    assert told["clusters"] == pytest.approx(report["clusters"], abs=1e-5)  # rounded for scripts
    printed = command("report", "--out", mined.out)
    assert printed.exit_code == 0
    assert "report.html" in printed.stdout


def test_verify_finds_the_damage(mined: Mined, tmp_path: Path) -> None:
    assert answer("verify", "--out", mined.out)["ok"] is True
    damaged = tmp_path / mined.release.id
    shutil.copytree(mined.release.path, damaged)
    table = damaged / "neighbours.parquet"
    data = bytearray(table.read_bytes())
    data[len(data) // 2] ^= 1
    table.write_bytes(data)
    result = command("verify", damaged, "--json")
    assert result.exit_code == 4
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert [problem.split(":")[0] for problem in told["problems"]] == ["neighbours.parquet"]
    assert command("verify", damaged).exit_code == 4
