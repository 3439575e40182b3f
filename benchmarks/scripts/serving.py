"""Latency, memory and errors of the API on a large release, as one JSON file.

`python -m benchmarks.scripts.serving RELEASE` writes `benchmarks/results/serving.json`. The API and
the clients run in separate processes. `python -m benchmarks.scripts.enlarge` creates a large
release from a real one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.lib.served import serve_api
from pipeline.embedding.product_speed import measure_products
from pipeline.embedding.weights import identify
from pipeline.inference.encoder import Encoder
from pipeline.release.lookup import find_release
from pipeline.settings import EmbedSettings
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.search.engine import SearchEngine

RESULTS = Path(__file__).parents[1] / "results" / "serving.json"
QUERIES = Path(__file__).parents[1] / "lib" / "queries.txt"
CLIENTS = 50


def main() -> None:
    """Measure one release and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("--seconds", type=float, default=15.0, help="duration of each load")
    options = parser.parse_args()
    release = find_release(options.release)
    queries = [q for q in QUERIES.read_text(encoding="utf-8").splitlines() if q and q[0] != "#"]
    figures: dict[str, Any] = {"cores": os.cpu_count(), "python": platform.python_version()}
    figures["load_average_before"] = os.getloadavg()[0]
    figures |= _in_process(release, queries)
    figures["encoding"] = _encoding(queries)
    figures["served"] = _served(release, queries, options.seconds)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _in_process(release: Path, queries: Sequence[str]) -> dict[str, Any]:
    """Measure the catalogue without HTTP, in milliseconds, with one caller."""
    started = time.perf_counter()
    catalogue = Catalogue(release)
    opened = time.perf_counter() - started
    started = time.perf_counter()
    search = SearchEngine(catalogue)
    search.warm()
    words = ["war", "submarine captain", "das boot", "love paris", "a", "the", "zzz", "[rec]"]
    filters = [
        Filters(genres=("Horror",), year_from=1980, year_to=1989),
        Filters(languages=("en",), rating_from=7.0, votes_from=100),
        Filters(words="murder", genres=("Crime",), families=(1, 2)),
    ]
    ids = catalogue.ids()
    rng = random.Random(2026)
    chosen = [rng.choice(ids) for _ in range(500)]
    return {
        "films": len(ids),
        "release_id": catalogue.id,
        "open_seconds": round(opened, 3),
        "index_and_model_seconds": round(time.perf_counter() - started, 3),
        "words_ms": _spread(lambda w: catalogue.films(Filters(words=w)), words * 5),
        "filters_ms": _spread(lambda f: catalogue.films(f, "rating"), filters * 10),
        "facets_ms": _spread(catalogue.facets, filters * 5),
        "meaning_ms": _spread(lambda q: search.search(q, limit=24), queries),
        "meaning_filtered_ms": _spread(
            lambda q: search.search(q, filters[0], 24), [f"{q} film" for q in queries]
        ),
        "similar_ms": _spread(catalogue.similar, chosen),
    }


def _encoding(queries: Sequence[str]) -> dict[str, Any]:
    """Measure the encoding of one text in both number types; a release is served in its own."""
    speed = measure_products()
    found: dict[str, Any] = {"gflops": {"float32": speed.float32, "bfloat16": speed.bfloat16}}
    for dtype in ("float32", "bfloat16"):
        encoder = Encoder(identify(EmbedSettings(device="cpu"), dtype))
        found[dtype] = {
            "query_ms": _spread(encoder.encode, [[query] for query in queries]),
            "long_text_ms": _spread(encoder.encode, [[" ".join(queries)]] * 20),  # 256 tokens
        }
    return found


def _spread(call: Callable[[Any], object], arguments: Sequence[Any]) -> dict[str, float]:
    call(arguments[0])
    times = []
    for argument in arguments:
        started = time.perf_counter()
        call(argument)
        times.append((time.perf_counter() - started) * 1_000)
    return _percentiles(times)


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    p50, p95, p99 = np.percentile(times, [50, 95, 99])
    values = {"p50": p50, "p95": p95, "p99": p99, "max": max(times)}
    return {name: round(float(value), 2) for name, value in values.items()}


def _served(release: Path, queries: Sequence[str], seconds: float) -> dict[str, Any]:
    started = time.perf_counter()
    with serve_api(release) as served:
        address, cold = served.address, time.perf_counter() - started
        ids = [
            film["movie_id"]
            for page in range(1, 6)
            for film in httpx.get(
                f"{address}/movies", params={"page": page, "page_size": 100}
            ).json()["films"]
        ]
        similar = [f"/movies/{movie_id}/similar" for movie_id in ids]
        words = [f"/movies?query={w}" for w in ("war", "submarine", "love", "boxer", "paris")]
        meaning = [str(httpx.URL("/search", params={"q": query})) for query in queries]
        found: dict[str, Any] = {"first_answer_seconds": round(cold, 2)}
        for path in (similar[0], words[0], meaning[0]):
            httpx.get(address + path).raise_for_status()
        found["similar_one_client"] = _load(address, similar, 1, seconds / 3, 0.0)
        found["similar_50_clients_with_pauses"] = _load(address, similar, CLIENTS, seconds, 1.0)
        found["similar_50_clients_at_once"] = _load(address, similar, CLIENTS, seconds, 0.0)
        found["words_one_client"] = _load(address, words, 1, seconds / 3, 0.0)
        found["meaning_one_client"] = _load(address, meaning, 1, seconds / 3, 0.0)
        mixed = similar + words * 20 + meaning
        found["mixed_50_clients_with_pauses"] = _load(address, mixed, CLIENTS, seconds, 2.0)
        httpx.post(f"{address}/assign", json={"text": queries[0]}).raise_for_status()
        found["memory_mib"] = _memory(served.pid)
        return found


def _load(
    address: str, paths: Sequence[str], clients: int, seconds: float, pause: float
) -> dict[str, Any]:
    """Measure latencies of clients in another process.

    Between two requests, each client waits 0.5 to 1.5 times `pause` seconds.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        times, errors, taken = pool.apply(_clients, (address, paths, clients, seconds, pause))
    load = {"clients": clients, "pause_seconds": pause, "requests": len(times), "errors": errors}
    return load | {"per_second": round(len(times) / taken, 1), "ms": _percentiles(times)}


def _clients(
    address: str, paths: Sequence[str], clients: int, seconds: float, pause: float
) -> tuple[list[float], int, float]:
    return asyncio.run(_send_requests(address, paths, clients, seconds, pause))


async def _send_requests(
    address: str, paths: Sequence[str], clients: int, seconds: float, pause: float
) -> tuple[list[float], int, float]:
    host, port = re.fullmatch(r"http://([^:]+):(\d+)", address).groups()  # type: ignore[union-attr]
    times: list[float] = []
    errors = 0
    started = time.perf_counter()

    async def client(number: int) -> None:
        nonlocal errors
        rng = random.Random(number)
        reader, writer = await asyncio.open_connection(host, int(port))
        await asyncio.sleep(rng.uniform(0, pause))
        while time.perf_counter() - started < seconds:
            path = rng.choice(paths)
            sent = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]
            await reader.readexactly(length)
            times.append((time.perf_counter() - sent) * 1_000)
            errors += b" 200 " not in head.split(b"\r\n", 1)[0]
            if pause:
                await asyncio.sleep(pause * rng.uniform(0.5, 1.5))
        writer.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return times, errors, time.perf_counter() - started


def _memory(pid: int) -> dict[str, int]:
    """Return the resident memory of the server in MiB; "own" excludes memory mapped from files."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    names = {"resident": "VmRSS", "own": "RssAnon", "peak": "VmHWM"}
    return {
        key: int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1_024  # type: ignore[index]
        for key, name in names.items()
    }


if __name__ == "__main__":
    main()
