"""Sentences and normal ranges of the upkeep database."""

from __future__ import annotations

from pathlib import Path

from pipeline.settings import UpkeepSettings
from serve.explorer.monitoring import describe_alert, list_checks, normal_ranges, summarise
from tests.support.upkeep_rows import build_upkeep


def test_the_state_follows_from_alerts_and_checks(tmp_path: Path) -> None:
    database = build_upkeep(tmp_path / "ratings")
    versions, alerts = database.versions(), database.alerts()
    checks = list_checks(database.metrics(), alerts)
    assert [check.beyond for check in checks] == [set(), {"ks"}]
    answer, reasons = summarise(versions, checks, alerts, 2_500, UpkeepSettings())
    assert answer.startswith("Training is due: 1 alert since")
    assert reasons[-1] == "2,500 new ratings wait to be checked; a check needs at least 2,000."
    lenient = UpkeepSettings(alerts=2)
    assert summarise(versions, checks, alerts, 0, lenient)[0].startswith("All is normal")
    assert summarise(versions, [], [], 0, lenient)[0].startswith("No batch has been checked")
    assert summarise([], [], [], 0, lenient)[0].startswith("No version")
    database.engine.dispose()


def test_normal_errors_follow_from_the_served_version() -> None:
    ranges = normal_ranges(UpkeepSettings(), {"rmse": 1.0})
    assert ranges["rmse"] == (1.1, "up to 1.10 stars")
    assert ranges["mae"] == (None, "not known")
    assert ranges["mean_change"][1] == "±10\u202f% at most"


def test_each_kind_of_alert_is_a_sentence(tmp_path: Path) -> None:
    database = build_upkeep(tmp_path / "ratings")
    (alert,) = database.alerts()
    database.engine.dispose()
    assert describe_alert(alert).endswith("is 0.127; normal is up to 0.05.")
    changed = alert | {"kind": "mean_change", "value": 0.2, "threshold": 0.1}
    assert describe_alert(changed) == (
        "Change 20\u202f% of the mean number of stars; normal is up to 10\u202f%."
    )
