"""Monitoring: new ratings, their drift, and the decisions about the recommender."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import MicrogenresError
from pipeline.recommend.lifecycle.database import TABLES, UpkeepDatabase
from serve.catalogue.export import escape_formula
from serve.explorer.charts.monitoring import checks_chart
from serve.explorer.monitoring import (
    CHECKED,
    describe_alert,
    list_checks,
    normal_ranges,
    summarise,
)
from serve.explorer.optional_pages import content_of
from serve.explorer.query import WrongValueError
from serve.explorer.rendering import render

__all__ = ["routes"]

SHOWN = 50  # newest rows of a table
DECISIONS = {
    "alert": "alert",
    "nothing to do": "nothing to do",
    "promote": "serve this version",
    "refuse": "do not serve this version",
    "roll back": "serve the earlier version again",
    "wait": "wait",
}
STATUS = {
    "champion": "served",
    "retired": "served before",
    "challenger": "not decided yet",
    "refused": "refused",
}


def show_monitoring(request: Request) -> Response:
    """Return the page."""
    content = content_of(request)
    values: dict[str, Any] = {"title": "Monitoring", "page": "monitoring", "problem": None}
    try:
        database = content.database()
    except MicrogenresError as error:
        database, values["problem"] = None, str(error)
    versions = database.versions() if database else []
    if database is None or not versions:
        return render(request, "monitoring.html", values | {"versions": []})
    chosen = request.query_params.get("version", "")
    if chosen and chosen not in {row["version"] for row in versions}:
        raise WrongValueError(f'there is no version "{chosen[:40]}" of the recommender')
    figures = {figure.name: figure for figure in CHECKED}
    name = request.query_params.get("figure") or CHECKED[0].name
    if name not in figures:
        raise WrongValueError(f'"figure" is one of: {", ".join(figures)}')
    alerts, batches = database.alerts(), database.ingestions()
    checks = list_checks(database.metrics(), alerts)
    served = next((row for row in versions if row["status"] == "champion"), None)
    normal = normal_ranges(content.upkeep, served["figures"] if served else None)
    answer, reasons = summarise(
        versions, checks, alerts, _waiting(database, served), content.upkeep
    )
    shown = [check for check in checks if chosen in ("", check.version)]
    values |= {
        "answer": answer,
        "reasons": reasons,
        "versions": versions[::-1],
        "status": STATUS,
        "chosen": chosen,
        "checked": CHECKED,
        "figure": figures[name],
        "normal": normal,
        "checks": shown[::-1][:SHOWN],
        "chart": checks_chart(shown, figures[name], normal[name][0]) if shown else None,
        "decisions": [row for row in database.decisions() if chosen in ("", row["version"])][::-1][
            :SHOWN
        ],
        "kinds": DECISIONS,
        "alerts": [(row, describe_alert(row)) for row in alerts if chosen in ("", row["version"])][
            ::-1
        ][:SHOWN],
        "batches": batches[::-1][:SHOWN],
        "day": format_day,
    }
    return render(request, "monitoring.html", values)


def format_day(value: object) -> str:
    """Return the day of a time, or of seconds since 1970, as ISO 8601; "" if it is not known.

    Examples
    --------
    >>> format_day(1_580_724_000), format_day(None)
    ('2020-02-03', '')
    """
    if isinstance(value, int | float):
        value = datetime.fromtimestamp(value, UTC)
    return value.date().isoformat() if isinstance(value, datetime) else ""


def _waiting(database: UpkeepDatabase, served: Mapping[str, Any] | None) -> int:
    """Return the number of ratings in batches that the served version was not checked with."""
    if served is None:
        return 0
    checked = {
        digest
        for row in database.metrics(version=served["version"])
        for digest in row["figures"].get("batches", ())
    }
    return sum(row["kept"] for row in database.ingestions() if row["digest"] not in checked)


def export_table(request: Request) -> Response:
    """Return a table of the database as CSV."""
    name = request.query_params.get("table", "")
    if name not in TABLES:
        raise WrongValueError(f'"table" is one of: {", ".join(TABLES)}')
    database = content_of(request).database()
    if database is None:
        raise WrongValueError("there is no recommender to monitor yet")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(column.name for column in TABLES[name].columns)
    for row in database.rows(name):
        writer.writerow(_cell(value) for value in row.values())
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response("\ufeff" + out.getvalue(), media_type="text/csv", headers=headers)


def _cell(value: object) -> object:
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return escape_formula(value) if isinstance(value, str) else value


routes = [Route("/monitoring", show_monitoring), Route("/monitoring.csv", export_table)]
