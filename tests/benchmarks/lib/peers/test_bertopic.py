from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.lib.films import TRUTH, Catalogue
from benchmarks.lib.harness import run_in_new_process
from benchmarks.lib.machine import find_missing
from benchmarks.lib.peers.bertopic import MODULES, run_bertopic
from benchmarks.lib.peers.bertopic_run import main
from benchmarks.lib.small_model import build_model

pytestmark = pytest.mark.skipif(
    find_missing(*MODULES) is not None, reason="the extra `bench` is not installed"
)
FILMS = 150


@pytest.fixture(scope="module")
def films() -> list[dict[str, object]]:
    return [Catalogue(FILMS, 1).film(number)[0] for number in range(FILMS)]


def test_topics_and_figures_are_written(tmp_path: Path, films: list[dict[str, object]]) -> None:
    texts = pa.table(
        {"movie_id": [f["movie_id"] for f in films], "text": [f["overview"] for f in films]}
    )
    pq.write_table(texts, tmp_path / "texts.parquet")
    model = build_model(tmp_path)
    run_in_new_process(main, str(tmp_path / "texts.parquet"), str(model), str(tmp_path / "found"))
    found = pq.read_table(tmp_path / "found.parquet")
    figures = json.loads((tmp_path / "found.json").read_text())
    assert found["movie_id"].equals(texts["movie_id"])
    topics = found["topic"].to_numpy()
    assert figures["topics"] == len({topic for topic in topics.tolist() if topic >= 0})
    assert figures["unplaced_share"] == pytest.approx((topics < 0).mean())
    assert figures["encode_seconds"] > 0 and figures["fit_seconds"] > 0


def test_the_texts_are_those_of_a_release(tmp_path: Path, films: list[dict[str, object]]) -> None:
    release = tmp_path / "release"
    release.mkdir()
    movies = pa.Table.from_pylist([{**film, "tagline": "Run!"} for film in films])
    pq.write_table(movies, release / "movies.parquet")
    truth = [Catalogue(FILMS, 1).film(number)[1] for number in range(FILMS)]
    pq.write_table(pa.Table.from_pylist(truth, TRUTH), tmp_path / "truth.parquet")
    row = run_bertopic(release, tmp_path, tmp_path / "truth.parquet")
    texts = pq.read_table(tmp_path / "texts.parquet")["text"].to_pylist()
    assert texts[0].startswith(str(films[0]["overview"])) and "Run!" in texts[0]
    assert row["films"] == FILMS and row["planted"] == 3 and -0.1 < row["ami"] <= 1
    inside = row["encode_seconds"] + row["fit_seconds"]
    assert row["wall_seconds"] > inside and row["total_mib"] > 300
