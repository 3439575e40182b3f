"""Separators, units and order of dates of the chosen columns."""

from __future__ import annotations

from pipeline.sources.files.column_plan import ColumnUse
from pipeline.sources.files.details.choice import detailed, ordered
from pipeline.sources.files.evidence import Evidence

DATES = ColumnUse(("released",), "named like release_date")


def test_the_order_of_dates() -> None:
    unclear = ordered(DATES, "released", ["3/4/1994"])
    assert unclear.unclear_order == {"released"} and not unclear.day_first
    day = ordered(unclear, "released", ["3/4/1994", "14/4/1994"])
    assert day.day_first == {"released"} and not day.unclear_order
    assert "the day comes first" in day.reason
    assert "the month comes first" in ordered(DATES, "released", ["3/14/94"]).reason
    assert ordered(DATES, "released", ["1994-03-04"]) == DATES


def test_each_column_has_its_own_unit() -> None:
    seen = {"runtime": Evidence([96]), "seconds_long": Evidence([5760]), "tags": Evidence(["a|b"])}
    both = detailed("runtime_minutes", ColumnUse(("runtime", "seconds_long"), "r"), seen)
    assert set(both.scales) == {"seconds_long"}
    assert "'seconds_long' in seconds" in both.reason
    assert detailed("keywords", ColumnUse(("tags",), "r"), seen).separators == {"tags": "|"}


def test_the_comma_of_a_turned_name_separates_nobody() -> None:
    turned = Evidence(["Moe, Ida", "O'Hara, Ann", "Berg-Lund, Ola K."])
    both = Evidence(["Moe, Ida", "Quill, Ada; Bray, Ed", "Volk, Ina"])
    lists = Evidence(["Ada Quill, Ed Bray", "Ina Volk", "Moe, Ida"])
    for cells, separators in ((turned, {"d": ";"}), (both, {"d": ";"}), (lists, {})):
        use = detailed("directors", ColumnUse(("d",), "named"), {"d": cells})
        assert use.separators == separators
    genres = Evidence(["Drama, War", "Crime, Drama", "War, Crime"])
    assert detailed("genres", ColumnUse(("g",), "named"), {"g": genres}).separators == {}
