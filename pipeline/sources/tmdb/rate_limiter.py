"""How fast requests may go out: never more than so many in any one second, whatever the moment.

A leaky bucket (aiolimiter) lets a whole second's worth out at once and then goes on at full rate,
so that a window of one second may see nearly twice the limit; this keeps the times of sending.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

__all__ = ["Limiter", "Sent"]

# Requests are not all equally long on their way, and who waits wakes up late. They are planned at
# 96 % of the limit, so that lateness is caught up with; and however late some were, no more than
# the limit go out within a second and what is left here for the way to the server.
_PLANNED, _WINDOW = 1.04, 1.035  # seconds
_CATCH_UP = 0.25  # seconds


@dataclass
class Sent:
    """When a request was sent, in the limiter's seconds."""

    at: float


class Limiter:
    """A sliding window over the times of the last requests, shared by all who ask.

    Requests are spread evenly; after a delay they catch up, but never beyond the window. It may be
    used in one event loop after another, and remembers what was sent in the one before.

    Parameters
    ----------
    per_second : most requests in any window of one second.
    now : seconds that never go back. sleep : as `asyncio.sleep`.
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
        self._sent: deque[Sent] = deque(maxlen=per_second)
        self._due = now()  # when the next request would go if none were ever late
        self._paused_until = float("-inf")
        self._turn: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    async def wait(self) -> Sent:
        """Return at the moment at which a request may be sent, and count it as sent then."""
        async with self._lock():  # first come, first served
            while (left := self._left()) > 0:
                await self._sleep(left)
            now = self._now()
            sent = Sent(now)
            self._sent.append(sent)
            # What was late is caught up with; after a lull it is not, or a burst would follow it.
            self._due = max(self._due, now - _CATCH_UP) + self.spacing
            return sent

    def gone(self, sent: Sent) -> None:
        """Say that a request went out only now: others had their turn after `wait` returned."""
        sent.at = self._now()

    def pause(self, seconds: float) -> None:
        """Let nothing out for so long, as a server asks by `Retry-After`."""
        self._paused_until = max(self._paused_until, self._now() + seconds)

    def _left(self) -> float:
        allowed = max(self._due, self._paused_until)
        if len(self._sent) == self._sent.maxlen:
            allowed = max(allowed, self._sent[0].at + _WINDOW)
        return allowed - self._now()

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._turn is None or self._turn[0] is not loop:  # a lock belongs to one event loop
            self._turn = (loop, asyncio.Lock())
        return self._turn[1]
