"""Benchmarks of recommenders: ml-latest-small with LensKit, synthetic ratings, and the API.

`python -m benchmarks.scripts.recommend latest FOLDER --release OUT` fits and evaluates every model;
`lenskit PYTHON FOLDER` runs LensKit, installed in another environment, on the same random split;
`scale N` prepares N synthetic ratings and runs ALS; `api OUT` requests /recommend with 20 clients.
Each adds its figures to `benchmarks/results/recommend.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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
    given = parser.parse_args()
    benchmarks = {"latest": _latest, "lenskit": _lenskit, "scale": _scale, "api": _api}
    name, figures = benchmarks[given.what](given.arguments, given.release)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    machine = {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    results[name] = figures | machine
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def _latest(arguments: Sequence[str], release: Path | None) -> tuple[str, dict[str, Any]]:
    settings = RecommendSettings()
    with tempfile.TemporaryDirectory() as place:
        prepared = prepare(Path(arguments[0]), Path(place))
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


_LENSKIT = """
import json, sys, numpy as np, pandas as pd
from lenskit.data import from_interactions_df
from lenskit.pipeline import predict_pipeline
from lenskit import predict
from lenskit.basic import BiasScorer
from lenskit.knn import ItemKNNScorer
from lenskit.als import BiasedMFScorer
names = {"user_id": "user_id", "film_id": "item_id"}
earlier, later = (pd.read_parquet(p).rename(columns=names) for p in sys.argv[1:3])
data = from_interactions_df(earlier)
results = {}
scorers = {"bias": BiasScorer(damping=5), "biased-mf": BiasedMFScorer(features=50)}
scorers["item-knn"] = ItemKNNScorer(k=20, feedback="explicit")
for name, scorer in scorers.items():
    pipe = predict_pipeline(scorer)
    pipe.train(data)
    errors = []
    for user, ratings in later.groupby("user_id"):
        found = predict(pipe, user, ratings["item_id"].tolist()).to_df()
        scores = found.set_index("item_id")["score"].reindex(ratings["item_id"])
        errors.append(scores.to_numpy() - ratings["rating"].to_numpy())
    errors = np.concatenate(errors)
    errors = errors[np.isfinite(errors)]
    results[name] = {
        "rmse": float(np.sqrt((errors**2).mean())),
        "mae": float(np.abs(errors).mean()),
        "ratings": len(errors),
    }
print(json.dumps(results))
"""


def _lenskit(arguments: Sequence[str], _: Path | None) -> tuple[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        ratings = prepare(Path(arguments[1]), Path(place)).whole()
        files = [Path(place) / name for name in ("earlier.parquet", "later.parquet")]
        for path, part in zip(files, split_at_random(ratings, 0.2, SEED), strict=True):
            pq.write_table(part, path)
        done = subprocess.run(
            [arguments[0], "-c", _LENSKIT, *map(str, files)],
            check=True,
            capture_output=True,
            text=True,
        )
    return "lenskit", {"random_80_20": json.loads(done.stdout.splitlines()[-1])}


def _scale(arguments: Sequence[str], _: Path | None) -> tuple[str, dict[str, Any]]:
    count = int(float(arguments[0]))
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


def _api(arguments: Sequence[str], _: Path | None) -> tuple[str, dict[str, Any]]:
    """Request the API of an output folder with a release and a recommender."""
    with serve_api(Path(arguments[0])) as served:
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
