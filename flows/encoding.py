"""Many new texts of an update, encoded over Dask as a mining does it."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipeline.embed import embed
from pipeline.partitions import Piece, Stage, local_cluster, run_stage
from pipeline.released import ReleasedTables
from pipeline.settings import DaskSettings, EmbedSettings
from pipeline.store import Store, fingerprint

__all__ = ["encode_on_cluster"]

_TEXTS = 512  # in one piece


def encode_on_cluster(
    store: Store,
    dask: DaskSettings,
    settings: EmbedSettings,
    before: ReleasedTables,
    texts: Mapping[str, str],
) -> pa.Table:
    """Columns text_hash and vector, by hash, of texts by their hash."""
    model = before.manifest["model"]
    constants = {"revision": model["revision"], "dtype": model["dtype"]}
    hashes = sorted(texts)
    pieces = []
    for number, start in enumerate(range(0, len(hashes), _TEXTS)):
        own = hashes[start : start + _TEXTS]
        table = pa.table({"text_hash": own, "text": [texts[h] for h in own]})
        key = f"p{number:05d}"
        put = store.commit(
            "update-texts", key, fingerprint("update-texts", own), {"texts": table},
            rows_in=len(own), seconds=0.0,
        )  # fmt: skip
        pieces.append(Piece(key, {"texts": (put.outputs["texts"],)}, constants))
    with local_cluster(dask) as client:
        made = run_stage(
            store, Stage("update-vectors", 1, embed, settings, None, {}), pieces,
            client=client, retries=dask.retries, wait_seconds=dask.wait_seconds,
        )  # fmt: skip
    return store.read(made.refs("vectors"))
