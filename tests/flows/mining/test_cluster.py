from __future__ import annotations

import pytest

from flows.events import Event, Note, listen
from flows.mining.cluster import _warn_if_few
from pipeline.cluster import TOO_FEW


@pytest.mark.parametrize(("films", "notes"), [(20, 1), (TOO_FEW - 1, 1), (TOO_FEW, 0), (5_000, 0)])
def test_a_catalogue_of_few_films_is_said_to_be_too_small(films: int, notes: int) -> None:
    heard: list[Event] = []
    with listen(heard.append):
        _warn_if_few(films)
    assert len(heard) == notes
    for event in heard:
        assert isinstance(event, Note)
        assert f"{films} films are too few" in event.text
