"""An upkeep database with two versions, three batches, two checks and an alert."""

from __future__ import annotations

from pathlib import Path

from pipeline.recommend.lifecycle.database import UpkeepDatabase, add_decision, database_url, insert

__all__ = ["build_upkeep"]

_FIRST_WEEK = 1_514_764_800  # seconds since 1970: Monday, 1 January 2018
_WEEK = 7 * 86_400
_CHECKS = (
    {"ks": 0.012, "mean_change": 0.01, "deviation_change": -0.02, "rmse": 0.97, "mae": 0.79},
    {"ks": 0.127, "mean_change": 0.088, "deviation_change": -0.136, "rmse": 0.84, "mae": 0.68},
)


def build_upkeep(folder: Path, *, checked: bool = True) -> UpkeepDatabase:
    """Create the database of the folder `DIR/ratings`; without checks if `checked` is False."""
    folder.mkdir(parents=True, exist_ok=True)
    database = UpkeepDatabase(database_url(folder))
    figures = {"ndcg": 0.324, "rmse": 0.963, "mae": 0.787}
    with database.transaction() as connection:
        for version, status in (("v1", "retired"), ("v2", "champion")):
            insert(
                connection,
                "versions",
                version=version,
                model="bias",
                status=status,
                learnt_before=_FIRST_WEEK,
                figures=figures,
            )
        add_decision(connection, "promote", "nDCG 0.324 against 0.301", "v2", {})
        for number, week in enumerate(("2018-01-01", "2018-01-08", "2018-01-15")):
            insert(
                connection,
                "ingestions",
                digest=f"digest-{number}",
                name="=week.csv.gz",
                week=week,
                file=f"batches/{week}.parquet",
                rows_in=2_500 + number,
                kept=2_500,
                rejected={"unknown_film": number},
                late=number == 1,
                statistics={"last_second": _FIRST_WEEK + number * _WEEK},
            )
    if checked:
        for number, values in enumerate(_CHECKS):
            week = ("2018-01-01", "2018-01-08")[number]
            shown = {"rows": 2_500, "ndcg": 0.3, "batches": [f"digest-{number}"], "weeks": [week]}
            with database.transaction() as connection:
                metric = insert(
                    connection,
                    "metrics",
                    batches=f"batches-{number}",
                    version="v2",
                    week=week,
                    figures=values | shown,
                )
                if number:
                    insert(
                        connection,
                        "alerts",
                        metric=metric,
                        version="v2",
                        kind="ks",
                        value=values["ks"],
                        threshold=0.05,
                    )
                    add_decision(connection, "alert", "beyond the threshold: ks", "v2", {})
    return database
