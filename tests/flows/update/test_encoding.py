"""Many new texts of an update on Dask: the vectors that one process gives, each made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from distributed import LocalCluster

from benchmarks.lib.mined_release import catalogue, mined_release, settings_of
from benchmarks.lib.small_model import build_model
from flows.update.steps import encode_on_cluster
from pipeline.inference.encoder import encoder_of
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.vectors import matrix_of
from pipeline.settings import DaskSettings
from pipeline.storage.work_store import WorkStore


def test_texts_are_encoded_in_pieces_and_once(tmp_path: Path) -> None:
    model = build_model(tmp_path / "model")
    before = ReleasedTables(mined_release(tmp_path / "out", model, catalogue().slice(0, 20)))
    store, settings = WorkStore(tmp_path / "out"), settings_of(model).embed
    spoken = catalogue()["overview"].to_pylist()
    texts = {f"{number:064x}": f"{text} {number}" for number, text in enumerate(spoken * 2)}
    assert len(texts) > 2 * 512

    def pieces() -> dict[str, bytes]:
        found = (tmp_path / "out" / "work").glob("update-*/*")
        return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in found}

    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:
        dask = DaskSettings(scheduler=cluster.scheduler_address)
        made = encode_on_cluster(store, dask, settings, before, texts)
        held = pieces()
        again = encode_on_cluster(store, dask, settings, before, texts)

    hashes = made["text_hash"].to_pylist()
    assert len(hashes) == len(texts) and set(hashes) == set(texts)
    here = encoder_of(before.path, before.manifest).encode([texts[h] for h in hashes])
    assert np.abs(matrix_of(made) - here).max() < 2e-3  # float16, and another order of batches
    assert sum(name.endswith(".json") for name in held) == 2 * 3
    assert again.equals(made)
    kept = {name: data for name, data in held.items() if name.startswith("update-vectors")}
    assert kept and kept.items() <= pieces().items()
