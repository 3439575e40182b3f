"""What names a mined release, and the manifest that goes with its files."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numpy as np

from flows.mining.release_tables import ReleaseTables
from flows.mining.results import Mined
from flows.runtime.context import Run
from pipeline.lineage.previous_release import mined_before
from pipeline.storage.work_store import fingerprint
from pipeline.update.drift import keyword_uses

__all__ = ["content_of", "manifest_of", "release_id_of"]

_PACKAGES = (
    "micro-genre-miner",
    "numpy",
    "pandas",
    "pyarrow",
    "torch",
    "sentence-transformers",
    "faiss-cpu",
    "scikit-learn",
    "keybert",
    "dask",
    "prefect",
)

# Settings that have no part in what a mining makes.
_NOT_MINING = {"fetch", "dask", "serve", "log", "update", "novelty", "drift"}
# Settings that say where a run works, not what it makes; some name this machine's files.
_ELSEWHERE: Any = {
    "serve": True,
    "log": True,
    "dask": {"scheduler", "tls_ca", "tls_cert", "tls_key", "trusted_network"},
}


def content_of(run: Run, mined: Mined, tables: ReleaseTables) -> str:
    """What went in and what came out, whatever release came before."""
    inputs = sorted(str(source["sha256"]) for source in mined.intake.sources)
    outputs = [
        ref.sha256
        for refs in (
            mined.cleaned.refs("movies"),
            mined.embeddings,
            mined.clusters.assignments,
            mined.neighbours,
        )
        for ref in refs
    ]
    settings = run.settings.model_dump(mode="json", exclude=_NOT_MINING)
    # the layout too: mining again must not find an older release that lacks a column
    layout = {name: table.schema.names for name, table in tables.files.items()}
    rejects = len(tables.whole("rejects"))
    return fingerprint(inputs, outputs, mined.named.fresh, settings, rejects, layout)


def release_id_of(run: Run, mined: Mined, tables: ReleaseTables, content: str) -> str:
    """Named by its content and what it follows: the same run twice is the same release."""
    same = mined_before(run.store, content)
    if same is not None:
        return same.name
    before = mined.named.succession.before
    if before is None:
        return content[:12]
    told = tables.whole("micro_genres").select(["micro_genre_id", "micro_genre_name"]).to_pylist()
    return fingerprint(content, before.release_id, told)[:12]


def manifest_of(
    run: Run, mined: Mined, tables: ReleaseTables, report: dict[str, Any]
) -> dict[str, Any]:
    before = mined.named.succession.before
    weak = np.quantile(
        np.sort(tables.films.column("similarity").to_numpy()),
        run.settings.cluster.weak_quantile,
        method="lower",
    )
    return {
        "release_id": report["release_id"],
        "schema_version": 1,
        "kind": "mined",
        "parent": None if before is None else before.release_id,
        "generation": mined.named.succession.generation,
        "keyword_uses": keyword_uses(
            (run.read(ref, ["keywords"]) for ref in mined.cleaned.refs("movies")),
            tables.whole("vocabulary"),
        ),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": {n: report["counts"][n] for n in ("rows_in", "released", "rejected")},
        "settings": run.settings.model_dump(mode="json", exclude=_ELSEWHERE),
        "weak_below": float(weak),
        "schema": {
            name: {f.name: str(f.type) for f in table.schema}
            for name, table in tables.files.items()
        },
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        "model": {
            "name": run.model.name,
            "revision": run.model.revision,
            "dim": tables.files["embeddings"].schema.field("vector").type.list_size,
            "dtype": run.model.dtype,
            "device": run.model.device,
        },
        "sources": list(mined.intake.sources),
        "partition_count": len(mined.intake.partitions),
    }
