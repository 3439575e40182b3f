"""What an address of the trends page says."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from serve.catalogue.catalogue import Catalogue
from serve.explorer.query import WrongValueError
from serve.explorer.trends.choice import (
    MOST_LINES,
    Choice,
    default_genres,
    find_by_name,
    read_choice,
    read_whole,
)


def test_without_a_choice_the_largest_micro_genres_with_a_theme_are_shown(
    catalogue: Catalogue,
) -> None:
    choice = read_choice(QueryParams(""), catalogue, catalogue.micro_genres())
    assert not choice.chosen and choice.values == {}
    assert choice.genres == default_genres(catalogue.micro_genres())
    thin = [row | {"thin": number == 0} for number, row in enumerate(choice.genres)]
    assert default_genres(thin)[-1]["thin"]


def test_a_micro_genre_is_found_by_name_id_or_a_part(catalogue: Catalogue) -> None:
    genres = catalogue.micro_genres()
    first = genres[0]
    assert find_by_name(genres, first["micro_genre_name"].lower()) == [first]
    assert find_by_name(genres, first["micro_genre_id"]) == [first]
    assert first in find_by_name(genres, first["micro_genre_name"][:4])
    assert find_by_name(genres, " ") == []


def test_too_many_lines_are_refused(catalogue: Catalogue) -> None:
    query = QueryParams([("micro", str(number)) for number in range(MOST_LINES + 1)])
    with pytest.raises(WrongValueError, match=f"at most {MOST_LINES}"):
        read_choice(query, catalogue, catalogue.micro_genres())


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "\u0662", "999999999999999999999"])
def test_numbers_outside_the_range_are_refused(text: str) -> None:
    with pytest.raises(WrongValueError, match="whole number from 0 to 100"):
        read_whole(QueryParams([("votes", text)]), "votes", 0, 100)


def test_lines_of_equal_names_stay_apart(catalogue: Catalogue) -> None:
    first, second = catalogue.micro_genres()[:2]
    second = {**second, "micro_genre_name": first["micro_genre_name"]}
    choice = Choice([first, second], True, {})
    assert list(choice.labelled().values()) == [first, second]
