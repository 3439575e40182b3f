"""Checks of new batches: whether the ratings drift, and whether the recommender gets worse."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.temporal_split import select_between
from pipeline.recommend.documents import IngestionRow, MonitorResult, TrainingSummary, VersionRow
from pipeline.recommend.lifecycle.batches import list_batches
from pipeline.recommend.lifecycle.champion import RecommenderLifecycle, version_folder
from pipeline.recommend.lifecycle.database import add_decision, insert
from pipeline.recommend.lifecycle.drift import (
    Drift,
    RatingDistribution,
    count_ratings,
    find_alerts,
    measure_drift,
)
from pipeline.recommend.models.registry import open_model

__all__ = ["monitor"]

_Pool = list[tuple[IngestionRow, Path]]  # batches that are checked together


def monitor(lifecycle: RecommenderLifecycle) -> list[MonitorResult]:
    """Check the batches that were not yet checked against the version that is served.

    Batches with too few ratings wait for the next ones. The figures, alerts and decision of a check
    are stored in one transaction.

    Parameters
    ----------
    lifecycle : RecommenderLifecycle
        The recommender.

    Returns
    -------
    list of MonitorResult
        One per check.

    Raises
    ------
    ModelError
        If no version is served yet.
    """
    row, about = lifecycle.served_version()
    version = row["version"]
    checked = {
        digest
        for metric in lifecycle.database.metrics(version=version)
        for digest in metric["figures"]["batches"]
    }
    waiting = [
        (batch, path)
        for batch, path in list_batches(lifecycle.folder, lifecycle.database)
        if batch["digest"] not in checked
    ]
    pools, pool = list[_Pool](), _Pool()
    for member in waiting:
        pool.append(member)
        if sum(batch["kept"] for batch, _ in pool) >= lifecycle.upkeep.min_rows:
            pools.append(pool)
            pool = []
    results = _check(lifecycle, row, about, pools) if pools else []
    if pool or not results:
        rows = sum(batch["kept"] for batch, _ in pool)
        why = (
            f"{rows:,} ratings wait until there are {lifecycle.upkeep.min_rows:,}"
            if pool
            else "no batch is waiting"
        )
        lifecycle.database.decide("wait", why, version, rows=rows)
    return results


def _check(
    lifecycle: RecommenderLifecycle, row: VersionRow, about: TrainingSummary, pools: list[_Pool]
) -> list[MonitorResult]:
    model, films = open_model(version_folder(lifecycle.folder, row["version"]))
    reference = RatingDistribution(tuple(about.shape))
    known = lifecycle.all_ratings(about)
    results = []
    for pool in pools:
        ratings = pa.concat_tables([read_table(path) for _, path in pool])
        start = int(ratings.column("timestamp").to_numpy().min())
        figures = lifecycle.evaluate(model, films, select_between(known, None, start), ratings)
        errors = {"rmse": figures.rmse, "mae": figures.mae, "ndcg": figures.ndcg}
        drift = measure_drift(reference, count_ratings(ratings.column("rating").to_numpy()))
        results.append(_store(lifecycle, row, pool, drift, errors))
    return results


def _store(
    lifecycle: RecommenderLifecycle,
    row: VersionRow,
    pool: _Pool,
    drift: Drift,
    errors: dict[str, float],
) -> MonitorResult:
    alerts = find_alerts(drift, errors, row["figures"], lifecycle.upkeep)
    digests, weeks = [batch["digest"] for batch, _ in pool], [batch["week"] for batch, _ in pool]
    with lifecycle.database.transaction() as connection:
        metric = insert(
            connection,
            "metrics",
            batches=fingerprint(digests),
            version=row["version"],
            week=weeks[-1],
            figures={**drift, **errors, "batches": digests, "weeks": weeks},
        )
        for kind, value, threshold in alerts:
            insert(
                connection,
                "alerts",
                metric=metric,
                version=row["version"],
                kind=kind,
                value=value,
                threshold=threshold,
            )
        kinds = [kind for kind, _, _ in alerts]
        add_decision(
            connection,
            "alert" if alerts else "nothing to do",
            f"beyond the threshold: {', '.join(kinds)}" if alerts else "ratings are as before",
            row["version"],
            {"weeks": weeks, "alerts": kinds},
        )
    return {
        "weeks": weeks,
        "alerts": kinds,
        **drift,
        "rmse": errors["rmse"],
        "mae": errors["mae"],
        "ndcg": errors["ndcg"],
    }
