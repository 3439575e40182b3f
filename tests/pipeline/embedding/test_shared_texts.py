"""Texts in several partitions: who encodes them, and which vectors are copied to whom."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.embedding.shared_texts import find_shared_texts, plan_exchange


def test_the_first_partition_with_a_text_encodes_it() -> None:
    shared = find_shared_texts([["a", "b", "a"], [], ["b", "c"], ["c", "a"]])
    assert shared.owner == {"a": 0, "b": 0, "c": 2}
    assert shared.borrowed == [set(), set(), {"b"}, {"a", "c"}]


def test_nothing_is_copied_without_shared_texts() -> None:
    exchange = plan_exchange(find_shared_texts([["a"], ["b"], []]), 2)
    assert exchange.requests == []
    assert exchange.borrowers == {}
    assert plan_exchange(find_shared_texts([]), 2).requests == []


def test_requests_name_the_owners_and_the_groups_that_need_each_text() -> None:
    exchange = plan_exchange(find_shared_texts([["a", "b"], ["c"], ["a", "c"], ["b"]]), 16)
    assert exchange.borrowers == {"g00000": (2,), "g00001": (3,)}
    assert [(r.key, r.partitions, r.wanted.to_pylist()) for r in exchange.requests] == [
        (
            "l00000",
            (0,),
            [
                {"text_hash": "a", "borrower": "g00000"},
                {"text_hash": "b", "borrower": "g00001"},
            ],
        ),
        ("l00001", (1,), [{"text_hash": "c", "borrower": "g00000"}]),
    ]


@pytest.mark.parametrize("groups", [1, 3, 16])
def test_each_partition_gets_every_text_it_lacks(groups: int) -> None:
    rng = np.random.default_rng(groups)
    partitions = [[f"t{n}" for n in rng.integers(0, 60, 12)] for _ in range(20)]
    shared = find_shared_texts(partitions)
    exchange = plan_exchange(shared, groups)
    assert len(exchange.requests) <= groups and len(exchange.borrowers) <= groups
    received: dict[str, set[str]] = {name: set() for name in exchange.borrowers}
    for request in exchange.requests:
        rows = request.wanted.to_pylist()
        assert rows == sorted(rows, key=lambda row: (row["text_hash"], row["borrower"]))
        assert {shared.owner[row["text_hash"]] for row in rows} == set(request.partitions)
        for row in rows:
            assert row["text_hash"] not in received[row["borrower"]], "copied twice"
            received[row["borrower"]].add(row["text_hash"])
    group_of = {p: name for name, members in exchange.borrowers.items() for p in members}
    for number, texts in enumerate(partitions):
        own = {text for text in texts if shared.owner[text] == number}
        assert own | received.get(group_of.get(number, ""), set()) >= set(texts)
        assert (number in group_of) == bool(shared.borrowed[number])
