"""Stages on real worker processes: same results, no repeated work, and failures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster

from pipeline.errors import QuarantineError, StageError
from pipeline.execution.runner import (
    Piece,
    Stage,
    local_cluster,
    run_stage,
)
from pipeline.execution.stage import piece_fingerprint, run_pieces
from pipeline.fileio.manifest import FileRef
from pipeline.settings import DaskSettings
from pipeline.storage.work_store import WorkStore
from tests.support import stages as functions

SCALE = Stage.of(functions.scale, functions.Factor())


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with local_cluster(DaskSettings(workers=2)) as client:
        yield client


@pytest.fixture
def store(tmp_path: Path) -> WorkStore:
    return WorkStore(tmp_path / "out")


def inputs(store: WorkStore, count: int) -> dict[str, FileRef]:
    refs = {}
    for n in range(count):
        numbers = range(n * 25, (n + 1) * 25)
        table = pa.table(
            {"movie_id": [str(i) for i in numbers], "n": pa.array(numbers, pa.int64())}
        )
        result = store.commit("input", f"p{n}", f"{n:064x}", {"t": table}, rows_in=25, seconds=0)
        refs[f"p{n}"] = result.outputs["t"]
    return refs


def quarantined(
    store: WorkStore, stage: Stage, todo: list[Piece], client: Client | None
) -> dict[str, str]:
    """Run a stage in which pieces fail for good; return their reasons by key."""
    with pytest.raises(QuarantineError):
        run_stage(store, stage, todo, client=client)
    return {failure["piece"]: failure["reason"] for failure in store.failures()}


def committed(store: WorkStore, stage: Stage, todo: list[Piece]) -> list[str]:
    """Return the keys of the pieces that are committed."""
    marks = {piece.key: piece_fingerprint(stage, piece) for piece in todo}
    return [key for key, mark in marks.items() if store.lookup(stage.name, key, mark)]


def pieces(store: WorkStore, count: int = 3, **constants: Any) -> list[Piece]:
    """Pieces p0, p1, ..., each with its key as the constant `name`."""
    return [
        Piece(key, {"movies": (ref,)}, {"name": key, **constants})
        for key, ref in inputs(store, count).items()
    ]


def without_names(store: WorkStore, count: int = 1, **constants: Any) -> list[Piece]:
    return [Piece(p.key, p.inputs, constants) for p in pieces(store, count)]


def test_two_workers_give_the_same_files_as_this_process(tmp_path: Path, client: Client) -> None:
    sums = []
    for name, where in (("here", None), ("workers", client)):
        store = WorkStore(tmp_path / name)
        result = run_stage(store, SCALE, pieces(store, 20), client=where)
        assert [m.key for m in result.manifests] == [f"p{n}" for n in range(20)]
        assert result.rows("scaled") + result.rows("rejects") == 20 * 25
        assert all(m.rows_in == 25 for m in result.manifests)
        sums.append([ref.sha256 for ref in result.refs("scaled")])
        table = store.read(result.refs("scaled"))
        assert table["n"].to_pylist() == [2 * n for n in range(500) if n % 10]
    assert sums[0] == sums[1]


@pytest.mark.parametrize("on_workers", [False, True])
def test_resume_reuses_committed_pieces(
    store: WorkStore, tmp_path: Path, request: pytest.FixtureRequest, on_workers: bool
) -> None:
    where = request.getfixturevalue("client") if on_workers else None
    todo = pieces(store, 4, calls_in=str(tmp_path))
    first = run_stage(store, SCALE, todo[:3], client=where)
    assert (first.reused, functions.calls(tmp_path)) == (0, 3)
    seen: list[tuple[int, int, str]] = []
    second = run_stage(
        store,
        SCALE,
        todo,
        client=where,
        on_progress=lambda done, total, result: seen.append((done, total, result.key)),
    )
    assert (second.reused, functions.calls(tmp_path)) == (3, 4)
    assert second.manifests[:3] == first.manifests
    assert seen == [(1, 4, "p0"), (2, 4, "p1"), (3, 4, "p2"), (4, 4, "p3")]
    forced = run_stage(store, SCALE, todo, client=where, resume=False)
    assert (forced.reused, functions.calls(tmp_path)) == (0, 8)
    assert [r.sha256 for r in forced.refs("scaled")] == [r.sha256 for r in second.refs("scaled")]
    store.read(forced.refs("scaled"), verify=True)
    assert len(list((store.root / "work" / "scale").iterdir())) == 4 * 3


def test_a_change_of_anything_the_output_depends_on_computes_it_again(
    store: WorkStore, tmp_path: Path
) -> None:
    todo = pieces(store, 1, calls_in=str(tmp_path))
    other = Piece("p0", pieces(store, 2)[1].inputs, todo[0].constants)
    more = Piece("p0", todo[0].inputs, {**todo[0].constants, "name": "else"})
    newer = replace(SCALE, spec=replace(SCALE.spec, version=2))
    by_three = Stage.of(functions.scale, functions.Factor(by=3))
    for calls, (stage, piece) in enumerate(
        [
            (SCALE, todo[0]),
            (newer, todo[0]),
            (by_three, todo[0]),
            (SCALE, other),
            (SCALE, more),
        ],
        start=1,
    ):
        for _ in range(2):
            run_stage(store, stage, [piece])
            assert functions.calls(tmp_path) == calls


def test_only_a_damaged_output_is_computed_again(store: WorkStore, tmp_path: Path) -> None:
    todo = pieces(store, 3, calls_in=str(tmp_path))
    result = run_stage(store, SCALE, todo)
    (store.root / result.refs("scaled")[1].path).write_bytes(b"torn")
    again = run_stage(store, SCALE, todo)
    assert again.reused == 2
    assert functions.calls(tmp_path, "p1") == 2
    assert functions.calls(tmp_path) == 4
    assert store.read(again.refs("scaled"), verify=True).num_rows == result.rows("scaled")


def test_a_damaged_input_is_named(store: WorkStore) -> None:
    todo = pieces(store, 2)
    path = todo[1].inputs["movies"][0].path
    data = bytearray((store.root / path).read_bytes())
    data[30] ^= 1
    (store.root / path).write_bytes(data)
    with pytest.raises(StageError, match=f"p1: CorruptFileError: .*{path}"):
        run_stage(store, SCALE, todo)


@pytest.mark.timeout(120)
def test_a_worker_killed_during_a_piece_loses_nothing(
    store: WorkStore, tmp_path: Path, client: Client
) -> None:
    stage = Stage.of(functions.die_once)
    result = run_stage(
        store, stage, pieces(store, 6, folder=str(tmp_path), victim="p2"), client=client
    )
    assert len(result.manifests) == 6
    assert not store.failures()
    assert functions.calls(tmp_path, "p2") == 2


@pytest.mark.timeout(180)
def test_only_the_piece_that_kills_its_worker_is_quarantined(
    store: WorkStore, tmp_path: Path, client: Client
) -> None:
    stage = Stage.of(functions.die_always)
    todo = pieces(store, 6, folder=str(tmp_path), victim="p2")
    reasons = quarantined(store, stage, todo, client)
    assert list(reasons) == ["p2"]
    assert "KilledWorker" in reasons["p2"]
    assert committed(store, stage, todo) == ["p0", "p1", "p3", "p4", "p5"]
    assert functions.calls(tmp_path, "p2") == 4  # twice beside others, twice alone


@pytest.mark.timeout(180)
def test_pieces_beside_the_one_that_kills_a_worker_are_kept(
    store: WorkStore, tmp_path: Path
) -> None:
    stage = Stage.of(functions.die_in_company)
    todo = pieces(store, 3, folder=str(tmp_path), victim="p1", company=2)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(
            n_workers=1,
            threads_per_worker=3,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, set_as_default=False) as crowded,
    ):
        reasons = quarantined(store, stage, todo, crowded)
    assert list(reasons) == ["p1"]
    assert committed(store, stage, todo) == ["p0", "p2"]
    assert [functions.calls(tmp_path, f"p{n}") for n in range(3)] == [2, 2, 2]


@pytest.mark.parametrize("on_workers", [False, True])
def test_an_exception_quarantines_its_piece_with_the_reason(
    store: WorkStore,
    request: pytest.FixtureRequest,
    on_workers: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    where = request.getfixturevalue("client") if on_workers else None
    caplog.set_level(logging.ERROR)  # a cluster that opens may have silenced pytest's handlers too
    stage = Stage.of(functions.fail)
    todo = pieces(store, 3, victim="p1")
    with pytest.raises(StageError, match="p1: ZeroDivisionError: p1 cannot be divided") as raised:
        run_stage(store, stage, todo, client=where)
    assert "1 of 3" in str(raised.value)
    logged = [r for r in caplog.records if r.exc_info]
    assert "in fail" in logging.Formatter().formatException(logged[0].exc_info)  # type: ignore[arg-type]
    assert committed(store, stage, todo) == ["p0", "p2"]
    reasons = quarantined(store, stage, todo, where)
    assert reasons == {"p1": "ZeroDivisionError: p1 cannot be divided"}


def test_the_reason_of_a_failure_has_no_secrets(
    store: WorkStore, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "very-secret-0815"
    caplog.set_level(logging.ERROR)
    monkeypatch.setenv("TMDB_API_KEY", secret)
    (ref,) = inputs(store, 1).values()
    todo = [Piece("p0", {"movies": (ref,)}, {"name": secret, "victim": secret})]
    with pytest.raises(StageError, match=r"p0: ZeroDivisionError: \*\*\* cannot") as raised:
        run_stage(store, Stage.of(functions.fail), todo)
    assert secret not in str(raised.value)
    assert [failure["reason"] for failure in store.failures()] == [
        "ZeroDivisionError: *** cannot be divided"
    ]
    assert any("is quarantined: ZeroDivisionError: ***" in r.getMessage() for r in caplog.records)


@pytest.mark.parametrize("on_workers", [False, True])
def test_a_temporary_error_is_retried(
    store: WorkStore, tmp_path: Path, request: pytest.FixtureRequest, on_workers: bool
) -> None:
    where = request.getfixturevalue("client") if on_workers else None
    stage = Stage.of(functions.stumble)
    todo = pieces(store, 2, folder=str(tmp_path), times=2)
    with pytest.raises(StageError, match=r"ConnectionResetError.*tried 2 times"):
        run_stage(store, stage, todo, client=where, retries=1, backoff_seconds=0.01)
    for marker in tmp_path.glob("*.called"):
        marker.unlink()
    result = run_stage(store, stage, todo, client=where, retries=2, backoff_seconds=0.01)
    assert len(result.manifests) == 2
    assert functions.calls(tmp_path, "p0") == 3


def test_a_full_disk_is_not_retried(store: WorkStore, tmp_path: Path) -> None:
    stage = Stage.of(functions.disk_full)
    with pytest.raises(StageError, match="No space left"):
        run_stage(store, stage, without_names(store, folder=str(tmp_path)))
    assert functions.calls(tmp_path) == 1


def test_lost_rows_are_an_error(store: WorkStore) -> None:
    stage = Stage.of(functions.lose_a_row)
    with pytest.raises(StageError, match="25 rows of 'movies' became 24 of 'out' and 0"):
        run_stage(store, stage, without_names(store))
    assert store.lookup("lose", "p0", "0" * 64) is None


def test_a_stage_returns_only_declared_outputs(store: WorkStore) -> None:
    undeclared = replace(SCALE, spec=replace(SCALE.spec, outputs=("scaled",), conserves=None))
    with pytest.raises(StageError, match=r"returned \['rejects'\], declared are \['scaled'\]"):
        run_stage(store, undeclared, pieces(store, 1))


def test_a_piece_has_only_declared_inputs(store: WorkStore) -> None:
    piece = Piece("p0", {"films": pieces(store, 1)[0].inputs["movies"]})
    with pytest.raises(StageError, match=r"\['films'\] is not a declared input"):
        run_stage(store, SCALE, [piece])


def test_a_stage_returns_tables(store: WorkStore) -> None:
    with pytest.raises(StageError, match="must return tables by name"):
        run_stage(store, Stage.of(functions.no_tables), without_names(store))  # type: ignore[arg-type]


def test_wrong_use_is_refused(store: WorkStore) -> None:
    stage = Stage.of(functions.echo)
    todo = pieces(store, 1)
    with pytest.raises(StageError, match="two pieces have the key 'p0'"):
        run_stage(store, stage, todo * 2)
    with pytest.raises(StageError, match="names two things"):
        run_stage(store, stage, [Piece("p0", todo[0].inputs, {"movies": 1})])
    with pytest.raises(StageError, match="top level of a module"):
        Stage(SCALE.spec, lambda movies: {"out": movies})
    with pytest.raises(StageError, match=r"no output 'nothing'; its outputs are \['out'\]"):
        run_stage(store, stage, todo).refs("nothing")


def test_no_pieces_and_more_than_are_submitted_at_once(store: WorkStore, client: Client) -> None:
    stage = Stage.of(functions.echo)
    empty = run_stage(store, stage, [], client=client)
    assert (empty.manifests, empty.rows("out")) == ((), 0)
    many = [Piece(f"q{n}", pieces(store, 1)[0].inputs, {"name": str(n)}) for n in range(40)]
    result = run_stage(store, stage, many, client=client)
    assert [m.key for m in result.manifests] == [f"q{n}" for n in range(40)]


def test_an_interrupt_cancels_submitted_pieces(store: WorkStore, client: Client) -> None:
    def interrupt(done: int, total: int, result: object) -> None:
        raise KeyboardInterrupt

    stage = Stage.of(functions.echo)
    todo = pieces(store, 12)
    with pytest.raises(KeyboardInterrupt):
        run_stage(store, stage, todo, client=client, on_progress=interrupt)
    result = run_stage(store, stage, todo, client=client)
    assert 1 <= result.reused <= 12
    assert len(result.manifests) == 12


def test_two_output_folders_share_a_cluster(tmp_path: Path, client: Client) -> None:
    stores = [WorkStore(tmp_path / name) for name in ("a", "b")]
    stage = Stage.of(functions.linger)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_stage, s, stage, pieces(s, 1), client=client) for s in stores]
    for store, run in zip(stores, runs, strict=True):
        assert store.read(run.result().refs("out")).num_rows == 25


def test_no_workers_and_no_scheduler(store: WorkStore, client: Client) -> None:
    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        local_cluster(DaskSettings(scheduler=cluster.scheduler_address)) as remote,
        pytest.raises(StageError, match=r"no worker on the cluster for 0\.2 s"),
    ):
        run_stage(store, Stage.of(functions.echo), pieces(store), client=remote, wait_seconds=0.2)
    absent = DaskSettings(scheduler="tcp://127.0.0.1:9", wait_seconds=0.5)
    with pytest.raises(StageError, match=r"dask\.scheduler"), local_cluster(absent):
        pass


def test_small_pieces_are_grouped_into_fewer_tasks(store: WorkStore, client: Client) -> None:
    todo = pieces(store, 40)

    client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_log.clear())
    result = run_stage(store, SCALE, todo, client=client)
    assert [m.key for m in result.manifests] == [piece.key for piece in todo]
    keys = client.run_on_scheduler(
        lambda dask_scheduler: sorted({str(k[0]) for k in dask_scheduler.transition_log})
    )
    assert 0 < len([key for key in keys if key.startswith("scale-")]) < 30
    assert any("-and" in key for key in keys)


def test_pieces_committed_together_are_those_of_pieces_alone(tmp_path: Path) -> None:
    alone, together = WorkStore(tmp_path / "alone"), WorkStore(tmp_path / "together")
    one = run_stage(alone, SCALE, pieces(alone, 3)).manifests
    todo = [(piece, piece_fingerprint(SCALE, piece)) for piece in pieces(together, 3)]
    several = run_pieces(str(together.root), SCALE, todo)
    for mine, other in zip(one, several, strict=True):
        assert other is not None
        assert {n: r.sha256 for n, r in mine.outputs.items()} == {
            n: r.sha256 for n, r in other.outputs.items()
        }
    assert run_pieces(str(together.root), SCALE, todo) == several


def test_a_piece_that_fails_beside_others_does_not_stop_them(store: WorkStore) -> None:
    todo = pieces(store, 3)
    path = store.root / todo[1].inputs["movies"][0].path
    path.write_bytes(b"torn")
    found = run_pieces(
        str(store.root), SCALE, [(piece, piece_fingerprint(SCALE, piece)) for piece in todo]
    )
    assert [manifest is None for manifest in found] == [False, True, False]
    assert committed(store, SCALE, todo) == ["p0", "p2"]
