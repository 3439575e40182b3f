"""Batches of ratings judged as they come: have the ratings changed, is the recommender worse?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.fileio.manifest import fingerprint
from pipeline.fileio.parquet import read_table
from pipeline.recommend.data.temporal_split import between
from pipeline.recommend.lifecycle.batches import ingested
from pipeline.recommend.lifecycle.champion import Keeper, version_folder
from pipeline.recommend.lifecycle.database import add_decision, insert
from pipeline.recommend.lifecycle.drift import Shape, alerts_of, drift, shape_of
from pipeline.recommend.models.registry import open_model

__all__ = ["monitor"]

_Pool = list[tuple[dict[str, Any], Path]]  # batches judged together: rows of the record, and files


def monitor(keeper: Keeper) -> list[dict[str, Any]]:
    """Judge the batches that have not been judged against the version that is served.

    Too few ratings wait for the next batch. What was found is in the record, all of it or none.

    Returns
    -------
    For each pool of batches: `weeks`, `alerts`, and the figures of drift and of errors.

    Raises
    ------
    ModelError
        when no version is served.
    """
    row, about = keeper.served()
    version = row["version"]
    judged = {
        digest
        for metric in keeper.record.rows("metrics", version=version)
        for digest in metric["figures"]["batches"]
    }
    waiting = [
        (b, p) for b, p in ingested(keeper.folder, keeper.record) if b["digest"] not in judged
    ]
    pools, pool = list[_Pool](), _Pool()
    for batch in waiting:
        pool.append(batch)
        if sum(b["kept"] for b, _ in pool) >= keeper.upkeep.min_rows:
            pools.append(pool)
            pool = []
    found = _judged(keeper, row, about, pools) if pools else []
    if pool or not found:
        rows = sum(b["kept"] for b, _ in pool)
        why = (
            f"{rows:,} ratings wait until there are {keeper.upkeep.min_rows:,}"
            if pool
            else "no batch is waiting"
        )
        keeper.record.decide("wait", why, version, rows=rows)
    return found


def _judged(
    keeper: Keeper, row: dict[str, Any], about: dict[str, Any], pools: list[_Pool]
) -> list[dict[str, Any]]:
    model, films = open_model(version_folder(keeper.folder, row["version"]))
    reference, known = Shape(tuple(about["shape"])), keeper.all_ratings(about)
    found = []
    for pool in pools:
        ratings = pa.concat_tables([read_table(path) for _, path in pool])
        start = int(ratings.column("timestamp").to_numpy().min())
        told = keeper.figures(model, films, between(known, None, start), ratings)
        figures = drift(reference, shape_of(ratings.column("rating").to_numpy()))
        figures |= {name: told[name] for name in ("rmse", "mae", "ndcg")}
        found.append(_written_down(keeper, row, pool, figures))
    return found


def _written_down(
    keeper: Keeper, row: dict[str, Any], pool: _Pool, figures: dict[str, Any]
) -> dict[str, Any]:
    alerts = alerts_of(figures, row["figures"], keeper.upkeep)
    digests, weeks = [b["digest"] for b, _ in pool], [b["week"] for b, _ in pool]
    whole = {**figures, "batches": digests, "weeks": weeks}
    with keeper.record.transaction() as connection:
        metric = insert(
            connection,
            "metrics",
            batches=fingerprint(digests),
            version=row["version"],
            week=weeks[-1],
            figures=whole,
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
            f"{', '.join(kinds)} too far" if alerts else "ratings are as before",
            row["version"],
            {"weeks": weeks, "alerts": kinds},
        )
    return {"weeks": weeks, "alerts": kinds, **figures}
