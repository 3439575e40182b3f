"""Which columns are chosen: by names, preference and cells."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.sources.files.column_plan import ColumnPlan
from pipeline.sources.files.columns import choose_columns

LONG = "A keeper of a lighthouse hides a map from the men who come ashore at night."


def choose(sample: dict[str, Any], **options: Any) -> ColumnPlan:
    return choose_columns(list(sample), sample, **options)


def names(plan: ColumnPlan) -> dict[str, tuple[str, ...]]:
    return {target: use.names for target, use in plan.uses.items()}


def test_the_full_plot_comes_before_the_short_one_which_stands_in() -> None:
    plan = choose({"title": ["A"], "plot": ["Six men and a goat walk."], "fullplot": [LONG]})
    assert names(plan)["overview"] == ("fullplot", "plot")


def test_much_longer_texts_are_the_overview() -> None:
    sample = {"title": ["A", "B"], "overview": ["Sea.", None], "synopsis": [LONG, LONG]}
    use = choose(sample).uses["overview"]
    assert use.names == ("synopsis",)
    assert "longer" in use.reason and "'overview'" in use.reason


def test_a_short_summary_is_only_for_films_without_overview() -> None:
    sample = {"title": ["A"], "overview": [LONG], "summary": ["A keeper of a light hides it."]}
    assert names(choose(sample))["overview"] == ("overview", "summary")


def test_a_name_beside_titles_is_no_title_unless_titles_lack() -> None:
    full = choose({"title": ["A", "B"], "name": ["Ann", "Bo"], "overview": [LONG, LONG]})
    assert names(full)["title"] == ("title",)
    assert full.not_used["name"] == "another column gives title"
    gaps = choose({"title": ["A", None], "name": [None, "B"], "overview": [LONG, LONG]})
    assert names(gaps)["title"] == ("title", "name")


def test_certificates_are_no_votes() -> None:
    plan = choose({"title": ["A"], "overview": [LONG], "rating": ["PG-13"]})
    assert "vote_average" not in plan.uses
    assert "certificates" in plan.not_used["rating"]
    assert names(choose({"rating": ["7.5"]}))["vote_average"] == ("rating",)


def test_an_index_is_no_id_and_repeated_values_are_none() -> None:
    assert "movie_id" not in choose({"": [0], "Unnamed: 0": [0], "Rank": [1]}).uses
    sample = {"id": [1] * 20, "imdb_id": [f"tt{n:07d}" for n in range(20)]}
    plan = choose(sample)
    assert names(plan)["movie_id"] == ("imdb_id",)
    assert "repeat" in plan.uses["movie_id"].reason


def test_an_id_of_imdb_is_a_key_whatever_its_name() -> None:
    plan = choose({"id": ["tt0133093"], "title": ["A"]})
    assert names(plan)["movie_id"] == names(plan)["imdb_id"] == ("id",)
    plan = choose({"id": [603], "imdb": ["tt0133093"], "tmdbId": [603]})
    assert (names(plan)["movie_id"], names(plan)["imdb_id"]) == (("id",), ("imdb",))
    assert names(plan)["tmdb_id"] == ("tmdbId",)
    # A rating called "IMDb" is none.
    plan = choose({"ID": [1], "IMDb": ["8.8/10"]})
    assert "imdb_id" not in plan.uses and names(plan)["vote_average"] == ("IMDb",)


def test_genre_ids_stand_in_for_genres() -> None:
    assert names(choose({"genre_ids": [[28, 18]]}))["genres"] == ("genre_ids",)
    both = {"genre_ids": [[28]], "genres": [["Action"]]}
    assert names(choose(both))["genres"] == ("genres", "genre_ids")


def test_stars_in_several_columns_are_gathered() -> None:
    plan = choose({"Star2": ["Bo"], "Star1": ["Ann"], "Star10": ["Di"]})
    assert names(plan)["cast"] == ("Star1", "Star2", "Star10")
    assert plan.uses["cast"].gather
    plan = choose({"actor_2_name": ["Bo"], "actor_1_name": ["Ann"]})
    assert names(plan)["cast"] == ("actor_1_name", "actor_2_name")
    plan = choose({"genre": ["War"], "genre.2": ["Drama"]})
    assert names(plan)["genres"] == ("genre", "genre.2")


def test_ids_of_persons_are_no_names() -> None:
    plan = choose({"tconst": ["tt0000001"], "directors": ["nm0005690"]})
    assert "directors" not in plan.uses


def test_a_bar_anywhere_is_the_only_separator() -> None:
    plan = choose({"cast": ["Sammy Davis, Jr.", "Ann|Bo"]})
    assert plan.uses["cast"].separators == {"cast": "|"}


def test_a_date_that_is_not_in_the_year_of_release_is_another_date() -> None:
    sample = {"year": [1999, 2000], "date": ["2020-01-01", "2020-02-02"]}
    plan = choose(sample)
    assert "release_date" not in plan.uses
    assert "years of release" in plan.not_used["date"]
    assert names(choose({"year": [2020], "date": ["2020-01-01"]}))["release_date"] == ("date",)


def test_days_come_first_where_a_column_shows_it() -> None:
    plan = choose({"release_date": ["03/02/2001", "25/12/2001"]})
    assert plan.uses["release_date"].day_first == {"release_date"}
    plan = choose({"release_date": ["03/02/2001", "12/25/2001"]})
    assert plan.uses["release_date"].day_first == frozenset()


def test_values_within_objects() -> None:
    plan = choose({"title": ["A"], "imdb": [{"rating": 7.5, "votes": 3, "id": 5}]})
    assert names(plan)["vote_average"] == ("imdb.rating",)
    assert plan.paths["imdb.votes"] == ("imdb", "votes")
    assert plan.wanted == ["imdb", "title"]


def test_a_map_adds_to_what_is_found() -> None:
    sample = {"Name": ["A"], "Notes": [LONG], "Year": [1999], "overview": ["none"]}
    plan = choose(sample, mapped={"overview": "Notes"})
    assert names(plan) == {"title": ("Name",), "year": ("Year",), "overview": ("Notes",)}
    assert plan.uses["overview"].reason == "named by source.column_map"


def test_a_dialect_prefers_its_names() -> None:
    sample = {"id": [1], "movie_id": [9], "title": ["A"], "original_title": ["B"]}
    assert names(choose(sample))["movie_id"] == ("movie_id",)
    plan = choose(sample, dialect="udacity")
    assert (names(plan)["movie_id"], names(plan)["title"][0]) == (("id",), "original_title")


def test_a_column_that_starts_late_stands_behind_the_filled_ones() -> None:
    sample = {"title": ["A"], "overview": [None], "plot": [LONG], "rating": [""]}
    plan = choose(sample)
    assert names(plan)["overview"] == ("plot", "overview")
    assert {"overview", "rating"} <= plan.pending <= set(plan.wanted)


def test_amounts_in_other_currencies_are_not_used() -> None:
    plan = choose({"title": ["A"], "Budget (EUR)": [5_000_000], "Gross (₹ crore)": [12.5]})
    assert not {"budget_usd", "revenue_usd"} & set(plan.uses)
    assert plan.not_used["Budget (EUR)"] == "its numbers are in EUR, not US dollars"
    assert "INR" in plan.not_used["Gross (₹ crore)"]


def test_the_reason_says_units_scale_and_order_of_dates() -> None:
    sample = {"runtime": [5760, 6060], "Gross (Millions)": [1.5, 2]}
    uses = choose({"title": ["A", "B"], "released": ["14/3/1999", "2/3/04"]} | sample).uses
    assert "in seconds" in uses["runtime_minutes"].reason
    assert "in millions of US dollars" in uses["revenue_usd"].reason
    assert "the day comes first" in uses["release_date"].reason
    assert uses["runtime_minutes"].scales == {"runtime": pytest.approx(1 / 60)}


def test_votes_by_stars_are_no_votes_of_five() -> None:
    plan = choose({f"rating_{n}": [n * 100] for n in range(1, 6)})
    assert "vote_average" not in plan.uses


@pytest.mark.parametrize("columns", [[], ["x"], ["1", "2"]])
def test_no_columns(columns: list[str]) -> None:
    plan = choose_columns(columns, {})
    assert not plan.uses and not plan.has_films and not plan.has_id
    assert list(plan.not_used) == columns


def test_texts_in_several_languages_are_within_objects() -> None:
    both = [{"en": LONG, "de": "Ein Wärter und sein Boot."}, {"de": "Ein Wärter und sein Boot."}]
    plan = choose({"title": [{"en": "Salt"}, {"de": "Salz"}], "overview": both})
    assert names(plan)["title"] == ("title.en", "title.de")
    assert names(plan)["overview"] == ("overview.en", "overview.de")


def test_dates_of_screenings_are_none_of_release() -> None:
    plan = choose({"Filmtitel": ["A"], "Datum": ["2024-05-01"], "Uhrzeit": ["20:15"]})
    assert "release_date" not in plan.uses
    assert plan.not_used["Datum"] == "its dates are those of screenings"


def test_a_repeated_header_gives_overviews_of_either_column() -> None:
    plan = choose({"title": ["A", "B"], "overview": [None, None], "overview.2": [LONG, LONG]})
    assert set(names(plan)["overview"]) == {"overview", "overview.2"}


def test_fields_of_marc_and_of_other_services() -> None:
    marc = choose({"001": ["x1"], "245$a": ["Salt Lamp /"], "520$a": [LONG], "260$c": ["c1990."]})
    assert {"title", "overview", "year"} <= set(names(marc))
    people = [{"Name": "Ada Quill", "Type": "Director"}]
    plan = choose({"Name": ["A"], "Overview": [LONG], "People": [people], "ratingKinopoisk": [7]})
    assert names(plan)["directors"] == names(plan)["cast"] == ("People",)
    assert names(plan)["vote_average"] == ("ratingKinopoisk",)
