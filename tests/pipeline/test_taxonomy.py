"""Ids of micro-genres, created from their names."""

from __future__ import annotations

from pipeline.taxonomy import micro_genre_ids


def test_ids_are_readable_and_unique() -> None:
    names = ["Sci-Fi: Ghosts!", "Sci Fi Ghosts", "Été", "!!!"]
    assert micro_genre_ids(names) == ["sci-fi-ghosts", "sci-fi-ghosts-2", "été", "micro-genre"]


def test_ids_are_unique_if_a_name_ends_with_a_number() -> None:
    ids = micro_genre_ids(["War", "War 2", "WAR", "war!", "", "?"])
    assert ids == ["war", "war-2", "war-3", "war-4", "micro-genre", "micro-genre-2"]
