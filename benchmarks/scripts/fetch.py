"""Measure how fast films are fetched: `python -m benchmarks.scripts.fetch`.

It writes benchmarks/results/fetch.json and takes two and a half minutes. The fake server is a
process on loopback with the latency of a distant one; the fetch is that of `microgenres fetch tmdb`
without Prefect. The server records arrivals late on a busy machine, so more requests may seem to
arrive within a second than were sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.lib.tmdb_films import FIRST_ID
from benchmarks.lib.tmdb_server import TOKEN
from pipeline.settings import FetchSettings
from pipeline.sources.tmdb.catalogue_writer import write_films
from pipeline.sources.tmdb.client import Client, Request
from pipeline.sources.tmdb.credentials import Credentials
from pipeline.sources.tmdb.discovery import Window, discover
from pipeline.sources.tmdb.downloader import download
from pipeline.sources.tmdb.film_mapping import film_request
from pipeline.sources.tmdb.rate_limiter import RateLimiter, SentRequest
from pipeline.sources.tmdb.response_cache import CACHE_FILE, ResponseCache

RESULTS = Path(__file__).parents[1] / "results" / "fetch.json"
ALL_FILMS = 1.013  # films of the server per discovered film: not all have a date
FIRST, LAST = date(1874, 1, 1), date(2026, 11, 21)


def busiest(times: Sequence[float], window: float = 1.0) -> int:
    """Return the most requests in any half-open window of `window` seconds."""
    times, most, first = sorted(times), 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def measure(settings: FetchSettings, folder: Path, films: int) -> dict[str, Any]:
    """Discover films, download them, write the catalogue; return the figures."""
    sent: list[float] = []

    class RecordingLimiter(RateLimiter):
        def mark_sent(self, request: SentRequest) -> None:
            super().mark_sent(request)
            sent.append(request.at)

    async def run(cache: ResponseCache) -> list[int]:
        limiter = RecordingLimiter(settings.requests_per_second)
        credentials = Credentials.of({"TMDB_TOKEN": TOKEN})
        async with Client(settings, credentials, limiter) as client:

            async def store(requests: Sequence[Request], _name: str) -> None:
                left = await download(
                    client, cache, requests, not_before=0, workers=settings.connections
                )
                assert not left

            found = await discover(store, cache, Window(FIRST, LAST), settings, "1")
            ids = [film.id for film in found][:films]
            await store([film_request(film, settings) for film in ids], "films")
            return ids

    started, processor = time.perf_counter(), time.process_time()
    with ResponseCache(folder / CACHE_FILE) as cache:
        ids = asyncio.run(run(cache))
        downloaded = time.perf_counter() - started
        written = write_films(folder / "films.parquet", ids, cache, settings)
    return {
        "films": written.films,
        "requests": len(sent),
        "seconds": round(time.perf_counter() - started, 2),
        "seconds_of_asking": round(downloaded, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "sent_in_busiest_second": busiest(sent),
        "sent_per_second": round((len(sent) - 1) / (max(sent) - min(sent)), 2),
        "answers_megabytes": round((folder / CACHE_FILE).stat().st_size / 1e6, 2),
        "catalogue_megabytes": round(written.bytes / 1e6, 2),
    }


def main() -> None:
    """Run the benchmark and write its figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--films", type=int, default=5_155)
    options.add_argument("--rate", type=int, default=40)
    options.add_argument("--latency", type=float, default=0.08, help="seconds a request takes")
    options.add_argument("--results", type=Path, default=RESULTS)
    chosen = options.parse_args()
    command = [sys.executable, "-m", "benchmarks.lib.tmdb_server", "--latency", str(chosen.latency)]
    count = int(chosen.films * ALL_FILMS) + FIRST_ID
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "--films", str(count)], stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        settings = FetchSettings(base_url=url, requests_per_second=chosen.rate)
        figures = measure(settings, Path(folder), chosen.films)
        server.terminate()
        hits = json.loads(server.stdout.readline())
    arrived = [at for at, _, _ in hits]
    figures |= {
        "limit": chosen.rate,
        "latency_seconds": chosen.latency,
        "arrived_in_busiest_second": busiest(arrived),
        "share_of_limit_used": round(
            (len(arrived) - 1) / (max(arrived) - min(arrived)) / chosen.rate, 4
        ),
        "statuses": {str(status): n for status, n in Counter(s for _, s, _ in hits).items()},
        "python": platform.python_version(),
    }
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    chosen.results.write_text(
        json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )
    print(json.dumps(figures, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
