"""What people see of recommenders; `tests/flows/ratings` runs the commands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from microgenres.cli.output import ratings


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_trained_version(capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"rmse": 0.91234, "ndcg": 0.1234, "by_user": {"few": 1.0}, "cold": True}
    about = {"version": "v1", "model": "bias", "status": "champion", "films_linked": 1200}
    ratings.show_trained(about | {"warnings": ["no links.csv"], "figures": figures})
    shown = capsys.readouterr().out
    for words in ("v1 (bias), champion", "1,200 linked", "warning: no links.csv", "0.9123"):
        assert words in shown
    assert "by_user" not in shown and "cold" not in shown


def test_compared_recommenders(capsys: pytest.CaptureFixture[str]) -> None:
    models = {"hybrid": {"zeta": 0.5, "rmse": 0.8}, "bias": {"zeta": 0.25, "rmse": 0.9}}
    leads = {"bias": {"ndcg": 0.031, "interval": [0.01, 0.05]}}
    ratings.show_compared({"models": models, "hybrid_ahead": leads, "warnings": []})
    shown = capsys.readouterr().out
    assert shown.index("rmse") < shown.index("zeta"), "known figures first"
    assert "hybrid is ahead" in shown and "0.0100 to 0.0500" in shown


def test_batches_checks_and_decisions(capsys: pytest.CaptureFixture[str]) -> None:
    ratings.show_batches([{"week": "2020-02-03", "kept": 12_345, "new": True, "late": False}])
    figures = {"rows": 50, "ks": 0.1, "mean_change": 0.02, "rmse": 0.9, "ndcg": 0.2}
    ratings.show_checks([{"weeks": ["2020-02-03"], "alerts": ["rmse"], **figures}])
    ratings.show_retrained({"due": True, "why": "drift", "version": "v2", "promoted": False})
    ratings.show_retrained({"due": False, "why": "no alert"})
    shown = capsys.readouterr().out
    for words in ("12,345", "0.100", "v2 is not served", "Not due: no alert"):
        assert words in shown
    ratings.show_batches([])
    ratings.show_checks([])
    assert capsys.readouterr().out.count("\n") == 2


def test_the_record_shows_the_last_rows_of_each_table(capsys: pytest.CaptureFixture[str]) -> None:
    moment = datetime(2026, 12, 1, 10, 20, 30, 456, UTC)
    row = {"kind": "train", "version": None, "why": "first", "created_at": moment, "evidence": {}}
    decisions = [row | {"why": f"reason {n}"} for n in range(30)]
    ratings.show_record({"alerts": [], "decisions": decisions})
    shown = capsys.readouterr().out
    assert "Alerts: none" in shown and "Decisions, the last 20 of 30" in shown
    assert "2026-12-01 10:20:30" in shown and "reason 29" in shown
    assert "reason 9" not in shown and "evidence" not in shown
