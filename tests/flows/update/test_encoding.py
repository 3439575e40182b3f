"""New texts of an update: encoded in pieces, each committed, here or on the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from distributed import Client, LocalCluster

from benchmarks.lib.mined_release import catalogue, mined_release, settings_of, write_catalogue
from benchmarks.lib.small_model import build_model
from flows.mining.ingest import read_sources
from flows.runtime.context import RunContext
from flows.update.steps import embed_new_texts, find_changed_films, find_changed_rows
from pipeline.inference.encoder import encoder_of
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.mining import MOVIES
from pipeline.settings import Settings
from pipeline.storage.store import Store

TEXTS = 1100  # three pieces


@contextmanager
def connect() -> Iterator[Client]:
    """Yield a client of a cluster whose one worker is a thread."""
    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def many_films() -> pa.Table:
    """Return films with texts that the release does not have."""
    rows = catalogue().to_pylist()
    repeated = [rows[n % len(rows)] | {"movie_id": f"new-{n}"} for n in range(TEXTS)]
    for number, row in enumerate(repeated):
        row["overview"] = f"{row['overview']} {number}"
    return pa.Table.from_pylist(repeated, MOVIES)


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("here", [True, False], ids=["in-this-process", "on-the-cluster"])
def test_texts_are_encoded_in_pieces_and_once(tmp_path: Path, here: bool) -> None:
    model = build_model(tmp_path / "model")
    before = ReleasedTables(mined_release(tmp_path / "out", model, catalogue().slice(0, 20)))
    source = write_catalogue(tmp_path / "many.parquet", many_films())
    settings = settings_of(model)
    limit = settings.update.model_copy(update={"encode_here": 10_000 if here else 0})
    settings = settings.model_copy(update={"update": limit})

    texts, first, pieces = encoded(tmp_path / "out", before, source, settings)
    assert len(texts) == len(first) == TEXTS
    hashes = sorted(texts)
    expected = encoder_of(before.path, before.manifest).encode([texts[h] for h in hashes])
    stacked = np.array([first[h] for h in hashes])
    assert np.abs(stacked - expected).max() < 2e-3  # float16, and another order of batches
    assert len([name for name in pieces if name.endswith(".json")]) == 3

    _, again, same_pieces = encoded(tmp_path / "out", before, source, settings)
    assert pieces == same_pieces, "committed pieces are reused"
    assert all(np.array_equal(first[h], again[h]) for h in hashes)


def encoded(
    out: Path, before: ReleasedTables, source: str, settings: Settings
) -> tuple[dict[str, str], dict[str, np.ndarray], dict[str, bytes]]:
    """Return the new texts and their vectors by hash, and the committed files of the stage."""
    model = before.manifest.model
    constants = {"revision": str(model.revision), "dtype": str(model.dtype)}
    with RunContext(Store(out), settings, connect, model_constants=constants) as run:
        read = read_sources(run, [source], None)
        rows = find_changed_rows(run, before, read, [source], True)
        changes, _ = find_changed_films(run, before, read, rows, True)
        table, vectors, count = embed_new_texts(run, before, changes)
    assert count == TEXTS
    texts = dict(zip(table["text_hash"].to_pylist(), table["text"].to_pylist(), strict=True))
    files = {
        path.name: path.read_bytes() for path in (out / "work" / "update-vectors").glob("[!.]*")
    }
    return texts, {h: vectors[h] for h in texts}, files
