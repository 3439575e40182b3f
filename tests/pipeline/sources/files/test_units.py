"""Units in the names of columns."""

from __future__ import annotations

import pytest

from pipeline.sources.files.column_names import find_names
from pipeline.sources.files.units import spell_out


def unit(name: str) -> tuple[str, float]:
    found = find_names(name)[0]
    return found.target, found.scale


@pytest.mark.parametrize(
    "name",
    [
        "Budget (EUR)",
        "Budget £",
        "Recettes (M€)",
        "Gross (₹ crore)",
        "Box office (INR)",
        "Gross in Crores",
        "Einspielergebnis (Mio. €)",
        "票房(万)",
        "EUR Budget",
        "Budget RUB",
        "Budget (A$)",
    ],
)
def test_other_currencies_cannot_be_converted(name: str) -> None:
    assert unit(name)[1] == 0.0
    assert "not US dollars" in find_names(name)[0].unit


@pytest.mark.parametrize(
    ("name", "target", "factor"),
    [
        ("Revenue (Millions)", "revenue_usd", 1e6),
        ("Budget (US$ million)", "budget_usd", 1e6),
        ("Budget (in $)", "budget_usd", 1),
        ("Domestic Gross ($)", "revenue_usd", 1),
        ("Votes (k)", "vote_count", 1e3),
        ("Votes (thousands)", "vote_count", 1e3),
        ("runtime_seconds", "runtime_minutes", 1 / 60),
        ("Duration (h)", "runtime_minutes", 60),
        ("RunTimeTicks", "runtime_minutes", 1 / 600_000_000),
        ("Length (reels)", "runtime_minutes", 0),
        ("Runtime (mins)", "runtime_minutes", 1),
        ("Rating (out of 5)", "vote_average", 2),
        ("rating_5", "vote_average", 2),
        ("Note /10", "vote_average", 1),
        ("Note sur 5", "vote_average", 2),
        ("Rating (%)", "vote_average", 0.1),
        ("Bewertung (0-100)", "vote_average", 0.1),
        ("5-star rating", "vote_average", 2),
    ],
)
def test_units_of_names(name: str, target: str, factor: float) -> None:
    assert unit(name)[0] == target
    assert unit(name)[1] == pytest.approx(factor)


@pytest.mark.parametrize("name", ["Title", "year", "Star5", "imdb rating", "gross", "runtime"])
def test_a_name_without_units(name: str) -> None:
    assert all(found.scale == 1.0 and not found.unit for found in find_names(name))


def test_symbols_become_words() -> None:
    assert spell_out("Budget (R$)").split() == ["Budget", "(", "brl", ")"]
