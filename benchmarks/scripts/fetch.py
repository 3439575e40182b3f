"""How fast films are fetched: `python -m benchmarks.scripts.fetch` -> benchmarks/results/fetch.json.

The server is ours, a process of its own on loopback with the latency of a far one; the fetch is
what `microgenres fetch tmdb` does, without Prefect. It takes two and a half minutes. Arrivals are
noted by the server, so on a busy machine they are noted late, and more than were sent may seem to
come within a second.
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
from pipeline.sources.tmdb.downloader import gather
from pipeline.sources.tmdb.film_mapping import film_request
from pipeline.sources.tmdb.rate_limiter import Limiter, Sent
from pipeline.sources.tmdb.response_cache import Answers

RESULTS = Path(__file__).parents[1] / "results" / "fetch.json"
EVERY_FILM = 1.013  # the server's films without a date or for adults are not discovered
FIRST, LAST = date(1874, 1, 1), date(2026, 11, 21)


def busiest(times: Sequence[float], window: float = 1.0) -> int:
    """Most requests in any half-open window of so many seconds."""
    times, most, first = sorted(times), 0, 0
    for last, moment in enumerate(times):
        while times[first] <= moment - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def fetched(settings: FetchSettings, folder: Path, films: int) -> dict[str, Any]:
    """Discover, ask for the films, write the catalogue: what it took."""
    sent: list[float] = []

    class Noted(Limiter):
        def gone(self, request: Sent) -> None:
            super().gone(request)
            sent.append(request.at)

    async def within(answers: Answers) -> list[int]:
        limiter = Noted(settings.requests_per_second)
        credentials = Credentials.of({"TMDB_TOKEN": TOKEN})
        async with Client(settings, credentials, limiter) as client:

            async def ask(requests: Sequence[Request], _name: str) -> None:
                left = await gather(
                    client, answers, requests, not_before=0, workers=settings.connections
                )
                assert not left

            found = await discover(ask, answers, Window(FIRST, LAST), settings, "1")
            ids = [film.id for film in found][:films]
            await ask([film_request(film, settings) for film in ids], "films")
            return ids

    started, processor = time.perf_counter(), time.process_time()
    with Answers(folder / "answers.log") as answers:
        ids = asyncio.run(within(answers))
        asked = time.perf_counter() - started
        written = write_films(folder / "films.parquet", ids, answers, settings)
    return {
        "films": written.films,
        "requests": len(sent),
        "seconds": round(time.perf_counter() - started, 2),
        "seconds_of_asking": round(asked, 2),
        "processor_seconds": round(time.process_time() - processor, 2),
        "sent_in_busiest_second": busiest(sent),
        "sent_per_second": round((len(sent) - 1) / (max(sent) - min(sent)), 2),
        "answers_megabytes": round((folder / "answers.log").stat().st_size / 1e6, 2),
        "catalogue_megabytes": round(written.bytes / 1e6, 2),
    }


def main() -> None:
    """Run it and write the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--films", type=int, default=5_155)
    options.add_argument("--rate", type=int, default=40)
    options.add_argument("--latency", type=float, default=0.08, help="seconds a request takes")
    options.add_argument("--results", type=Path, default=RESULTS)
    chosen = options.parse_args()
    command = [sys.executable, "-m", "benchmarks.lib.tmdb_server", "--latency", str(chosen.latency)]
    held = int(chosen.films * EVERY_FILM) + FIRST_ID
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [*command, "--films", str(held)], stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        settings = FetchSettings(base_url=url, requests_per_second=chosen.rate)
        told = fetched(settings, Path(folder), chosen.films)
        server.terminate()
        hits = json.loads(server.stdout.readline())
    arrived = [at for at, _, _ in hits]
    told |= {
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
    chosen.results.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
