"""Invalid and unusual rows: each is released or rejected with a reason, none is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.cleaning.clean import REASONS as CLEANING
from pipeline.sources import REASONS as READING
from tests.faults.mining import Place, verify_latest

pytestmark = pytest.mark.timeout(300)

PLOT = "A lighthouse keeper finds a message in a bottle and sails north with his daughter."
LONG = "word " * 200_000  # a MiB
ODD: dict[str, dict[str, Any]] = {
    "no id": {"movie_id": None, "title": "No Id at All"},
    "no id, no title": {"movie_id": None, "title": None},
    "empty id": {"movie_id": ""},
    "id with slashes": {"movie_id": "../../../etc/passwd"},
    "id of a MiB": {"movie_id": LONG},
    "id with NUL": {"movie_id": "a\0b"},
    "id as a list": {"movie_id": [1]},
    "id as NaN": {"movie_id": float("nan")},
    "twin": {"movie_id": "twin"},
    "twin again": {"movie_id": "twin", "overview": PLOT + " She learns to steer."},
    "no overview": {"overview": None},
    "empty overview": {"overview": ""},
    "blank overview": {"overview": " \u200b\n\t "},
    "overview of a MiB": {"overview": LONG},
    "title of a MiB": {"title": LONG},
    "NUL": {"title": "Nul\0l", "overview": "\0" + PLOT + "\0"},
    "lone surrogate": {"title": "\ud83d", "overview": PLOT + " \udc00"},
    "emoji": {"title": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467", "overview": PLOT},
    "only emoji": {"overview": "\U0001f600 \U0001f47b \U0001f680 \U0001f981"},
    "right to left": {
        "title": "\u202e\u05e9\u05dc\u05d5\u05dd",
        "overview": "شاب يعود إلى قريته بعد الحرب ليجد أخاه.",
    },
    "controls": {"title": "\x1b[31mRed\x1b[0m", "overview": PLOT + "\x07\x08\x7f"},
    "markup": {"title": "<script>alert(1)</script>", "overview": "<b>" + PLOT + "</b>"},
    "formula": {"title": "=cmd|' /C calc'!A0"},
    "year as text": {"year": "nineteen"},
    "year beyond": {"year": 99999},
    "year as NaN": {"year": float("nan")},
    "year infinite": {"year": float("inf")},
    "runtime huge": {"runtime_minutes": 1e308},
    "runtime negative": {"runtime_minutes": -5},
    "votes as an object": {"vote_count": {"a": 1}},
    "votes beyond 64 bits": {"vote_count": 10**30},
    "average as NaN": {"vote_average": float("nan")},
    "genres as a number": {"genres": 7},
    "genres nested": {"genres": [["a"], ["b"]]},
    "keywords as a MiB": {"keywords": [LONG]},
    "ten thousand keywords": {"keywords": [f"word {n}" for n in range(10_000)]},
    "title as a list": {"title": ["a", "b"]},
    "overview as a number": {"overview": 5},
    "overview as true": {"overview": True},
}


def lines() -> list[str]:
    rows = []
    for number, (name, odd) in enumerate(ODD.items()):
        sound = {"movie_id": f"f{number}", "title": f"Film {name}", "year": 1999, "overview": PLOT}
        rows.append(json.dumps(sound | odd))
    rows += [
        "",
        "not json",
        "[1, 2]",
        '"text"',
        "{",
        "null",
        "{}",
        '{"movie_id": 1, "id": 2}',
        "[" * 9_999,
    ]
    return rows


def test_each_odd_row_is_released_or_rejected_with_a_reason(place: Place, tmp_path: Path) -> None:
    catalogue = tmp_path / "odd.jsonl"
    written = lines()
    catalogue.write_text("\n".join(written), encoding="utf-8", errors="surrogatepass")
    rows = sum(bool(line) for line in written)
    out = tmp_path / "out"
    run = place.mine(out, "--source", f"files:{catalogue}")
    assert run.end(120) == 0, run.output()
    release = verify_latest(out, rows)
    released = pq.read_table(release / "movies.parquet").to_pylist()
    rejected = pq.read_table(release / "rejects.parquet").to_pylist()
    known = {**READING, **CLEANING}
    for reject in rejected:
        assert reject["reason"] in known, reject
        assert reject["detail"]
    assert len({film["movie_id"] for film in released}) == len(released)
    titles = {film["title"] or "" for film in released}
    assert "Film twin again" in titles  # the more complete of the two
    assert "Film twin" not in titles
    for film in released:
        for text in (film["movie_id"], film["title"] or "", film["overview"]):
            assert "\0" not in text
            text.encode("utf-8")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"odd.jsonl", "out", "out.log"}
    assert not [path for path in out.rglob("*") if "passwd" in path.name]
    page = (release / "report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
