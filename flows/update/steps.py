"""The steps of an update, each told as it goes: what changed, its vectors, the next release."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flows.events import StageDone, StageStarted, emit
from pipeline.embedding.embed import embed
from pipeline.execution.runner import Piece, Stage, local_cluster, run_stage
from pipeline.features.text import texts_of
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.inference.placement import members_means
from pipeline.label import text_means, text_sums
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import BASELINE
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import (
    CleanSettings,
    DaskSettings,
    EmbedSettings,
    FeatureSettings,
    PublishSettings,
    Settings,
    SourceSettings,
)
from pipeline.storage.work_store import Store, fingerprint
from pipeline.update.apply import Updated, text_vectors
from pipeline.update.changes import Changes, find_changes
from pipeline.update.novelty import gather, proposals

__all__ = [
    "Updating",
    "encode_new",
    "encode_on_cluster",
    "find_novel",
    "look_for_changes",
    "publish_settings",
]


@dataclass
class Updating:
    """One update under way."""

    store: Store
    settings: Settings
    before: ReleasedTables
    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    encoded: int = 0
    _encoder: Encoder | None = None

    @property
    def published(self) -> PublishSettings:
        """What the release says of itself: what is set now, else what was when it was mined."""
        return publish_settings(self.before.manifest, self.settings)

    @property
    def encoder(self) -> Encoder:
        """The model of the release, made ready when first asked for."""
        if self._encoder is None:
            self._encoder = encoder_of(self.before.path, self.before.manifest)
        return self._encoder

    @contextmanager
    def timed(self, stage: str) -> Iterator[list[str]]:
        """Show and time a stage; what is appended to the list is what it made."""
        emit(StageStarted(stage))
        begun = time.perf_counter()
        detail: list[str] = []
        yield detail
        self.seconds[stage] = time.perf_counter() - begun
        emit(StageDone(stage, self.seconds[stage], ", ".join(detail)))


def publish_settings(manifest: Mapping[str, Any], settings: Settings) -> PublishSettings:
    """Title, licence and attribution: those set now over those with which a release was mined."""
    mined: Mapping[str, Any] = manifest["settings"].get("publish", {})
    return PublishSettings(**{**mined, **settings.publish.model_dump(exclude_unset=True)})


def look_for_changes(at: Updating, sources: Sequence[str], *, only_changes: bool) -> Changes:
    """What the catalogues hold that the release does not."""
    with (
        at.timed("changes") as detail,
        tempfile.TemporaryDirectory(dir=at.store.root / "work", prefix=".intake-") as folder,
    ):
        wanted = (
            at.before.mined_with("source", SourceSettings),
            at.before.mined_with("clean", CleanSettings),
        )
        changes = find_changes(at.before, sources, wanted, Path(folder), only_changes=only_changes)
        detail.append(
            f"{len(changes.added):,} new, {len(changes.changed):,} changed, "
            f"{len(changes.withdrawn):,} withdrawn"
        )
    return changes


def encode_new(at: Updating, changes: Changes) -> tuple[pa.Table, dict[str, np.ndarray]]:
    """`features.texts_of` the films to place, and the vector of each text by its hash.

    Only new texts are encoded. What is encoded is committed, so that an update that is killed
    does not encode it again.
    """
    ids = pa.array(changes.placed, pa.string())
    placed = changes.films.filter(pc.is_in(changes.films["movie_id"], value_set=ids))
    with at.timed("embed") as detail:
        made = texts_of(placed, at.before.mined_with("features", FeatureSettings))
        vectors = text_vectors(at.before, made["text_hash"])
        texts = {
            text_hash: text
            for text_hash, text in zip(
                made["text_hash"].to_pylist(), made["text"].to_pylist(), strict=True
            )
            if text_hash not in vectors
        }
        at.encoded = len(texts)
        if texts:
            vectors |= _encode(at, texts)
        detail.append(f"{len(texts):,} new texts")
    return made, vectors


def find_novel(at: Updating, now: Updated) -> dict[str, Any]:
    """Films that fit nothing well and the micro-genres they would make: figures for the report.

    The table `novel` is added to those of the release.
    """
    with at.timed("novelty") as detail:
        movies, baseline = now.tables["movies"], now.tables["baseline"].cast(BASELINE)
        novel, groups = gather(movies, now.points, baseline, at.settings.novelty)
        now.tables["novel"] = novel
        vectors = matrix_of(now.tables["embeddings"].sort_by("movie_id"))
        labels = now.tables["micro_genres"].sort_by("cluster")
        found = proposals(
            movies,
            vectors,
            groups,
            _text_means(now, vectors),
            labels["micro_genre_name"].to_pylist(),
            at.encoder.encode,
        )
        detail.append(f"{len(novel):,} films, {len(found)} proposals")
    return {"films": len(novel), "share": len(novel) / max(1, len(movies)), "proposals": found}


def point_means(now: Updated) -> np.ndarray:
    """The unit mean of the points of each micro-genre, (k, width)."""
    clusters = now.tables["movies"].column("cluster").to_numpy()
    return members_means(now.points, clusters, len(now.tables["centroids"]))


def _text_means(now: Updated, vectors: np.ndarray) -> np.ndarray:
    films = pa.table({"vector": column_of_vectors(vectors)})
    sums = text_sums(films, now.tables["movies"])["sums"]
    return text_means([sums], len(now.tables["centroids"]))


def _encode(at: Updating, texts: dict[str, str]) -> dict[str, np.ndarray]:
    hashes = sorted(texts)
    settings = at.before.mined_with("embed", EmbedSettings)
    revision = at.before.manifest["model"]["revision"]
    mark = fingerprint("update-embed", 1, revision, settings.model_dump(mode="json"), hashes)
    found = at.store.lookup("update-embed", "texts", mark)
    if found is None:
        begun = time.perf_counter()
        if len(texts) > at.settings.update.encode_here:
            from flows.update.steps import encode_on_cluster

            table = encode_on_cluster(at.store, at.settings.dask, settings, at.before, texts)
        else:
            rows = at.encoder.encode([texts[h] for h in hashes], settings.batch_tokens)
            columns = [pa.array(hashes), column_of_vectors(rows, settings.vector_dtype)]
            table = pa.table(columns, names=["text_hash", "vector"])
        found = at.store.commit(
            "update-embed",
            "texts",
            mark,
            {"vectors": table},
            rows_in=len(texts),
            seconds=time.perf_counter() - begun,
        )
    table = at.store.read(found.outputs["vectors"])
    return dict(zip(table["text_hash"].to_pylist(), matrix_of(table), strict=True))


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
            "update-texts",
            key,
            fingerprint("update-texts", own),
            {"texts": table},
            rows_in=len(own),
            seconds=0.0,
        )
        pieces.append(Piece(key, {"texts": (put.outputs["texts"],)}, constants))
    with local_cluster(dask) as client:
        made = run_stage(
            store,
            Stage.of(embed, settings, name="update-vectors"),
            pieces,
            client=client,
            retries=dask.retries,
            wait_seconds=dask.wait_seconds,
        )
    return store.read(made.refs("vectors"))
