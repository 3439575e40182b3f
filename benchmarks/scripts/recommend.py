"""Benchmarks of recommenders: ml-latest-small with LensKit, synthetic ratings, and the API.

`python -m benchmarks.scripts.recommend latest FOLDER --release OUT` fits and evaluates every model;
`lenskit FOLDER --lenskit PYTHON` takes turns with LensKit, which has an environment of its own: see
benchmarks/lib/peers/lenskit.py;
`scale N` prepares N synthetic ratings and runs ALS; `api OUT` requests /recommend with 20 clients.
Each adds its figures to `benchmarks/results/recommend.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa

from benchmarks.lib.machine import describe_machine
from benchmarks.lib.peers.lenskit import compare_lists, compare_stars, find_reason
from benchmarks.lib.served import serve_api
from pipeline.recommend.data.films import Films, link_films
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.interactions import build_history, build_history_from_partitions
from pipeline.recommend.data.matrices import row_indices
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.recommend.data.temporal_split import (
    find_boundaries,
    split_at_random,
    split_by_time,
)
from pipeline.recommend.evaluation.evaluate import (
    StarErrors,
    compare_with,
    fit_and_evaluate,
    summarise_errors,
)
from pipeline.recommend.models.registry import MODELS, create_model
from pipeline.release.lookup import find_release
from pipeline.settings import RecommendSettings

RESULTS = Path(__file__).parents[1] / "results" / "recommend.json"
SEED = 2026
CLIENTS = 20


def main() -> None:
    """Run one benchmark and add its figures to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("latest", "lenskit", "scale", "api"))
    parser.add_argument("arguments", nargs="+")
    parser.add_argument("--release", type=Path)
    parser.add_argument("--lenskit", metavar="PYTHON", help="python of LensKit's environment")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    benchmarks = {"latest": _latest, "lenskit": _lenskit, "scale": _scale, "api": _api}
    name, figures = benchmarks[given.what](given)
    out: Path = given.out
    results = json.loads(out.read_text(encoding="utf-8")) if out.is_file() else {}
    machine = {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    results[name] = figures | machine
    out.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def _latest(given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    release: Path | None = given.release
    settings = RecommendSettings()
    with tempfile.TemporaryDirectory() as place:
        prepared = prepare(Path(given.arguments[0]), Path(place))
        films = link_films(prepared.films(), find_release(release) if release else None)
        ratings = prepared.whole()
    earlier, later = split_at_random(ratings, 0.2, SEED)
    at = find_boundaries([ratings.column("timestamp").to_numpy()], settings)
    parts = split_by_time(ratings, at)
    random, found, seconds = {}, {}, {}
    for name in MODELS:
        random[name] = _measure_random_split(name, earlier, later, films, settings)
        started = time.perf_counter()
        _, found[name] = fit_and_evaluate(
            name, parts["train"], parts["test"], films, settings, SEED
        )
        seconds[name] = round(time.perf_counter() - started, 1)
        print(name, random[name], found[name].figures.ndcg, file=sys.stderr)
    return "latest", {
        "random_80_20": random,
        "by_time": {name: one.figures.model_dump(mode="json") for name, one in found.items()},
        "hybrid_ahead": compare_with(found, "hybrid", settings.bootstrap, SEED),
        "seconds": seconds,
    }


def _measure_random_split(
    name: str, earlier: pa.Table, later: pa.Table, films: Films, settings: RecommendSettings
) -> StarErrors:
    history, test = build_history(earlier, films), build_history(later, films)
    model = create_model(name, settings)
    model.fit(history, films, SEED)
    at = history.rows_of(test.users)
    profiles = history.matrix[np.maximum(at, 0)].multiply((at >= 0)[:, None]).tocsr()
    profiles.eliminate_zeros()
    predicted = model.predict_stars(profiles)[row_indices(test.matrix), test.matrix.indices]
    return summarise_errors(predicted.astype(float) - test.matrix.data)


def _lenskit(given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Compare with LensKit in turns: stars on a random split, lists on a split by time."""
    settings = RecommendSettings()
    with tempfile.TemporaryDirectory() as place:
        prepared = prepare(Path(given.arguments[0]), Path(place))
        films = link_films(prepared.films(), None)
        ratings = prepared.whole()
    why = find_reason(given.lenskit)
    python = None if why else given.lenskit
    earlier, later = split_at_random(ratings, 0.2, SEED)
    parts = split_by_time(
        ratings, find_boundaries([ratings.column("timestamp").to_numpy()], settings)
    )
    return "lenskit", {
        "random_80_20": compare_stars(earlier, later, films, python, given.repeats, SEED),
        "by_time": compare_lists(
            parts["train"], parts["test"], films, python, given.repeats, settings, SEED
        ),
        "repeats": given.repeats,
        "machine": describe_machine(),
        "missing": {"LensKit": why} if why else {},
    }


def _scale(given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    count = int(float(given.arguments[0]))
    figures: dict[str, Any] = {"ratings": count}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        started = time.perf_counter()
        figures["users"] = generate(place / "movielens", Size.of(count), SEED)
        figures["generate_seconds"] = round(time.perf_counter() - started, 1)
        figures["generate_mib"] = _peak_mib()
        started = time.perf_counter()
        prepared = prepare(place / "movielens", place / "data")
        figures["prepare_seconds"] = round(time.perf_counter() - started, 1)
        figures["prepare_mib"] = _peak_mib()
        figures["partitions"] = len(prepared.partitions)
        films = link_films(prepared.films(), None)
        history = build_history_from_partitions(prepared.ratings(), films)
    seconds = []
    for iterations in (1, 3):
        model = create_model("als", RecommendSettings(iterations=iterations))
        started = time.perf_counter()
        model.fit(history, films, SEED)
        seconds.append(time.perf_counter() - started)
    figures["als_epoch_seconds"] = round((seconds[1] - seconds[0]) / 2, 1)
    figures["peak_mib"] = _peak_mib()
    return f"scale_{count}", figures


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _api(given: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """Request the API of an output folder with a release and a recommender."""
    with serve_api(Path(given.arguments[0])) as served:
        base = served.address
        first = httpx.post(f"{base}/recommend", json={"user_id": 1}, timeout=60)
        first.raise_for_status()  # loads the recommender
        return "api", {
            "one_client_busy": _measure_requests(base, 1, 0.0, 10),
            "20_clients_once_a_second": _measure_requests(base, CLIENTS, 1.0, 15),
            "20_clients_busy": _measure_requests(base, CLIENTS, 0.0, 10),
        }


def _measure_requests(base: str, clients: int, pause: float, seconds: float) -> dict[str, float]:
    milliseconds: list[float] = []
    failed: list[int] = []

    def send(number: int) -> None:
        rng = np.random.default_rng(number)
        end = time.monotonic() + seconds
        with httpx.Client(base_url=base, timeout=60) as client:
            time.sleep(float(rng.random()) * pause)
            while time.monotonic() < end:
                started = time.perf_counter()
                body = {"user_id": int(rng.integers(1, 611)), "top_k": 10}
                response = client.post("/recommend", json=body)
                taken = time.perf_counter() - started
                milliseconds.append(1_000 * taken)
                if not response.is_success:
                    failed.append(response.status_code)
                time.sleep(max(0.0, pause - taken))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "requests": len(milliseconds),
        "failed": len(failed),
        "median_ms": round(float(np.median(milliseconds)), 1),
        "p99_ms": round(float(np.quantile(milliseconds, 0.99)), 1),
        "per_second": round(len(milliseconds) / seconds, 1),
    }


if __name__ == "__main__":
    main()
