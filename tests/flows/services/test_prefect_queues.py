"""Guards of `prefect_queues`: they fail when a release of Prefect changes what it relies on."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from prefect._internal.concurrency.services import QueueService

from flows.services.prefect_queues import PrefectQueues


class Sender(QueueService[int]):
    """A real queue of Prefect, whose server answers once `open` is set."""

    open = threading.Event()
    sent: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.sent = []

    async def _handle(self, item: int) -> None:
        self.open.wait(10)
        self.sent.append(item)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    Sender.open.clear()
    yield
    Sender.open.set()
    PrefectQueues.drain()


def test_drain_sends_all_waiting_items_and_ends_the_queue() -> None:
    sender = Sender.instance()
    for item in range(20):
        sender.send(item)
    Sender.open.set()
    PrefectQueues.drain()
    assert sender.sent == list(range(20))
    assert Sender.instance() is not sender


def test_drop_discards_waiting_items() -> None:
    sender = Sender.instance()
    for item in range(20):
        sender.send(item)
    PrefectQueues.drop()
    Sender.open.set()
    PrefectQueues.drain()
    assert len(sender.sent) <= 2, "at most the items that were being sent"
