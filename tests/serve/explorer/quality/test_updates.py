"""Sentences and drift of an update."""

from __future__ import annotations

from serve.explorer.quality.updates import describe_update, list_drift

UPDATE = {
    "update": {"parent": "a1", "added": 250, "changed": 750, "withdrawn": 0},
    "carried": {"from": "m1", "sections": ["k", "clusters"]},
    "drift": {
        "figures": {"ks": 0.09, "novel": 0.02, "proposals": 2.0, "other": 0.5},
        "thresholds": {"ks": 0.08, "novel": 0.05, "proposals": 3.0},
        "past": ["ks"],
    },
}


def test_an_update_says_what_changed_what_is_carried_and_what_is_due() -> None:
    changed, carried, due = describe_update(UPDATE)
    assert "an update of a1: 250 films added, 750 changed, 0 withdrawn" in changed
    assert carried.endswith("those of the mining m1: k, clusters.")
    assert due == "Another mining is due, for these have drifted: fit of the films (ks)."


def test_each_figure_of_drift_has_its_threshold_and_unknown_ones_are_shown() -> None:
    rows = {row.label: (row.value, row.threshold, row.past) for row in list_drift(UPDATE)}
    assert rows == {
        "Fit of the films (KS)": ("0.090", "0.080", True),
        "Novel films": ("2\u202f%", "5\u202f%", False),
        "Proposed micro-genres": ("2", "3", False),
        "other": ("0.500", "not measured", False),
    }


def test_a_mined_release_has_neither() -> None:
    assert (describe_update({}), list_drift({})) == ([], [])
