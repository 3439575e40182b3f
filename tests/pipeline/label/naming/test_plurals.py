"""English subjects in a sentence."""

from __future__ import annotations

import pytest

from pipeline.label.naming.plurals import in_sentence


@pytest.mark.parametrize(
    ("keyword", "plural"),
    [
        ("haunted house", "haunted houses"),
        ("wolves", "wolves"),
        ("witch", "witches"),
        ("housewife", "housewives"),
        ("homeless person", "homeless people"),
        ("human", "humans"),
        ("viking", "vikings"),
        ("boxing", "boxing"),
        ("kung fu", "kung fu"),
        ("martial arts", "martial arts"),
        ("racism", "racism"),
        ("revenge", "revenge"),
        ("mafia", "the mafia"),
        ("vietnam war", "the Vietnam War"),
        ("korean war", "the Korean War"),
        ("civil war", "civil war"),
        ("nazi germany", "Nazi Germany"),
        ("american football", "American football"),
        ("london", "London"),
        ("fbi agent", "FBI agents"),
        ("mother daughter relationship", "mothers and daughters"),
        ("lesbian relationship", "lesbian relationships"),
        ("family relationships", "family relationships"),
        ("rags to riches", "rags to riches"),
        ("19th century", "19th century"),
        ("switched at birth", "switched at birth"),
    ],
)
def test_subjects_in_a_sentence(keyword: str, plural: str) -> None:
    assert in_sentence(keyword) == plural
