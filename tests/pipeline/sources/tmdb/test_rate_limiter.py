"""The limit of requests per second, in every window of one second."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from benchmarks.lib.tmdb_films import FIRST_ID, films
from benchmarks.lib.tmdb_server import TmdbServer
from pipeline.sources.tmdb.film_mapping import film_request
from pipeline.sources.tmdb.rate_limiter import RateLimiter, SentRequest
from pipeline.sources.tmdb.response_cache import ResponseCache
from tests.support.tmdb_client import download_all, quick

pytestmark = pytest.mark.alone


class Clock:
    """A clock that advances only while a task sleeps; tasks wake up late at random."""

    def __init__(self, lateness: float = 0.0) -> None:
        self.time, self.lateness, self.random = 1_000.0, lateness, random.Random(5)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds + self.random.random() * self.lateness
        await asyncio.sleep(0)


def busiest(times: list[float], window: float = 1.0) -> int:
    """Return the most events in any half-open window."""
    times, most, first = sorted(times), 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def send(limiter: RateLimiter, clock: Clock, count: int, workers: int = 8) -> list[float]:
    sent: list[float] = []

    async def work() -> None:
        while len(sent) < count:
            await limiter.wait()
            sent.append(clock.now())

    async def run_all() -> None:
        await asyncio.gather(*(work() for _ in range(workers)))

    asyncio.run(run_all())
    return sent[:count]


@pytest.mark.parametrize("lateness", [0.0, 0.004, 0.08])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_no_window_exceeds_the_limit_and_little_is_unused(limit: int, lateness: float) -> None:
    clock = Clock(lateness)
    limiter = RateLimiter(limit, now=clock.now, sleep=clock.sleep)
    sent = send(limiter, clock, 20 * limit + 1)
    assert busiest(sent) <= limit
    used = (len(sent) - 1) / (sent[-1] - sent[0]) / limit
    assert used > (0.955 if lateness < 0.01 else 0.92)


def test_no_burst_follows_a_pause() -> None:
    clock = Clock()
    limiter = RateLimiter(40, now=clock.now, sleep=clock.sleep)
    send(limiter, clock, 100)
    clock.time += 30.0
    sent = send(limiter, clock, 100)
    assert busiest(sent, 0.1) <= 4 + 10
    assert busiest(sent) <= 40


def test_a_pause_delays_all_tasks() -> None:
    clock = Clock()
    limiter = RateLimiter(40, now=clock.now, sleep=clock.sleep)
    send(limiter, clock, 10)
    limiter.pause(7.0)
    limiter.pause(2.0)  # the longer one counts
    before = clock.now()
    assert send(limiter, clock, 10)[0] >= before + 7.0


def test_the_limit_applies_across_event_loops() -> None:
    clock = Clock()
    limiter = RateLimiter(40, now=clock.now, sleep=clock.sleep)
    sent = [time for _ in range(6) for time in send(limiter, clock, 25)]
    assert busiest(sent) <= 40


def test_a_server_receives_requests_at_the_limit(tmp_path: Path) -> None:
    sent: list[float] = []

    class RecordingLimiter(RateLimiter):
        def mark_sent(self, request: SentRequest) -> None:
            super().mark_sent(request)
            sent.append(request.at)

    with (
        TmdbServer(films(240), latency=0.15) as server,
        ResponseCache(tmp_path / "cache.sqlite") as cache,
    ):
        settings = quick(server, requests_per_second=60)
        wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 240)]
        assert download_all(settings, cache, wanted, limiter=RecordingLimiter(60)) == {}
        arrived = sorted(hit.at for hit in server.log)
    assert len(arrived) == 240
    assert busiest(sent) <= 60
    # They arrive as they were sent: slow connecting is done before.
    assert busiest(arrived) <= 60 + 3  # the server shares our process and its lock
    # One after the other would be far slower. The exact share of the limit is measured by
    # benchmarks/scripts/fetch.py on an idle machine, and above with a simulated clock.
    assert (len(sent) - 1) / (sent[-1] - sent[0]) > 60 / 3
