"""The last assignment of the films, on real workers: true names, same bytes, nothing done twice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from distributed import Client

from flows.mining.cluster import Clusters
from flows.mining.naming_parts import NamingParts
from flows.mining.settle import Moved, Shelves, settle_shelves
from flows.runtime.context import RunContext
from flows.runtime.tasks import Refs
from pipeline.execution.runner import local_cluster
from pipeline.schemas.mining import ASSIGNMENTS, FACETS, validate
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.schemas.vectors import unit_rows
from pipeline.settings import DaskSettings, Settings
from pipeline.storage.store import Store
from tests.pipeline.label.shelves.parts_of_films import (
    centroids_of,
    film_parts,
    name,
    parts_table,
    points_of,
)

# Two clusters, with films for which their names are false: parts, cluster, direction, thin
GROUPS = [
    ("ghost|Horror|language:en", 30, 0, 0, False),
    ("shark|Horror|language:en", 60, 1, 1, False),
    ("shark|Horror|language:en", 4, 0, 0, False),  # their shelf is the other one
    ("heist|Crime|language:en", 12, 0, 2, False),  # enough for a shelf of their own
    ("Western|language:en", 3, 1, 3, False),  # too few for any shelf
    ("Drama|language:hi", 11, 1, 4, False),
    ("Drama|language:en", 14, 1, 4, False),
    ("Drama|language:en", 8, -1, 5, True),
]
Film = tuple[str, int, int, bool]
FILMS: list[Film] = [
    (parts, cluster, direction, thin)
    for parts, count, cluster, direction, thin in GROUPS
    for _ in range(count)
]
DIM, LEAST, AVERAGE = 6, 6, 5


def directions(films: Sequence[Film]) -> np.ndarray:
    """Points of films: near the middle of all directions, and nearer to their own one."""
    noise = np.random.default_rng(4).normal(scale=0.04, size=(len(films), DIM))
    middle = np.ones((len(films), DIM))
    own = np.eye(DIM)[[direction for _, _, direction, _ in films]]
    return np.asarray(unit_rows(middle + own + noise), np.float32)


@dataclass(frozen=True)
class Settled:
    """A result of `settle_shelves`, its files, and the shelf of each film of FILMS."""

    shelves: Shelves
    files: list[str]
    clusters: list[int]
    reused: set[str]


def settle(
    store: Store,
    client: Client,
    order: Sequence[int],
    size: int = 40,
    films: Sequence[Film] = FILMS,
) -> Settled:
    """Settle films, which come in the given order, in partitions of some size."""
    rows, films = directions(films)[list(order)], [films[n] for n in order]
    rest = [film[0] for film in films]
    assigned = pa.table({"cluster": pa.array([film[1] for film in films], pa.int32())})
    facets = pa.Table.from_pylist(
        [
            {"movie_id": f"f{n:03d}", "thin": thin, "tagged": True}
            for n, (*_, thin) in zip(order, films, strict=True)
        ],
        FACETS,
    )
    ids = pa.array([f"f{n:03d}" for n in order], pa.string())
    points = points_of(rows)
    points = points.set_column(0, points.schema.field(0), ids)
    means = unit_rows(np.ones((2, DIM)) + np.eye(DIM)[:2]).astype(np.float32)

    def connect() -> AbstractContextManager[Client]:
        return nullcontext(client)

    with RunContext(store, Settings(), connect) as run:

        def partitions(kind: str, table: pa.Table) -> Refs:
            starts = range(0, len(table), size)
            return tuple(run.put(kind, f"p{n:05d}", table.slice(n, size)) for n in starts)

        parts = NamingParts(
            run.put("parts", "all", parts_table(rest)),
            partitions("film-parts", film_parts(rest)),
            partitions("facets", facets),
            (), (), (), len(films), "en", ("en",), "",
        )  # fmt: skip
        moved = Moved(
            partitions("assigned", assigned),
            centroids_of(means),
            np.ones(len(films), np.float32),
            unit=0.1,
            # no film belongs to a shelf only because it is near
            limits=ShelfLimits(reach=0.2, near_enough=1.1, untagged=1.1),
            least=LEAST,
            average=AVERAGE,
        )
        clusters = Clusters(moved.assignments, run.put("centroids", "all", moved.centroids), {})
        shelves = settle_shelves(run, clusters, partitions("points", points), parts, moved)
        found = run.read(shelves.clusters.assignments)
        validate(found, ASSIGNMENTS, name="assignments")
        by_id = dict(zip(found["movie_id"].to_pylist(), found["cluster"].to_pylist(), strict=True))
        refs = [*shelves.clusters.assignments, shelves.clusters.centroids]
        return Settled(
            shelves,
            [ref.sha256 for ref in refs],
            [by_id[f"f{n:03d}"] for n in range(len(films))],
            run.resumed,
        )


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Client]:
    with local_cluster(DaskSettings(workers=2)) as client:
        yield client


@pytest.fixture(scope="module")
def settled(two_workers: Client, tmp_path_factory: pytest.TempPathFactory) -> Settled:
    """Return the result of two workers."""
    return settle(Store(tmp_path_factory.mktemp("settled")), two_workers, range(len(FILMS)))


def shelves_of(settled: Settled, group: int) -> set[int]:
    """Return the shelves of the films of one of GROUPS."""
    start = sum(count for _, count, *_ in GROUPS[:group])
    return set(settled.clusters[start : start + GROUPS[group][1]])


def test_films_go_to_shelves_of_which_the_names_are_true(settled: Settled) -> None:
    ghosts, sharks, strays, heists, westerns, hindi, dramas, thin = (
        shelves_of(settled, group) for group in range(len(GROUPS))
    )
    assert (len(ghosts), len(sharks)) == (1, 1)
    assert strays == sharks != ghosts
    # films that left a shelf and have a subject and a genre in common: they get a new one
    assert len(heists) == 1 and not heists & (ghosts | sharks)
    # films without theme, and thin films among them, by genre and language
    general = settled.shelves.thin
    assert {general[shelf] for shelf in hindi} == {name("Drama|language:hi")}
    assert {general[shelf] for shelf in dramas | thin} == {name("Drama")}
    assert general.keys() == hindi | dramas
    # too few films for any shelf: they stay with the nearest others
    assert len(westerns - general.keys()) == len(westerns)


def test_shelves_are_numbered_by_their_size(settled: Settled) -> None:
    sizes = np.bincount(settled.clusters).tolist()
    assert len(sizes) == 5
    assert sizes == sorted(sizes, reverse=True)
    assert min(sizes) >= LEAST
    assert len(settled.shelves.sure) == len(FILMS)
    assert ((settled.shelves.sure > 0) & (settled.shelves.sure <= 1)).all()


def test_one_worker_gives_the_same_bytes(settled: Settled, tmp_path: Path) -> None:
    with local_cluster(DaskSettings(workers=1)) as client:
        alone = settle(Store(tmp_path), client, range(len(FILMS)))
    assert alone.files == settled.files
    assert alone.shelves.thin == settled.shelves.thin
    assert alone.shelves.sure.tobytes() == settled.shelves.sure.tobytes()


@pytest.mark.parametrize(("seed", "size"), [(1, 40), (2, 17), (3, 1_000)])
def test_order_and_partitions_do_not_matter(
    settled: Settled, two_workers: Client, tmp_path: Path, seed: int, size: int
) -> None:
    order = list(range(len(FILMS)))
    random.Random(seed).shuffle(order)
    mixed = settle(Store(tmp_path), two_workers, order, size)
    assert mixed.clusters == settled.clusters
    assert mixed.shelves.thin == settled.shelves.thin


def test_committed_pieces_are_not_computed_again(
    settled: Settled, two_workers: Client, tmp_path: Path
) -> None:
    """Half of the pieces are lost, as if the run had ended in each of the stages."""
    store, order = Store(tmp_path), range(len(FILMS))
    whole = settle(store, two_workers, order)
    assert whole.files == settled.files
    assert whole.reused == set()
    manifests = sorted((tmp_path / "work").glob("*/*.json"))
    stages = {path.parent.name for path in manifests}
    assert stages >= {
        "audit-films-audit-1",
        "audit-films-audit-2",
        "shelf-names-audit-1",
        "shelf-names-split",
        "split-shelves",
        "rest-keys",
        "settle-films",
        "measure-films",
    }
    kept = {path: path.read_text() for path in manifests[::2]}
    for path in manifests[1::2]:
        path.unlink()
    again = settle(store, two_workers, order)
    assert again.files == settled.files
    assert again.reused
    assert {path: path.read_text() for path in kept} == kept
    assert settle(store, two_workers, order).reused >= {"settle-films", "audit-films-audit-1"}


def test_a_catalogue_without_parts_keeps_its_clusters(two_workers: Client, tmp_path: Path) -> None:
    films = [("", cluster, cluster, False) for cluster in (0, 1) for _ in range(10)]
    found = settle(Store(tmp_path), two_workers, range(20), films=films)
    assert found.clusters == [0] * 10 + [1] * 10
    assert found.shelves.thin == {}
