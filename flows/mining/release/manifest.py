"""The id and the manifest of a mined release."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from flows.mining.release.tables import ReleaseTables
from flows.mining.results import Mined
from flows.runtime.context import RunContext
from pipeline.fileio.manifest import fingerprint
from pipeline.lineage.previous_release import find_releases_of_content
from pipeline.publish.films import weak_threshold
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.settings import Settings
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


def content_of(run: RunContext, mined: Mined, tables: ReleaseTables) -> str:
    """Return the hash of inputs, settings and results, independent of the release before."""
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
    left_out: dict[str, bool | set[str]] = {
        **Settings.OF_ONE_RUN,
        **dict.fromkeys(Settings.NOT_MINING, True),
    }
    settings = run.settings.model_dump(mode="json", exclude=left_out)
    # the columns too: mining again must not find an older release that lacks a column
    layout = {name: table.schema.names for name, table in tables.files.items()}
    rejects = len(tables.whole("rejects"))
    return fingerprint(inputs, outputs, mined.named.named.fresh, settings, rejects, layout)


def release_id_of(run: RunContext, mined: Mined, tables: ReleaseTables, content: str) -> str:
    """Return the id, named by content and previous release: the same run gives the same id.

    With `label.new_names`, a release of the same content and other names is another release.
    """
    before = mined.named.continuation.previous
    named = tables.whole("micro_genres").select(["micro_genre_id", "micro_genre_name"]).to_pylist()
    same = [folder.name for folder in find_releases_of_content(run.store.releases, content)]
    if before is not None and before.release_id in same:  # rather than an older one
        same = [before.release_id]
    known = [(row["micro_genre_id"], row["micro_genre_name"]) for row in named]
    as_before = before is not None and before.ids_and_names == known
    if same and (as_before or not run.settings.label.new_names):
        return same[0]
    if before is None:
        return content[:12]
    return fingerprint(content, before.release_id, named)[:12]


def manifest_of(
    run: RunContext, mined: Mined, tables: ReleaseTables, report: dict[str, Any], content: str
) -> ReleaseManifest:
    """Return the manifest of the release, still without `files`."""
    before = mined.named.continuation.previous
    document = {
        "release_id": report["release_id"],
        "schema_version": 1,
        "kind": "mined",
        "content": content,
        "parent": None if before is None else before.release_id,
        "generation": mined.named.continuation.generation,
        "keyword_uses": keyword_uses(
            (run.read(ref, ["keywords"]) for ref in mined.cleaned.refs("movies")),
            tables.whole("vocabulary"),
        ),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": {n: report["counts"][n] for n in ("rows_in", "released", "rejected")},
        "settings": run.settings.model_dump(mode="json", exclude=Settings.NOT_RECORDED),
        "weak_below": weak_threshold(tables.films, run.settings.cluster.weak_quantile),
        "shelves": mined.limits.to_dict(),
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
            **run.dtype_choice.figures(),
        },
        "sources": [
            # what the tables are is in `reading`
            {name: value for name, value in source.items() if name != "tables"}
            for source in mined.intake.sources
        ],
        "source_order": list(
            dict.fromkeys(
                [*mined.known_sources, *(str(source["name"]) for source in mined.intake.sources)]
            )
        ),
        "reading": mined.reading.to_dict(),
        "partition_count": len(mined.intake.partitions),
    }
    return ReleaseManifest.model_validate(document)
