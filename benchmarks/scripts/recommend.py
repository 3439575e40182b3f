"""Recommenders measured: ml-latest-small beside LensKit, generated ratings for scale, the API.

`python -m benchmarks.scripts.recommend latest FOLDER --release OUT` fits and measures every model;
`lenskit PYTHON FOLDER` runs LensKit of another environment on the same random split;
`scale N` prepares N made ratings and runs ALS on them; `api OUT` asks /recommend by 20 clients.
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
import pyarrow.parquet as pq

from benchmarks.lib.served import api
from pipeline.recommend.data.films import Films, films_of
from pipeline.recommend.data.ingest import prepare
from pipeline.recommend.data.interactions import history, history_of
from pipeline.recommend.data.matrices import row_of_each
from pipeline.recommend.data.synthetic import Size, generate
from pipeline.recommend.data.temporal_split import borders, cut, random_parts
from pipeline.recommend.evaluation.evaluate import ahead, fit_and_measure, rating_errors
from pipeline.recommend.models.registry import MODELS, model_named
from pipeline.release.lookup import find_release
from pipeline.settings import RecommendSettings

RESULTS = Path(__file__).parents[1] / "results" / "recommend.json"
SEED = 2026
CLIENTS = 20


def main() -> None:
    """One measurement, added to the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("latest", "lenskit", "scale", "api"))
    parser.add_argument("arguments", nargs="+")
    parser.add_argument("--release", type=Path)
    asked = parser.parse_args()
    own = {"latest": _latest, "lenskit": _lenskit, "scale": _scale, "api": _api}[asked.what]
    name, figures = own(asked.arguments, asked.release)
    told = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    told[name] = figures | {"load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    RESULTS.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def _latest(arguments: Sequence[str], release: Path | None) -> tuple[str, dict[str, Any]]:
    settings = RecommendSettings()
    with tempfile.TemporaryDirectory() as place:
        prepared = prepare(Path(arguments[0]), Path(place))
        films = films_of(prepared.films(), find_release(release) if release else None)
        ratings = prepared.whole()
    earlier, later = random_parts(ratings, 0.2, SEED)
    parts = cut(ratings, borders([ratings.column("timestamp").to_numpy()], settings))
    random, found, seconds = {}, {}, {}
    for name in MODELS:
        random[name] = _random(name, earlier, later, films, settings)
        started = time.perf_counter()
        _, found[name] = fit_and_measure(name, parts["train"], parts["test"], films, settings, SEED)
        seconds[name] = round(time.perf_counter() - started, 1)
        print(name, random[name], found[name].figures["ndcg"], file=sys.stderr)
    return "latest", {
        "random_80_20": random,
        "by_time": {name: made.figures for name, made in found.items()},
        "hybrid_ahead": ahead(found, "hybrid", settings.bootstrap, SEED),
        "seconds": seconds,
    }


def _random(
    name: str, earlier: Any, later: Any, films: Films, settings: RecommendSettings
) -> dict[str, float]:
    known, held = history(earlier, films), history(later, films)
    model = model_named(name, settings)
    model.fit(known, films, SEED)
    at = known.rows_of(held.users)
    own = known.matrix[np.maximum(at, 0)].multiply((at >= 0)[:, None]).tocsr()
    own.eliminate_zeros()
    told = model.stars(own)[row_of_each(held.matrix), held.matrix.indices]
    return rating_errors(told.astype(float) - held.matrix.data)


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
told = {}
scorers = {"bias": BiasScorer(damping=5), "biased-mf": BiasedMFScorer(features=50)}
scorers["item-knn"] = ItemKNNScorer(k=20, feedback="explicit")
for name, scorer in scorers.items():
    pipe = predict_pipeline(scorer)
    pipe.train(data)
    wrong = []
    for user, own in later.groupby("user_id"):
        found = predict(pipe, user, own["item_id"].tolist()).to_df().set_index("item_id")["score"]
        wrong.append(found.reindex(own["item_id"]).to_numpy() - own["rating"].to_numpy())
    wrong = np.concatenate(wrong)
    wrong = wrong[np.isfinite(wrong)]
    told[name] = {"rmse": float(np.sqrt((wrong**2).mean())), "mae": float(np.abs(wrong).mean()),
                  "ratings": len(wrong)}
print(json.dumps(told))
"""


def _lenskit(arguments: Sequence[str], _: Path | None) -> tuple[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as place:
        ratings = prepare(Path(arguments[1]), Path(place)).whole()
        files = [Path(place) / name for name in ("earlier.parquet", "later.parquet")]
        for path, part in zip(files, random_parts(ratings, 0.2, SEED), strict=True):
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
        figures["generate_mib"] = _peak()
        started = time.perf_counter()
        prepared = prepare(place / "movielens", place / "data")
        figures["prepare_seconds"] = round(time.perf_counter() - started, 1)
        figures["prepare_mib"] = _peak()
        figures["partitions"] = len(prepared.partitions)
        films = films_of(prepared.films(), None)
        known = history_of(prepared.ratings(), films)
    seconds = []
    for iterations in (1, 3):
        model = model_named("als", RecommendSettings(iterations=iterations))
        started = time.perf_counter()
        model.fit(known, films, SEED)
        seconds.append(time.perf_counter() - started)
    figures["als_epoch_seconds"] = round((seconds[1] - seconds[0]) / 2, 1)
    figures["peak_mib"] = _peak()
    return f"scale_{count}", figures


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _api(arguments: Sequence[str], _: Path | None) -> tuple[str, dict[str, Any]]:
    """An output folder with a release and a recommender; each client asks once a second."""
    with api(Path(arguments[0])) as served:
        base = served.address
        first = httpx.post(f"{base}/recommend", json={"user_id": 1}, timeout=60)
        first.raise_for_status()  # the recommender is opened now
        return "api", {
            "one_client_busy": _asked(base, 1, 0.0, 10),
            "20_clients_once_a_second": _asked(base, CLIENTS, 1.0, 15),
            "20_clients_busy": _asked(base, CLIENTS, 0.0, 10),
        }


def _asked(base: str, clients: int, pause: float, seconds: float) -> dict[str, float]:
    found: list[float] = []
    failed: list[int] = []

    def ask(number: int) -> None:
        draw = np.random.default_rng(number)
        end = time.monotonic() + seconds
        with httpx.Client(base_url=base, timeout=60) as client:
            time.sleep(float(draw.random()) * pause)
            while time.monotonic() < end:
                started = time.perf_counter()
                body = {"user_id": int(draw.integers(1, 611)), "top_k": 10}
                response = client.post("/recommend", json=body)
                found.append(1_000 * (time.perf_counter() - started))
                if not response.is_success:
                    failed.append(response.status_code)
                time.sleep(max(0.0, pause - found[-1] / 1_000))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "requests": len(found),
        "failed": len(failed),
        "median_ms": round(float(np.median(found)), 1),
        "p99_ms": round(float(np.quantile(found, 0.99)), 1),
        "per_second": round(len(found) / seconds, 1),
    }


if __name__ == "__main__":
    main()
