from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.ingest.identity import identify
from pipeline.ingest.repeated_overviews import RepeatedOverviews, find_repeated_overviews
from tests.support.ingest_rows import PLOTS, spool_of

OTHERS = [
    {"id": f"x{n}", "title": f"Other {n}", "overview": f"{PLOTS[n % 6]} Part {n} of the story."}
    for n in range(40)
]


def find(folder: Path, texts: list[str], titles: list[str] | None = None) -> RepeatedOverviews:
    rows = [
        {"id": str(n), "title": titles[n] if titles else f"Film number {n}", "overview": text}
        for n, text in enumerate(texts)
    ]
    spool = spool_of(folder, {"a.csv": [*rows, *OTHERS]})
    values = spool.values()
    return find_repeated_overviews(spool, values, identify(spool, values).films)


@pytest.mark.parametrize(
    ("text", "times", "none"),
    [
        ("Popis není k dispozici.", 4, True),
        ("Popis není k dispozici.", 2, False),
        ("概要はまだありません。", 6, True),
        ("Opis filmu nie został jeszcze dodany", 6, True),
        ("We do not have a translated overview, help us to expand our pages.", 13, True),
        (PLOTS[0], 4, False),  # too few for so long a text
        (PLOTS[0] * 3, 30, False),  # too long
        ("No overview.", 25, True),
    ],
)
def test_a_short_text_under_many_titles_is_none(
    tmp_path: Path, text: str, times: int, none: bool
) -> None:
    found = find(tmp_path, [text] * times)
    assert len(found.hashes) == none
    assert bool(found.notes) is none
    if none:
        assert f"{times} rows of different films have the overview {text!r}" in found.notes[0]


def test_case_and_marks_do_not_matter(tmp_path: Path) -> None:
    texts = ["Popis není k dispozici.", "popis není k dispozici", "POPIS NENÍ K DISPOZICI!", "..."]
    assert len(find(tmp_path, [*texts, texts[0]]).hashes) == 1


def test_one_title_is_not_several(tmp_path: Path) -> None:
    assert not len(find(tmp_path, ["An episode of it."] * 6, ["Thaw"] * 6).hashes)


def test_a_text_of_most_rows_is_an_example_not_a_placeholder(tmp_path: Path) -> None:
    rows = [{"id": str(n), "title": f"F{n}", "overview": PLOTS[3]} for n in range(30)]
    spool = spool_of(tmp_path, {"a.csv": rows})
    values = spool.values()
    assert not len(find_repeated_overviews(spool, values, identify(spool, values).films).hashes)
