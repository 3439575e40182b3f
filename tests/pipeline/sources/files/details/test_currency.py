"""Amounts in other currencies, by a column of currencies."""

from __future__ import annotations

from pathlib import Path

from pipeline.settings import SourceSettings
from pipeline.sources.files.details.currency import currency_column
from pipeline.sources.files.source import FilesSource

LONG = "A keeper of a lighthouse hides a map from the men who come ashore at night."


def test_amounts_of_other_currencies_are_unknown_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "films.csv"
    rows = ("A,1000,USD", "B,2000,EUR", "C,3000,", "D,,INR", "E,4000,$")
    lines = ["title,budget,currency,overview", *(f"{row},{LONG}" for row in rows)]
    path.write_text("\n".join(lines), "utf-8")
    (chunk,) = FilesSource(path, SourceSettings()).read()
    assert chunk.movies.column("budget_usd").to_pylist() == [1000, None, 3000, None, 4000]
    (loss,) = chunk.losses.to_pylist()
    assert loss["file_column"] == "budget"
    assert (loss["cells"], loss["example_row"], loss["detail"]) == (
        1,
        2,
        "is in EUR, not US dollars",
    )


def test_several_columns_of_currencies_say_nothing_of_a_row() -> None:
    assert currency_column(["Budget currency", "Revenue currency"]) == ""
