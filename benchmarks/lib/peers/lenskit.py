"""Recommenders of LensKit beside ours: the same split, in turns, each in a process of its own.

LensKit 2026.4 needs Python 3.12.5 or later, and so an environment of its own:

    python3.13 -m venv ENV
    ENV/bin/pip install torch==2.13.0 lenskit==2026.4.0

PyPI's build of PyTorch for that Python may contain the libraries of CUDA, some 5 GB.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from benchmarks.lib.harness import Row, median_row, run_in_new_process, take_turns
from benchmarks.lib.machine import Watch
from pipeline.recommend.data.films import Films
from pipeline.recommend.data.interactions import build_history
from pipeline.recommend.data.matrices import row_indices
from pipeline.recommend.evaluation.evaluate import summarise_errors
from pipeline.recommend.evaluation.metrics import bootstrap_interval, measure_lists
from pipeline.recommend.models.registry import create_model
from pipeline.recommend.models.validation_sets import ValidationSet, build_validation_set
from pipeline.settings import RecommendSettings

__all__ = ["compare_lists", "compare_stars", "find_reason"]

_RUN = Path(__file__).with_name("lenskit_run.py")
STARS = {"ours": ("bias", "item-knn", "svd"), "LensKit": ("bias", "item-knn", "biased-mf")}
LISTS = {"ours": ("ease", "als"), "LensKit": ("ease", "ease-400", "implicit-mf")}


def find_reason(python: str | None) -> str | None:
    """Return why LensKit cannot run, or None if it can.

    Parameters
    ----------
    python : str, optional
        Interpreter of an environment with LensKit.
    """
    if python is None:
        return "no environment given: --lenskit PYTHON, see benchmarks/lib/peers/lenskit.py"
    code = "import lenskit, sys; assert sys.version_info >= (3, 12, 5); import lenskit.knn"
    try:
        done = subprocess.run(
            [*_isolated(python), "-c", code], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return f"{python} cannot be started: {error.strerror}"
    if done.returncode == 0:
        return None
    return (done.stderr.strip().splitlines() or ["it ended without a message"])[-1]


def compare_stars(
    earlier: pa.Table, later: pa.Table, films: Films, python: str | None, repeats: int, seed: int
) -> dict[str, Row]:
    """Return RMSE, MAE, seconds and memory of each model on a split of the ratings.

    Parameters
    ----------
    earlier, later : pa.Table of RATINGS
        Ratings to fit on, and ratings to predict.
    films : Films
        The films.
    python : str, optional
        Interpreter of LensKit's environment; None to leave it out.
    repeats : int
        Turns of each model; medians are returned.
    seed : int
        Seed of our models.

    Returns
    -------
    dict of str to Row
        By "ours, MODEL" and "LensKit, MODEL".
    """
    with tempfile.TemporaryDirectory(prefix="lenskit-") as name:
        place = Path(name)
        pq.write_table(earlier.select(["user_id", "film_id", "rating"]), place / "train.parquet")
        pq.write_table(later.select(["user_id", "film_id", "rating"]), place / "pairs.parquet")
        turns = _turns(STARS, partial(_our_stars, earlier, later, films, seed), python, place)
        found = _medians(turns, repeats)
        for row in STARS["LensKit"] if python else ():
            scores = pq.read_table(place / f"{row}.parquet")
            errors = scores["score"].to_numpy() - scores["rating"].to_numpy()
            found[f"LensKit, {row}"] |= summarise_errors(errors[np.isfinite(errors)].astype(float))
    return found


def compare_lists(
    earlier: pa.Table,
    later: pa.Table,
    films: Films,
    python: str | None,
    repeats: int,
    settings: RecommendSettings,
    seed: int,
) -> dict[str, Row]:
    """Return nDCG with its interval, seconds and memory of each model on a later period.

    Parameters
    ----------
    earlier, later : pa.Table of RATINGS
        Training ratings, and the ratings of the period after them.
    films : Films
        The films.
    python : str, optional
        Interpreter of LensKit's environment; None to leave it out.
    repeats : int
        Turns of each model; medians are returned.
    settings : RecommendSettings
        Length of the lists, stars of a liked film.
    seed : int
        Seed of our models, of the sample of users and of the bootstrap.

    Returns
    -------
    dict of str to Row
        By "ours, MODEL" and "LensKit, MODEL"; "ahead" has the difference in nDCG of our EASE to
        each other model, with its interval over users.
    """
    history = build_history(earlier, films)
    validation = build_validation_set(
        history, later, films, settings.liked, settings.measured_users, seed
    )
    with tempfile.TemporaryDirectory(prefix="lenskit-") as name:
        place = Path(name)
        pq.write_table(earlier.select(["user_id", "film_id", "rating"]), place / "train.parquet")
        pq.write_table(_profiles(validation, films), place / "profiles.parquet")
        turns = _turns(
            LISTS, partial(_our_lists, earlier, validation, films, settings, seed), python, place
        )
        found = _medians(turns, repeats)
        for row in LISTS["LensKit"] if python else ():
            scores = _read_scores(place / f"{row}.parquet", validation, films)
            ndcg = measure_lists(_Table(scores), validation, settings.k)["ndcg"]
            found[f"LensKit, {row}"]["by_user"] = ndcg.tolist()
    own = np.array(found["ours, ease"]["by_user"])
    for row in found.values():
        ndcg = np.array(row.pop("by_user"))
        row["ndcg"] = float(ndcg.mean())
        row["interval"] = list(bootstrap_interval(ndcg, settings.bootstrap, seed))
        difference = own - ndcg
        row["our_ease_ahead"] = [
            float(difference.mean()),
            *bootstrap_interval(difference, settings.bootstrap, seed),
        ]
    return found


def _turns(
    models: Mapping[str, Sequence[str]],
    ours: Callable[[str], Row],
    python: str | None,
    place: Path,
) -> dict[str, Callable[[], Row]]:
    turns: dict[str, Callable[[], Row]] = {}
    for name in models["ours"]:
        turns[f"ours, {name}"] = partial(run_in_new_process, ours, name)
    for name in models["LensKit"] if python else ():
        turns[f"LensKit, {name}"] = partial(_run_lenskit, python, place, name)
    return turns


def _medians(turns: Mapping[str, Callable[[], Row]], repeats: int) -> dict[str, Row]:
    return {name: median_row(runs) for name, runs in take_turns(turns, repeats).items()}


def _isolated(python: str) -> list[str]:
    """Return the interpreter such that it finds its own packages only, not this module."""
    return [python, "-I"]


def _run_lenskit(python: str, place: Path, name: str) -> Row:
    done = subprocess.run(
        [*_isolated(python), str(_RUN), str(place), name],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"LensKit's {name} failed: {done.stderr.strip()[-400:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _our_stars(earlier: pa.Table, later: pa.Table, films: Films, seed: int, name: str) -> Row:
    history, test = build_history(earlier, films), build_history(later, films)
    model = create_model(name, RecommendSettings())
    with Watch() as watch:
        model.fit(history, films, seed)
    at = history.rows_of(test.users)
    profiles = history.matrix[np.maximum(at, 0)].multiply((at >= 0)[:, None]).tocsr()
    profiles.eliminate_zeros()
    began = time.perf_counter()
    predicted = model.predict_stars(profiles)[row_indices(test.matrix), test.matrix.indices]
    return {
        "fit_seconds": watch.seconds,
        "score_seconds": time.perf_counter() - began,
        "peak_mib": watch.peak_mib,
        **summarise_errors(predicted.astype(float) - test.matrix.data),
    }


def _our_lists(
    earlier: pa.Table,
    validation: ValidationSet,
    films: Films,
    settings: RecommendSettings,
    seed: int,
    name: str,
) -> Row:
    history = build_history(earlier, films)
    model = create_model(name, settings)
    with Watch() as watch:
        model.fit(history, films, seed)
    began = time.perf_counter()
    ndcg = measure_lists(model.score, validation, settings.k)["ndcg"]
    return {
        "fit_seconds": watch.seconds,
        "score_seconds": time.perf_counter() - began,
        "peak_mib": watch.peak_mib,
        "by_user": ndcg.tolist(),
    }


def _profiles(validation: ValidationSet, films: Films) -> pa.Table:
    matrix = validation.profiles
    return pa.table(
        {
            "user_id": validation.users[row_indices(matrix)],
            "film_id": films.ids[matrix.indices],
            "rating": matrix.data.astype(np.float64),
        }
    )


def _read_scores(path: Path, validation: ValidationSet, films: Films) -> np.ndarray:
    """Return the scores of films for each user, (n_users, n_films); -inf where there is none."""
    table: dict[str, Any] = {n: c.to_numpy() for n, c in _columns(pq.read_table(path))}
    scores = np.full((len(validation.users), len(films)), -np.inf, np.float32)
    rows = np.searchsorted(validation.users, table["user_id"])
    scores[rows, films.row_of(table["film_id"])] = table["score"]
    return scores


def _columns(table: pa.Table) -> list[tuple[str, pa.ChunkedArray]]:
    return list(zip(table.column_names, table.columns, strict=True))


class _Table:
    """Scores that are known, as a scorer of `measure_lists`: it scores users from first to last."""

    def __init__(self, scores: np.ndarray) -> None:
        self.scores, self.start = scores, 0

    def __call__(self, profiles: sparse.csr_matrix) -> np.ndarray:
        part = self.scores[self.start : self.start + profiles.shape[0]]
        self.start += profiles.shape[0]
        return part
