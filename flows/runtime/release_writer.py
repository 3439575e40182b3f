"""The one place where flows begin and commit a release."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.events import Note, emit
from flows.runtime.context import RunContext
from pipeline.errors import ReleaseError
from pipeline.fileio.atomic import write_bytes, write_parts
from pipeline.fileio.external_sort import StreamedTable
from pipeline.fileio.parquet import write_table
from pipeline.publish.tables import dataset_card
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.report import Report
from pipeline.settings import PublishSettings
from pipeline.storage.verify import verify_release

__all__ = ["ReleaseContent", "write_release"]


@dataclass(frozen=True)
class ReleaseContent:
    """What a flow hands over to be released.

    Attributes
    ----------
    release_id : str
        Names the content: the same id always stands for the same tables.
    tables : Mapping
        Tables by the name of their Parquet file; long ones may be streamed.
    index : iterable of bytes or memoryview
        The serialized FAISS index, in parts.
    report : dict
        The quality report; its `seconds` are completed when it is written.
    page : str
        The report as HTML.
    publish : PublishSettings
        Title, licence and attribution for the dataset card.
    manifest : ReleaseManifest
        The manifest, still without `files`.
    """

    release_id: str
    tables: Mapping[str, pa.Table | StreamedTable]
    index: Iterable[bytes | memoryview]
    report: dict[str, Any]
    page: str
    publish: PublishSettings
    manifest: ReleaseManifest


def write_release(run: RunContext, content: ReleaseContent, *, writers: int = 1) -> Path:
    """Publish a release and move `latest` to it.

    A release of the same id that verifies is kept: a run that was killed before `latest` moved only
    moves it. A damaged one is set aside and written again.

    Parameters
    ----------
    run : RunContext
        The run.
    content : ReleaseContent
        What to release.
    writers : int
        How many files are written at the same time, each with some row groups in memory. The bytes
        do not depend on it.

    Returns
    -------
    Path
        The folder of the release.

    Raises
    ------
    ReleaseError
        If the counts of the release do not add up, or its id already stands for other files.
    """
    releases, release_id = run.store.releases, content.release_id
    existing = run.store.root / "releases" / release_id
    if existing.exists():
        try:
            verify_release(existing)
        except ReleaseError as error:
            emit(Note(f"release {release_id} is damaged and is written again: {error}"))
            releases.set_aside(release_id)
        else:
            releases.point_latest(release_id)
            return existing
    attempt = releases.begin(release_id)
    with ThreadPoolExecutor(writers) as pool:
        files: list[Future[Any]] = [
            pool.submit(write_parts, attempt / "index.faiss", content.index)
        ]
        # the longest first, so that no writer is left with one at the end
        for name, table in sorted(content.tables.items(), key=lambda item: -item[1].num_rows):
            files.append(pool.submit(write_table, attempt / f"{name}.parquet", table))
        for file in files:
            file.result()
    seconds = {name: round(value, 3) for name, value in run.seconds.items()}
    seconds["total"] = round(time.perf_counter() - run.started, 3)
    report = content.report | {"seconds": seconds}
    write_bytes(attempt / "report.json", Report.model_validate(report).to_json().encode())
    write_bytes(attempt / "report.html", content.page.encode())
    write_bytes(attempt / "README.md", dataset_card(report, content.publish).encode())
    return releases.commit(attempt, release_id, content.manifest.to_dict())
