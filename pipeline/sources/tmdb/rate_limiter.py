"""A limit of requests per second that applies to every window of one second.

A leaky bucket (as in aiolimiter) sends the requests of a whole second at once and then continues at
the full rate, so one window of a second can see nearly twice the limit. This limiter stores the
times of the last requests instead.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

__all__ = ["RateLimiter", "SentRequest"]

# Requests take different times to arrive, and sleeping tasks wake up late. Requests are therefore
# planned at 96 % of the limit, so that delays can be caught up. However late some are, no more than
# the limit are sent within a second plus the time left here for the way to the server.
_PLANNED, _WINDOW = 1.04, 1.035  # seconds
_CATCH_UP = 0.25  # seconds


@dataclass
class SentRequest:
    """When a request was sent, in seconds of the limiter's clock."""

    at: float


class RateLimiter:
    """A sliding window over the times of the last requests, shared by all tasks that send.

    Requests are spread evenly; after a delay they catch up, but never exceed the limit in a window.
    The limiter can be used in one event loop after another and remembers the requests of the
    previous loop.

    Parameters
    ----------
    per_second : int
        Most requests in any window of one second.
    now : callable
        Returns seconds that never decrease.
    sleep : callable
        Like `asyncio.sleep`.
    """

    def __init__(
        self,
        per_second: int,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.spacing = _PLANNED / per_second
        self._now, self._sleep = now, sleep
        self._sent: deque[SentRequest] = deque(maxlen=per_second)
        self._due = now()  # when the next request would be sent if none were ever late
        self._paused_until = float("-inf")
        self._loop_lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    async def wait(self) -> SentRequest:
        """Wait until a request may be sent; count it as sent at that moment."""
        async with self._lock():  # first come, first served
            while (left := self._left()) > 0:
                await self._sleep(left)
            now = self._now()
            sent = SentRequest(now)
            self._sent.append(sent)
            # A short delay is caught up; a long pause is not, or a burst would follow it.
            self._due = max(self._due, now - _CATCH_UP) + self.spacing
            return sent

    def mark_sent(self, sent: SentRequest) -> None:
        """Record that a request was sent only now, since other tasks ran after `wait` returned."""
        sent.at = self._now()

    def pause(self, seconds: float) -> None:
        """Send nothing for this many seconds, as a server demands with `Retry-After`."""
        self._paused_until = max(self._paused_until, self._now() + seconds)

    def _left(self) -> float:
        """Return the seconds until the next request may be sent; not positive: now."""
        allowed = max(self._due, self._paused_until)
        if len(self._sent) == self._sent.maxlen:
            allowed = max(allowed, self._sent[0].at + _WINDOW)
        return allowed - self._now()

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._loop_lock is None or self._loop_lock[0] is not loop:
            self._loop_lock = (loop, asyncio.Lock())  # a lock belongs to one event loop
        return self._loop_lock[1]
