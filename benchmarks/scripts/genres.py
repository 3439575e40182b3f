"""Measure genre models in use: latency of the API, and memory over a large catalogue.

`python -m benchmarks.scripts.genres OUT --release DIR --films 100000` serves a release with the
models that were trained into OUT and sends each model requests over HTTP, film by film in turns.
Then it predicts N films with one model, partition by partition, and writes
`benchmarks/results/genres.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.lib.machine import describe_machine, measure_gemm_peak
from benchmarks.lib.served import serve_api
from pipeline.embedding.weights import identify
from pipeline.genres.evaluation.evaluate import evaluate, find_films
from pipeline.genres.serving.predict_stage import fingerprint_model, predict
from pipeline.genres.serving.predictor import GenrePredictor
from pipeline.genres.training.registry import FOLDER, read_registry
from pipeline.release.lookup import find_release
from pipeline.schemas.partitions import FULL_ROWS
from pipeline.settings import EmbedSettings

RESULTS = Path(__file__).parents[1] / "results" / "genres.json"
ENDPOINTS = ("transformation", "adaptation", "transformer")
JSON = {"Content-Type": "application/json"}
REQUESTS, WARMUP = 200, 5


def measure_latency(
    folder: Path, release: Path, films: list[dict[str, str]]
) -> dict[str, dict[str, float]]:
    """Return the milliseconds of single requests over HTTP, after loading the models.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    release : Path
        Release to serve.
    films : list of dict
        Title and overview of each film; the models are requested in turns.

    Returns
    -------
    dict of str to dict
        `median` and `p95` of the request by model, and the median `inference`: the time that the
        response reports for embedding the text and predicting the genres.
    """
    os.environ["MICROGENRES_SERVE__GENRES"] = str(folder)
    names = [name for name in GenrePredictor(folder).names if name in ENDPOINTS]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with (
        serve_api(release) as served,
        closing(HTTPConnection(urlsplit(served.address).netloc)) as client,
    ):
        for row, film in enumerate([*films[:WARMUP], *films]):
            for name in names:
                started = time.perf_counter()
                client.request("POST", f"/predict/{name}", json.dumps(film), JSON)
                response = client.getresponse()
                body = json.load(response)
                seconds = time.perf_counter() - started
                assert response.status == 200, body
                if row >= WARMUP:
                    times[name].append((1_000 * seconds, 1_000 * body["inference_time"]))
    latency = {}
    for name, pairs in times.items():
        whole, inside = np.array(pairs).T
        latency[name] = {
            "median": float(np.median(whole)),
            "p95": float(np.quantile(whole, 0.95)),
            "inference": float(np.median(inside)),
        }
    return latency


def measure_memory(model: Path, films: pa.Table, count: int) -> dict[str, Any]:
    """Return the resident MiB after each partition of `count` films, which repeat `films`."""
    settings = EmbedSettings(device="cpu")
    own = identify(settings)
    process, resident, done = psutil.Process(), [], 0
    started = time.perf_counter()
    while done < count:
        size = min(FULL_ROWS, count - done)
        rows = pa.array((np.arange(size) + done) % films.num_rows)
        mark = fingerprint_model(model)
        predict(films.take(rows), settings, str(model), mark, own.revision, own.dtype)
        done += size
        resident.append(round(process.memory_info().rss / 2**20))
    return {"films": count, "seconds": time.perf_counter() - started, "resident_mib": resident}


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--release", type=Path, help="release to serve; by default the last of OUT")
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--model", default="logistic-tfidf")
    options = parser.parse_args()
    folder = options.out / FOLDER
    registry = read_registry(folder)
    films = find_films(folder, evaluate(folder, 10, 1)["data"])
    test = films.filter(pc.equal(films.column("part"), "test"))
    requests = test.select(["title", "overview"]).slice(0, REQUESTS).to_pylist()
    release = find_release(options.release or options.out)
    results: dict[str, Any] = {
        "machine": describe_machine(),
        "gemm_peak_gflops": round(measure_gemm_peak()),
        "ms": measure_latency(folder.absolute(), release, requests),
    }
    row = next(r for r in registry.models if r.name == options.model and r.fold is None)
    results["catalogue"] = {"model": options.model} | measure_memory(
        folder / "models" / row.folder, test, options.films
    )
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
