"""Names are found in what models really write, and nothing else is."""

from __future__ import annotations

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.namer.answers import clean_name, names_in_answer

TWO = ["Prison-Escape Thrillers", "Classic Prison Dramas"]


@pytest.mark.parametrize(
    "text",
    [
        '["Prison-Escape Thrillers", "Classic Prison Dramas"]',
        'Here you are:\n```json\n["Prison-Escape Thrillers", "Classic Prison Dramas"]\n```\nEnjoy!',
        '{"names": ["prison-escape thrillers", "classic prison dramas"]}',
        '[{"name": "Prison-Escape Thrillers", "why": "they flee from it"},'
        ' {"name": "Classic Prison Dramas", "why": "they are old"}]',
        '{"1": "Prison-Escape Thrillers", "2": "Classic Prison Dramas"}',
        '["Prison-Escape Thrillers", "Classic Prison Dramas", "Pris',
        "1. Prison-Escape Thrillers\n2. Classic Prison Dramas\n",
        "Here are two names:\n- **Prison-Escape Thrillers**: men who flee\n"
        "- **Classic Prison Dramas** (they are old)\n\nI hope that this helps.",
        "“Prison-Escape Thrillers”\n«Classic Prison Dramas»",
        "Name 1: Prison-Escape Thrillers\nName 2: Classic Prison Dramas",
        "PRISON-ESCAPE THRILLERS\nCLASSIC PRISON DRAMAS",
        '<think>Perhaps ["Shark Films"]?</think>\n["Prison-Escape Thrillers",'
        ' "Classic Prison Dramas"]',
        'No tag at the start.</think>["Prison-Escape Thrillers", "Classic Prison Dramas"]',
        "<|channel|>analysis<|message|>Shark films?<|end|><|start|>assistant<|channel|>final"
        '<|message|>["Prison-Escape Thrillers", "Classic Prison Dramas"]<|return|>',
        '["Prison-Escape Thrillers", "prison-escape thrillers", "Classic Prison Dramas"]',
    ],
)
def test_names_are_found_in_json_lists_and_prose(text: str) -> None:
    assert names_in_answer(text, count=5) == TWO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I am sorry, but I cannot help with that.",
        "<html><body><h1>502 Bad Gateway</h1></body></html>",
        '<think>["Prison-Escape Thrillers"] and then my tokens were',
        "[]",
        "{}",
        "[" * 5_000,
        '{"a":' * 5_000,
        '["Horror"]',
        '["A Name That Has Far More Words Than A Name Should Ever Have"]',
        json.dumps(["Electroencephalographically Incomprehensible Institutionalization Films"]),
        '["<script>alert(1)</script> Films", "http://films.example/ Films", "Films = 1 + 1"]',
        "\x00\x01\x02",
        "1. \n2. \n3. ",
    ],
)
def test_nonsense_has_no_names(text: str) -> None:
    assert names_in_answer(text, count=5) == []


def test_no_more_names_than_requested_and_those_of_three_to_five_words_first() -> None:
    many = ["Prison Films", *(f"Prison Films of {place}" for place in ("Rome", "Oslo", "Bonn"))]
    assert names_in_answer(json.dumps(many), count=2) == many[1:3]
    assert names_in_answer(json.dumps(many), count=9) == [*many[1:], many[0]]


def test_persons_and_titles_are_no_names() -> None:
    text = json.dumps(
        [
            "Alfred Hitchcock Thrillers",
            "Hitchcock's Crime Thrillers",
            "Rear Window",
            "Classic Love Dramas",
            "Murder Mystery Thrillers",
        ]
    )
    persons = ["Alfred Hitchcock", "Courtney Love"]
    found = names_in_answer(
        text, count=5, persons=persons, titles=["Rear Window"], words=["true love"]
    )
    assert found == ["Classic Love Dramas", "Murder Mystery Thrillers"]


@pytest.mark.parametrize(
    ("language", "written", "name"),
    [
        ("en", "tales of the CIA in cold-war berlin", "Tales of the CIA in Cold-War Berlin"),
        ("de", "düstere Kriminalfilme aus Berlin", "Düstere Kriminalfilme aus Berlin"),
        ("fr", "comédies d\u2019amour à Paris", "Comédies d'amour à Paris"),
        ("ja", "時代劇", "時代劇"),
        ("ru", "военные драмы", "Военные драмы"),
        ("hi", "हिन्दी पारिवारिक फ़िल्में", "हिन्दी पारिवारिक फ़िल्में"),
    ],
)
def test_names_of_other_languages(language: str, written: str, name: str) -> None:
    found = names_in_answer(json.dumps([written]), count=5, language=language)
    assert found == [unicodedata.normalize("NFC", name)]


@given(
    st.text()
    | st.lists(st.text(max_size=70), max_size=8).map(json.dumps)
    | st.text(alphabet='[]{}",: \n<think>/abc', max_size=200),
    st.sampled_from(["en", "de", "ja"]),
)
def test_whatever_is_written_names_are_short_and_plain(text: str, language: str) -> None:
    names = names_in_answer(text, count=3, language=language)
    assert len(names) <= 3
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert len(name) <= 60
        assert len(name.replace("-", " ").split()) <= 8
        assert name == " ".join(name.split())
        assert name.isprintable()
        assert not set(name) & set('"“”«»<>{}[]()*_#:;.,!?\\/|=`')
        assert any(c.isalpha() for c in name)


@pytest.mark.parametrize(
    "part", ["\n", " ", "\t", "- ", "<think>", "</think", '["', "“", "``` ", "<|"]
)
def test_long_nonsense_is_read_in_a_moment(part: str) -> None:
    started = time.perf_counter()
    assert names_in_answer(part * 1_000_000, count=5) == []
    assert time.perf_counter() - started < 5


@given(st.text(max_size=80))
def test_a_clean_name_is_clean(line: str) -> None:
    name = clean_name(line)
    assert clean_name(name).casefold() == name.casefold()
