"""What an assignment needs is loaded once, in threads."""

from __future__ import annotations

from pipeline.cleaning import language
from pipeline.inference.preloading import finish_loading, start_loading
from pipeline.label.words.tables import read_tables


def test_languages_and_words_are_loaded_once() -> None:
    first = start_loading()
    finish_loading()
    assert start_loading() is first
    assert all(loaded.done() for loaded in first)
    assert language._identifier.cache_info().currsize == 1
    assert read_tables.cache_info().currsize >= 1
