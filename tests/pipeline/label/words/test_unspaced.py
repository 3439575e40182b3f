"""Nouns of Japanese and Chinese texts."""

from __future__ import annotations

import pytest

from pipeline.label.words.unspaced import nouns_inside


@pytest.mark.parametrize(
    ("text", "nouns"),
    [
        ("落ちぶれた侍が悪代官に立ち向かう", {"侍", "悪代官"}),  # no stems of verbs
        ("トラック運転手がラーメンを作る", {"トラック", "運転手", "ラーメン"}),
        ("特攻隊員が出撃する", {"特攻隊員", "特攻隊"}),  # a suffix is cut off
        ("殺人事件の捜査", {"殺人事件", "殺人", "捜査"}),  # two words of two letters
        ("呪いの家に住む", {"呪い", "家"}),  # the noun of a verb
    ],
)
def test_japanese_nouns(text: str, nouns: set[str]) -> None:
    assert nouns <= set(nouns_inside(text, "ja"))


def test_japanese_verbs_and_counts_are_no_nouns() -> None:
    found = nouns_inside("二十年前に村を追われた男が戻る", "ja")
    assert {"追", "戻", "二十年前"}.isdisjoint(found)


def test_chinese_words_are_cut_and_tagged() -> None:
    found = nouns_inside("退休警探调查连环杀人案", "zh")
    assert {"警探", "杀人案"} <= set(found)
    assert "退休" not in found


def test_other_languages_have_spaces() -> None:
    assert nouns_inside("怪獣", "en") == ()
