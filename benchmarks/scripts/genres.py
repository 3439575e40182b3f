"""Genre models as they are served: seconds of an answer, and memory over a large catalogue.

`python -m benchmarks.scripts.genres OUT --release DIR --films 100000` serves a release with the models that
were trained into OUT, asks each of them over HTTP, film by film in turns, and then takes so many
films through one of them, partition by partition; writes `benchmarks/results/genres.json`.
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

from benchmarks.lib.machine import facts, gemm_peak
from benchmarks.lib.served import api
from pipeline.embedding.weights import identify
from pipeline.genres.evaluation.evaluate import evaluate, films_of
from pipeline.genres.serving.predict_stage import model_mark, predict
from pipeline.genres.serving.predictor import Asking
from pipeline.genres.training.registry import FOLDER, read_registry
from pipeline.release.lookup import find_release
from pipeline.schemas.partitions import FULL_ROWS
from pipeline.settings import EmbedSettings

RESULTS = Path(__file__).parents[1] / "results" / "genres.json"
ENDPOINTS = ("transformation", "adaptation", "transformer")
JSON = {"Content-Type": "application/json"}
ASKED, WARM = 200, 5


def latency(folder: Path, release: Path, films: list[dict[str, str]]) -> dict[str, Any]:
    """Milliseconds of single answers over HTTP, the models in turns, once they are loaded.

    `inference` is the part that the answer itself tells: the text encoded and the genres decided.
    """
    os.environ["MICROGENRES_SERVE__GENRES"] = str(folder)
    names = [name for name in Asking(folder).names if name in ENDPOINTS]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with api(release) as served, closing(HTTPConnection(urlsplit(served.address).netloc)) as client:
        for row, film in enumerate([*films[:WARM], *films]):
            for name in names:
                started = time.perf_counter()
                client.request("POST", f"/predict/{name}", json.dumps(film), JSON)
                answer = client.getresponse()
                told = json.load(answer)
                seconds = time.perf_counter() - started
                assert answer.status == 200, told
                if row >= WARM:
                    found[name].append((1_000 * seconds, 1_000 * told["inference_time"]))
    told = {}
    for name, pairs in found.items():
        whole, inside = np.array(pairs).T
        p95 = float(np.quantile(whole, 0.95))
        told[name] = {
            "median": float(np.median(whole)),
            "p95": p95,
            "inference": float(np.median(inside)),
        }
    return told


def memory(model: Path, films: pa.Table, count: int) -> dict[str, Any]:
    """Resident MiB after each partition of `count` films, which repeat those there are."""
    settings = EmbedSettings(device="cpu")
    own = identify(settings)
    process, seen, done = psutil.Process(), [], 0
    started = time.perf_counter()
    while done < count:
        size = min(FULL_ROWS, count - done)
        rows = pa.array((np.arange(size) + done) % films.num_rows)
        predict(films.take(rows), settings, str(model), model_mark(model), own.revision, own.dtype)
        done += size
        seen.append(round(process.memory_info().rss / 2**20))
    return {"films": count, "seconds": time.perf_counter() - started, "resident_mib": seen}


def main() -> None:
    """Measure, print, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--release", type=Path, help="what is served; the latest of OUT if left out"
    )
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--model", default="logistic-tfidf")
    asked = parser.parse_args()
    folder = asked.out / FOLDER
    registry = read_registry(folder)
    data = evaluate(folder, 10, 1)["data"]
    held = films_of(folder, data)
    held = held.filter(pc.equal(held.column("part"), "test"))
    asking = held.select(["title", "overview"]).slice(0, ASKED).to_pylist()
    release = find_release(asked.release or asked.out)
    told: dict[str, Any] = {
        "machine": facts(),
        "gemm_peak_gflops": round(gemm_peak()),
        "ms": latency(folder.absolute(), release, asking),
    }
    row = next(r for r in registry["models"] if r["name"] == asked.model and r["fold"] is None)
    told["catalogue"] = {"model": asked.model} | memory(
        folder / "models" / row["folder"], held, asked.films
    )
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
