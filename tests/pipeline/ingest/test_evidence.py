from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.evidence import Description, agrees_strongly, contradicts, describe, repair

KEEPER = "A lighthouse keeper hides a stolen map from the smugglers who come ashore."
SISTERS = "Three sisters race their late father's tractors across the frozen lake."


def plot(text: str | None, directors: list[str | None] | None = None) -> Description:
    return describe("Thaw", text, directors, None)


@pytest.mark.parametrize(
    ("one", "two", "against"),
    [
        (KEEPER, SISTERS, True),
        (KEEPER, "Smugglers take a map from the keeper of a lighthouse.", False),
        (KEEPER, "Drei Schwestern fahren mit den Traktoren über den gefrorenen See.", False),
        (KEEPER, "Смотритель маяка прячет украденную карту от контрабандистов.", False),
        (KEEPER, "Thaw is a 1991 British drama film by an unknown hand of the sea.", False),
        (KEEPER, "The sisters race.", False),
        (KEEPER, None, False),
        (
            "守灯塔的人把偷来的地图藏起来 不让走私者找到。",
            "三姐妹在冰湖上驾驶拖拉机比赛 为了父亲。",
            True,
        ),
        (
            "守灯塔的人把偷来的地图藏起来 不让走私者找到。",
            "走私者要找灯塔里偷来的地图 看守人不给。",
            False,
        ),
    ],
)
def test_plots_in_one_language_without_a_common_word_contradict(
    one: str, two: str | None, against: bool
) -> None:
    assert contradicts(plot(one), plot(two)) is against
    assert contradicts(plot(two), plot(one)) is against


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("Roland Joffé", "Roland JoffÃ©", True),
        ("J. Lee Thompson", "Thompson, J. Lee", True),
        ("J. Lee Thompson", "John Lee Thompson", True),
        ("Francis Ford Coppola", "Francis Coppola", True),
        ("ADA QUILL", "ada quill", True),
        ("Ada Quill", "Ed Quill", False),
        ("Ada Quill", "Ada Bray", False),
        ("A. B.", "A. B.", True),
        ("A. B.", "Ada Bray", False),
    ],
)
def test_names_of_directors(one: str, two: str, same: bool) -> None:
    assert contradicts(plot(KEEPER, [one]), plot(SISTERS, [two])) is not same
    assert agrees_strongly(plot(None, [one]), plot(None, [two])) is same


def test_the_same_text_outweighs_other_directors() -> None:
    assert not contradicts(plot(KEEPER, ["Ada Quill"]), plot(KEEPER, ["Ed Bray"]))


def test_two_of_the_cast_agree_strongly() -> None:
    cast = ["Bo Lint", "Cy Marr", "Di Noor"]
    one, two = describe("Thaw", KEEPER, None, cast), describe("Thaw", SISTERS, None, cast[1:])
    assert agrees_strongly(one, two)
    assert not agrees_strongly(one, describe("Thaw", SISTERS, None, cast[2:]))


def test_damage_is_repaired_and_sound_text_stays() -> None:
    assert repair("Ã†on Flux") == "Æon Flux"
    assert repair("Ça va, Åse") == "Ça va, Åse"


TEXT = st.one_of(st.none(), st.text(max_size=60))


@given(TEXT, TEXT, TEXT, st.lists(TEXT, max_size=3))
def test_any_text_can_be_compared(
    title: str | None, one: str | None, two: str | None, names: list[str | None]
) -> None:
    first, second = describe(title, one, names, names), describe(title, two, None, names)
    assert contradicts(first, second) == contradicts(second, first)
    assert agrees_strongly(first, second) == agrees_strongly(second, first)
    assert not contradicts(first, first)
