"""Names over several minings: a namer's, names that stay, and names that do not, by real runs."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.chat_server import ChatServer
from tests.support.mine_command import Mined, lines, run

# The first test waits for the shared run.
pytestmark = pytest.mark.timeout(900)
TRUE = 0.6


def rows_of(mined: Mined) -> list[dict[str, Any]]:
    """MICRO_GENRES of a release."""
    rows: list[dict[str, Any]] = mined.release.micro_genres.to_pylist()
    return rows


def events_of(mined: Mined) -> dict[str, str]:
    """What happened to each micro-genre, by its id."""
    rows = pq.read_table(mined.release.path / "lineage.parquet").to_pylist()
    return {row["micro_genre_id"]: row["event"] for row in rows if row["micro_genre_id"]}


def suggest(prompt: str) -> str:
    """Two names: one that no film is true of, and one of the prompt's subject and genre."""
    facts = dict(line.split(": ", 1) for line in prompt.splitlines() if ": " in line)
    subject = facts.get("Subjects", "quiet").split(", ")[0]
    genre = facts.get("Genres", "film").split(", ")[0]
    return json.dumps(["Silent Submarine Westerns", f"{subject} {genre} films"])


def test_a_namers_names_are_true_or_dropped_and_requested_once(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NAMER_API_KEY", raising=False)
    with ChatServer(suggest) as chat:
        label = {"namer": chat.setting}
        first = run(["sample"], tmp_path / "out", 2, label=label)
        sent = len(chat.chats)
        again = run(["sample"], tmp_path / "out", 2, label=label)
        assert len(chat.chats) == sent
    assert again.release.id == first.release.id
    rows = rows_of(first)
    assert sent == sum(not row["thin"] for row in rows)
    suggested = [row for row in rows if row["name_source"] == "namer"]
    assert suggested
    assert {row["name_source"] for row in rows} == {"namer", "mined"}
    for row in suggested:
        shares = [row[name] for name in ("name_truth", "subject_truth", "form_truth")]
        assert all(share is None or share >= TRUE for share in shares), row
    names = [row["micro_genre_name"] for row in rows]
    assert "Silent Submarine Westerns" not in names
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def bare(server: str, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """The sample mined without its column of genres."""
    folder = tmp_path_factory.mktemp("bare")
    films = list(csv.DictReader(lines()))
    catalogue = folder / "films.csv"
    columns = [name for name in films[0] if name != "genres"]
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(films)
    return run([f"files:{catalogue}"], folder / "out", 2)


def test_names_without_genres_give_way_when_genres_are_known(
    server: str, bare: Mined, mined: Mined, tmp_path: Path
) -> None:
    assert not any(row["form_genres"] for row in rows_of(bare))
    shutil.copytree(bare.out, tmp_path / "out")
    now = run(["sample"], tmp_path / "out", 2)
    rows, events = rows_of(now), events_of(now)
    fresh = {row["cluster"]: row for row in rows_of(mined)}
    for row in rows:
        # the clusters are those of a first mining; so are the parts that their names could have
        assert bool(row["form_genres"]) >= bool(fresh[row["cluster"]]["form_genres"]), row
        if row["name_source"] == "kept":
            assert events[row["micro_genre_id"]] == "kept"
            assert row["name_truth"] >= TRUE
    assert "renamed" in events.values()
    before = {row["micro_genre_id"] for row in rows_of(bare)}
    assert len(before & {row["micro_genre_id"] for row in rows}) >= 0.5 * len(before)


def test_true_names_stay_unless_new_names_are_wanted(
    server: str, mined: Mined, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(mined.out, folder)
    table = pq.read_table(mined.release.path / "micro_genres.parquet")
    half = [line for number, line in enumerate(lines()) if number % 12 != 5]
    catalogue = tmp_path / "films.csv"
    catalogue.write_text("".join(half), encoding="utf-8")
    kept = run([f"files:{catalogue}"], folder, 2)
    before = dict(
        zip(table["micro_genre_id"].to_pylist(), table["micro_genre_name"].to_pylist(), strict=True)
    )
    stayed = [row for row in rows_of(kept) if row["name_source"] == "kept"]
    assert len(stayed) >= 0.3 * len(before)
    for row in stayed:
        assert before[row["micro_genre_id"]] == row["micro_genre_name"]
        assert row["name_truth"] >= TRUE
    new = run([f"files:{catalogue}"], folder, 2, label={"new_names": True})
    assert {row["name_source"] for row in rows_of(new)} == {"mined"}
    assert [row["micro_genre_id"] for row in rows_of(new)] == [
        row["micro_genre_id"] for row in rows_of(kept)
    ]
    again = run([f"files:{catalogue}"], folder, 2)
    assert again.release.id == new.release.id, "new names stay"
