"""Texts that occur in several partitions: one partition encodes each, the others get the vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa

__all__ = [
    "SharedTexts",
    "VectorExchange",
    "VectorRequest",
    "find_shared_texts",
    "plan_exchange",
]

T = TypeVar("T")


@dataclass(frozen=True)
class SharedTexts:
    """Which partition encodes each text.

    Attributes
    ----------
    owner : dict of str to int
        For each distinct text hash, the first partition with that text; it encodes the text.
    borrowed : list of set of str
        For each partition, the hashes of its texts that another partition encodes.
    """

    owner: dict[str, int]
    borrowed: list[set[str]]


@dataclass(frozen=True)
class VectorRequest:
    """Vectors to copy out of the outputs of some partitions, in one piece of work.

    Attributes
    ----------
    key : str
        Name of the piece.
    partitions : tuple of int
        Partitions that encode the texts.
    wanted : pa.Table
        Columns text_hash and borrower (a name in `VectorExchange.borrowers`), sorted.
    """

    key: str
    partitions: tuple[int, ...]
    wanted: pa.Table


@dataclass(frozen=True)
class VectorExchange:
    """How partitions get the vectors of texts that others encode.

    Attributes
    ----------
    requests : list of VectorRequest
        Empty if no text occurs in two partitions.
    borrowers : dict of str to tuple of int
        Names of groups of partitions; each group gets the same tables of vectors.
    """

    requests: list[VectorRequest]
    borrowers: dict[str, tuple[int, ...]]


def find_shared_texts(partitions: Iterable[Iterable[str]]) -> SharedTexts:
    """Decide which partition encodes each text: the first one with that text.

    Parameters
    ----------
    partitions : iterable of iterable of str
        The text hashes of each partition.

    Examples
    --------
    >>> shared = find_shared_texts([["a", "b"], ["b", "c"]])
    >>> shared.owner, shared.borrowed
    ({'a': 0, 'b': 0, 'c': 1}, [set(), {'b'}])
    """
    owner: dict[str, int] = {}
    borrowed: list[set[str]] = []
    for number, hashes in enumerate(partitions):
        own = dict.fromkeys(hashes)
        borrowed.append({text for text in own if owner.setdefault(text, number) != number})
    return SharedTexts(owner, borrowed)


def plan_exchange(shared: SharedTexts, groups: int) -> VectorExchange:
    """Plan small tables with the vectors that each partition needs from others.

    If a few texts occur in many partitions, each of these needs vectors from nearly all others.
    Partitions are therefore grouped on both sides: vectors are read once, and written once for each
    group of partitions that needs them.

    Parameters
    ----------
    shared : SharedTexts
        Result of `find_shared_texts`.
    groups : int
        Highest number of groups on each side.
    """
    owners = _split(range(len(shared.borrowed)), groups)
    needing = _split([n for n, texts in enumerate(shared.borrowed) if texts], groups)
    borrowers = {f"g{number:05d}": group for number, group in enumerate(needing)}
    wanted: list[list[tuple[str, str]]] = [[] for _ in owners]
    for name, group in borrowers.items():
        for text in set().union(*(shared.borrowed[partition] for partition in group)):
            wanted[shared.owner[text] // len(owners[0])].append((text, name))
    requests = []
    for number, texts in enumerate(wanted):
        if not texts:
            continue
        partitions = tuple(sorted({shared.owner[text] for text, _ in texts}))
        columns = [pa.array(column) for column in zip(*sorted(texts), strict=True)]
        table = pa.table(columns, names=["text_hash", "borrower"])
        requests.append(VectorRequest(f"l{number:05d}", partitions, table))
    return VectorExchange(requests, borrowers)


def _split(items: Sequence[T], groups: int) -> list[tuple[T, ...]]:
    """Split items, in order, into at most `groups` runs of equal length (the last is shorter)."""
    size = max(1, -(-len(items) // groups))
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]
