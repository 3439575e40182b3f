"""A warning of overviews in languages that the model does not read."""

from __future__ import annotations

import csv

import pyarrow as pa
import pytest

from pipeline.cleaning.language import detect_languages, language_name
from pipeline.report.languages import foreign_languages_line, reads_only_english
from pipeline.settings import load_settings
from tests.support.cases import case

ENGLISH = "all-MiniLM-L6-v2"


def spoken(*codes: str | None) -> pa.Table:
    return pa.table({"text_language": pa.array(codes, pa.string())})


def test_german_overviews_are_said() -> None:
    with case("19-german/films.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    films = pa.table(
        {
            "movie_id": [str(n) for n in range(len(rows))],
            "overview": [row["overview"] for row in rows],
        }
    )
    warning = foreign_languages_line(detect_languages(films)["languages"], ENGLISH, language_name)
    wanted = (
        "100 % of the overviews are German; the model reads English: see --profile multilingual"
    )
    assert warning == wanted


def test_several_languages_are_one_warning() -> None:
    found = foreign_languages_line(spoken("de", "fr", "ru", "en", "fr"), ENGLISH, language_name)
    assert found is not None
    assert found.startswith("80 % of the overviews are not English, most often French; ")


def test_a_language_without_a_name_is_its_code() -> None:
    found = foreign_languages_line(spoken("xh", "xh"), ENGLISH, language_name)
    assert found is not None
    assert "100 % of the overviews are " in found


@pytest.mark.parametrize("codes", [("en", "de"), ("en",), (None, None), ()])
def test_mostly_english_is_no_warning(codes: tuple[str | None, ...]) -> None:
    assert foreign_languages_line(spoken(*codes), ENGLISH, language_name) is None


def test_a_model_that_reads_other_languages_gives_no_warning() -> None:
    multilingual = load_settings(profile="multilingual").embed.model
    assert not reads_only_english(multilingual)
    assert foreign_languages_line(spoken("de", "de"), multilingual, language_name) is None
    assert reads_only_english(load_settings().embed.model)
