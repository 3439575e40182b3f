"""Column maps: which applies to a table, what is wrong with one, and what to paste."""

from __future__ import annotations

import tomllib

import pytest

from pipeline.errors import SettingsError, SourceError
from pipeline.settings import SourceSettings
from pipeline.sources.files.column_maps import (
    check_mapped,
    check_maps,
    explain_missing,
    fitting_map,
    guess_map,
    map_of,
    resolve_map,
    to_toml,
)
from pipeline.sources.files.columns import choose_columns

LONG = "A keeper of a lighthouse hides a map from the men who come at night."


def test_an_unknown_column_is_an_error_with_the_nearest_name() -> None:
    check_maps(SourceSettings(column_map={"title": "x", "imdb_id": "y", "type": "z"}))
    with pytest.raises(SettingsError, match=r"source\.column_map.*did you mean 'genres'"):
        check_maps(SourceSettings(column_map={"genre": "x"}))
    with pytest.raises(SettingsError, match=r"source\.table_maps\.'a\.csv'.*'summary'"):
        check_maps(SourceSettings(table_maps={"a.csv": {"summary": "x"}}))


def test_a_file_may_have_a_map_of_its_own() -> None:
    own, general = {"overview": "2"}, {"title": "3"}
    settings = SourceSettings(column_map=general, table_maps={"plot*.txt": own})
    assert map_of("cmu/plot_summaries.txt", settings) == own
    assert map_of("movie.metadata.tsv", settings) == general


def test_a_map_is_resolved_in_the_spelling_of_the_table() -> None:
    assert resolve_map({"title": "film NAME", "year": "x"}, ["Film Name"]) == {"title": "Film Name"}


def test_a_map_that_names_some_absent_columns_is_an_error() -> None:
    columns = {"title": "Name", "year": "Jahrgang"}
    with pytest.raises(SourceError, match=r"\['Jahrgang'\].*lacks.*did you mean 'Jahr'"):
        check_mapped(columns, [["Name", "Jahr"]], "a.csv", strict=False)
    # Another table of the source may have the rest; another source may have all.
    check_mapped(columns, [["Name"], ["Jahrgang"]], "a.csv", strict=False)
    check_mapped(columns, [["x"]], "a.csv", strict=False)
    with pytest.raises(SourceError):
        check_mapped(columns, [["x"]], "a.csv", strict=True)


def test_numbers_of_columns_must_fit_the_cells() -> None:
    mapped = {"movie_id": "1", "overview": "2"}
    assert fitting_map(mapped, {"1": ["975900"], "2": ["/m/03vyhn"]}) == {"movie_id": "1"}
    assert fitting_map(mapped, {"1": ["975900"], "2": [LONG]}) == mapped


def test_texts_and_short_names_are_guessed() -> None:
    sample = {
        "Nr": [str(n) for n in range(12)],
        "Regal": ["A", "B"] * 6,
        "Bezeichner": [f"Wall {n}" for n in range(12)],
        "Langfassung": [LONG] * 12,
    }
    plan = choose_columns(list(sample), sample)
    guess = guess_map(plan)
    assert guess == {"title": "Bezeichner", "overview": "Langfassung"}
    message = explain_missing(plan, list(sample))
    pasted = message[message.index("[source] ") + len("[source] ") :]
    assert tomllib.loads(pasted) == {"column_map": guess}


def test_at_most_twenty_columns_are_shown_in_one_line() -> None:
    columns = [f"c\n{n}" for n in range(30)]
    message = explain_missing(choose_columns(columns, {}), columns)
    assert "and 10 more" in message and "\n" not in message
    assert "for example" in message


def test_a_file_without_header_gets_numbers() -> None:
    columns = ["975900", "/m/03vyhn", "Ghosts"]
    sample = {"975900": ["3196793"], "/m/03vyhn": ["/m/08yl5d"], "Ghosts": ["Waltz"]}
    message = explain_missing(choose_columns(columns, sample), columns)
    assert 'title = "3"' in message and "no header" in message


def test_quotes_in_names_are_escaped() -> None:
    columns = {"title": 'The "Name"', "overview": "a\\b"}
    assert tomllib.loads(to_toml(columns)) == {"column_map": columns}


def test_a_constant_is_no_guess_of_the_title() -> None:
    sample = {"wrapper": ["track"] * 4, "caption": ["Salt", "Waltz", "Reed", "Harbour"]}
    plan = choose_columns([*sample, "plot"], sample | {"plot": [LONG] * 4})
    assert guess_map(plan)["title"] == "caption"
