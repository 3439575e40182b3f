"""Requests per second, in every window of a second."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from benchmarks.lib.tmdb_films import FIRST_ID, films
from benchmarks.lib.tmdb_server import TmdbServer
from pipeline.sources.tmdb.film_mapping import film_request
from pipeline.sources.tmdb.rate_limiter import Limiter, Sent
from pipeline.sources.tmdb.response_cache import Answers
from tests.support.tmdb_client import ask_all, quick


class Clock:
    """Time that passes only while somebody sleeps, who wakes up late now and then."""

    def __init__(self, lateness: float = 0.0) -> None:
        self.time, self.lateness, self.random = 1_000.0, lateness, random.Random(5)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds + self.random.random() * self.lateness
        await asyncio.sleep(0)


def busiest(times: list[float], window: float = 1.0) -> int:
    """Most events in any window, which is half-open."""
    times, most, first = sorted(times), 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - window:
            first += 1
        most = max(most, last - first + 1)
    return most


def send(limiter: Limiter, clock: Clock, count: int, workers: int = 8) -> list[float]:
    sent: list[float] = []

    async def work() -> None:
        while len(sent) < count:
            await limiter.wait()
            sent.append(clock.now())

    async def all_of_them() -> None:
        await asyncio.gather(*(work() for _ in range(workers)))

    asyncio.run(all_of_them())
    return sent[:count]


@pytest.mark.parametrize("lateness", [0.0, 0.004, 0.08])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_no_window_holds_more_and_little_is_left_unused(limit: int, lateness: float) -> None:
    clock = Clock(lateness)
    limiter = Limiter(limit, now=clock.now, sleep=clock.sleep)
    sent = send(limiter, clock, 20 * limit + 1)
    assert busiest(sent) <= limit
    used = (len(sent) - 1) / (sent[-1] - sent[0]) / limit
    assert used > (0.955 if lateness < 0.01 else 0.92)


def test_a_lull_is_followed_by_no_burst() -> None:
    clock = Clock()
    limiter = Limiter(40, now=clock.now, sleep=clock.sleep)
    send(limiter, clock, 100)
    clock.time += 30.0
    sent = send(limiter, clock, 100)
    assert busiest(sent, 0.1) <= 4 + 10
    assert busiest(sent) <= 40


def test_a_pause_holds_everybody_back() -> None:
    clock = Clock()
    limiter = Limiter(40, now=clock.now, sleep=clock.sleep)
    send(limiter, clock, 10)
    limiter.pause(7.0)
    limiter.pause(2.0)  # the longer one counts
    before = clock.now()
    assert send(limiter, clock, 10)[0] >= before + 7.0


def test_the_limit_holds_from_one_event_loop_to_the_next() -> None:
    clock = Clock()
    limiter = Limiter(40, now=clock.now, sleep=clock.sleep)
    sent = [time for _ in range(6) for time in send(limiter, clock, 25)]
    assert busiest(sent) <= 40


def test_a_server_sees_the_limit_kept_and_used(tmp_path: Path) -> None:
    sent: list[float] = []

    class Noted(Limiter):
        def gone(self, request: Sent) -> None:
            super().gone(request)
            sent.append(request.at)

    with TmdbServer(films(240), latency=0.15) as server, Answers(tmp_path / "answers") as answers:
        settings = quick(server, requests_per_second=60)
        wanted = [film_request(film, settings) for film in range(FIRST_ID, FIRST_ID + 240)]
        assert ask_all(settings, answers, wanted, limiter=Noted(60)) == {}
        arrived = sorted(hit.at for hit in server.log)
    assert len(arrived) == 240
    assert busiest(sent) <= 60
    # They arrive as they were sent: connecting, which takes its time, is done before.
    assert busiest(arrived) <= 60 + 3  # of a server that shares our process and its lock
    # One after the other would be far slower. How much is used to the per cent is measured by
    # benchmarks/scripts/fetch.py on a quiet machine, and above by a clock that no other process slows.
    assert (len(sent) - 1) / (sent[-1] - sent[0]) > 60 / 3
