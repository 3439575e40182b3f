"""Genre models as they are served: seconds of an answer, and memory over a large catalogue.

`python -m benchmarks.genres OUT --films 100000` asks every model that was trained into OUT, as the
API does, and then takes so many films through one of them, partition by partition; writes
`benchmarks/results/genres.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.genres.asking import Asking
from pipeline.genres.evaluate import evaluate, films_of
from pipeline.genres.predicting import model_mark, predict
from pipeline.genres.registry import FOLDER, read_registry
from pipeline.model import identify
from pipeline.pieces import FULL_ROWS
from pipeline.settings import EmbedSettings

RESULTS = Path(__file__).parent / "results" / "genres.json"
ASKED = 200


def latency(asking: Asking, name: str, films: list[tuple[str, str]]) -> dict[str, float]:
    """Milliseconds of single answers, one after the other, once the model is loaded."""
    asking.ask(name, films[:3])
    found = []
    for film in films:
        started = time.perf_counter()
        asking.ask(name, [film])
        found.append(1_000 * (time.perf_counter() - started))
    return {"median": float(np.median(found)), "p95": float(np.quantile(found, 0.95))}


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
    parser.add_argument("--films", type=int, default=100_000)
    parser.add_argument("--model", default="logistic-tfidf")
    asked = parser.parse_args()
    folder = asked.out / FOLDER
    registry = read_registry(folder)
    data = evaluate(folder, 10, 1)["data"]
    held = films_of(folder, data)
    held = held.filter(pc.equal(held.column("part"), "test"))
    texts = list(
        zip(held["title"].to_pylist()[:ASKED], held["overview"].to_pylist()[:ASKED], strict=True)
    )
    asking = Asking(folder)
    told: dict[str, Any] = {"ms": {n: latency(asking, n, texts) for n in asking.names}}
    row = next(r for r in registry["models"] if r["name"] == asked.model and r["fold"] is None)
    told["catalogue"] = {"model": asked.model} | memory(
        folder / "models" / row["folder"], held, asked.films
    )
    RESULTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
