from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.lib.peers.lenskit import (
    LISTS,
    STARS,
    _profiles,
    _read_scores,
    compare_lists,
    compare_stars,
    find_reason,
)
from benchmarks.lib.peers.lenskit_run import MODELS
from pipeline.recommend.data.films import link_films
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.interactions import build_history
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.recommend.data.temporal_split import find_boundaries, split_at_random, split_by_time
from pipeline.recommend.models.validation_sets import build_validation_set
from pipeline.settings import RecommendSettings

# Interpreter of an environment with LensKit, see benchmarks/lib/peers/lenskit.py.
PYTHON = os.environ.get("MICROGENRES_TEST_LENSKIT")
SETTINGS = RecommendSettings(bootstrap=100)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> tuple:
    place = tmp_path_factory.mktemp("ratings")
    generate(place / "movielens", Size(6_000, films=150, tag_films=20), seed=1)
    prepared = prepare(place / "movielens", place / "data")
    return prepared.whole(), link_films(prepared.films(), None)


def test_the_reason_why_lenskit_cannot_run_is_one_line(tmp_path: Path) -> None:
    assert "--lenskit PYTHON" in (find_reason(None) or "")
    assert "cannot be started" in (find_reason(str(tmp_path / "python")) or "")
    reason = find_reason(sys.executable)  # LensKit needs an environment of its own
    assert reason is not None and "\n" not in reason and "lenskit" in reason


def test_ours_are_measured_without_lenskit(ratings: tuple) -> None:
    table, films = ratings
    earlier, later = split_at_random(table, 0.2, 1)
    stars = compare_stars(earlier, later, films, None, 1, 1)
    assert list(stars) == [f"ours, {name}" for name in STARS["ours"]]
    for row in stars.values():
        assert 0.2 < row["mae"] <= row["rmse"] < 2 and row["ratings"] == len(later)
        assert row["fit_seconds"] > 0 and row["peak_mib"] > 50


def test_profiles_and_scores_keep_users_and_films(ratings: tuple, tmp_path: Path) -> None:
    table, films = ratings
    at = find_boundaries([table.column("timestamp").to_numpy()], SETTINGS)
    parts = split_by_time(table, at)
    history = build_history(parts["train"], films)
    validation = build_validation_set(history, parts["test"], films, 4.0, 100, 1)
    profiles = _profiles(validation, films)
    assert profiles.num_rows == validation.profiles.nnz
    # as scores: every rating comes back at its user and film
    scores = profiles.rename_columns(["user_id", "film_id", "score"])
    pq.write_table(scores.take(np.random.default_rng(1).permutation(len(scores))), tmp_path / "s")
    found = _read_scores(tmp_path / "s", validation, films)
    assert np.array_equal(np.where(np.isinf(found), 0, found), validation.profiles.toarray())


@pytest.mark.skipif(PYTHON is None, reason="MICROGENRES_TEST_LENSKIT names no interpreter")
def test_lenskit_takes_turns_with_ours(ratings: tuple) -> None:
    table, films = ratings
    earlier, later = split_at_random(table, 0.2, 1)
    stars = compare_stars(earlier, later, films, PYTHON, 1, 1)
    at = find_boundaries([table.column("timestamp").to_numpy()], SETTINGS)
    parts = split_by_time(table, at)
    lists = compare_lists(parts["train"], parts["test"], films, PYTHON, 1, SETTINGS, 1)
    assert {*STARS["LensKit"], *LISTS["LensKit"]} == set(MODELS)
    for name in STARS["LensKit"]:
        row = stars[f"LensKit, {name}"]
        assert row["version"].startswith("2026") and 0.2 < row["mae"] <= row["rmse"] < 2
    assert stars["LensKit, bias"]["rmse"] == pytest.approx(stars["ours, bias"]["rmse"], abs=0.05)
    for name in LISTS["LensKit"]:
        assert 0 <= lists[f"LensKit, {name}"]["ndcg"] <= 1
        assert lists[f"LensKit, {name}"]["fit_seconds"] > 0
    assert lists["ours, ease"]["our_ease_ahead"][0] == 0
