"""The layout of the treemap: areas, places inside one another, and labels that fit."""

from __future__ import annotations

import pytest

from serve.catalogue.catalogue import Catalogue
from serve.explorer.pages.overview import NARROW, WIDE
from serve.explorer.treemap import Canvas, Tile, lay_out, wrapped


def overlap(one: Tile, other: Tile) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@pytest.mark.parametrize("canvas", [WIDE, NARROW])
def test_each_micro_genre_has_one_tile_inside_its_family(
    catalogue: Catalogue, canvas: Canvas
) -> None:
    groups = lay_out(catalogue.families(), catalogue.micro_genres(), canvas)
    shown = [tile.genre["cluster"] for group in groups for tile in group.tiles if tile.genre]
    assert sorted(shown) == sorted(
        row["cluster"] for row in catalogue.micro_genres() if row["films"]
    )
    for group in groups:
        for tile in group.tiles:
            assert tile.genre is not None
            assert tile.genre["family"] == group.family["family"]
            assert tile.x >= group.tile.x
            assert tile.y >= group.tile.y
            assert tile.x + tile.width <= group.tile.x + group.tile.width + 1
            assert tile.y + tile.height <= group.tile.y + group.tile.height + 1
    tiles = [tile for group in groups for tile in group.tiles if min(tile.width, tile.height) > 1]
    for place, tile in enumerate(tiles):
        assert not any(overlap(tile, other) for other in tiles[place + 1 :])


def test_areas_of_families_follow_their_numbers_of_films(catalogue: Catalogue) -> None:
    groups = lay_out(catalogue.families(), catalogue.micro_genres(), Canvas(10_000, 10_000, 10))
    films = sum(group.family["films"] for group in groups)
    for group in groups:
        share = group.tile.width * group.tile.height / 10_000**2
        assert share == pytest.approx(group.family["films"] / films, rel=0.02)


def test_labels_stay_inside_their_tiles(catalogue: Catalogue) -> None:
    groups = lay_out(catalogue.families(), catalogue.micro_genres(), NARROW)
    labelled = [tile for group in groups for tile in group.tiles if tile.lines]
    assert labelled
    for tile in labelled:
        assert len(tile.lines) * NARROW.letter * 1.2 <= tile.height
        assert max(map(len, tile.lines)) * NARROW.letter * 0.6 <= tile.width


def test_nothing_to_show_gives_no_tiles() -> None:
    assert lay_out([], [], WIDE) == []


def test_a_word_wider_than_the_tile_gives_no_label() -> None:
    assert wrapped("Swashbucklers", 60, 10) == ()
    assert wrapped("One two three four", 40, 10, most=2) == ()
