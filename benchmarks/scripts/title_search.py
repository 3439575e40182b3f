"""How often a title with typing errors is found first, as one JSON file.

`python -m benchmarks.scripts.title_search RELEASE` writes `benchmarks/results/title_search.json`.
Titles of films with at least 100 votes are drawn with a fixed seed, and each is typed wrongly in
one of the ways of `ERRORS`. A film counts as found if it, or another film of the same title, is
the first result.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.lib.machine import describe_machine
from pipeline.release.lookup import find_release
from serve.catalogue.catalogue import Catalogue, Filters
from serve.catalogue.search.analysis import normal_text
from serve.catalogue.search.engine import SearchEngine

RESULTS = Path(__file__).parents[1] / "results" / "title_search.json"
_SEED = 2026
_MIN_LETTERS = 5


def _without_letter(title: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(title))
    return title[:at] + title[at + 1 :]


def _doubled(title: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(title))
    return title[:at] + title[at - 1] + title[at:]


def _swapped(title: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(title) - 1)
    return title[:at] + title[at + 1] + title[at] + title[at + 2 :]


def _replaced(title: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(title))
    return title[:at] + rng.choice("aeioutrnsl") + title[at + 1 :]


def _without_spaces(title: str, _: random.Random) -> str:
    return title.replace(" ", "")


def _twice(title: str, rng: random.Random) -> str:
    return _swapped(_without_letter(title, rng), rng)


ERRORS: dict[str, Callable[[str, random.Random], str]] = {
    "a letter is missing": _without_letter,
    "a letter is doubled": _doubled,
    "two letters are swapped": _swapped,
    "a letter is another": _replaced,
    "spaces are missing": _without_spaces,
    "a letter is missing and two are swapped": _twice,
}


def main() -> None:
    """Measure one release and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("--titles", type=int, default=100, help="titles per kind of error")
    options = parser.parse_args()
    catalogue = Catalogue(find_release(options.release))
    engine = SearchEngine(catalogue)
    known = catalogue.films(Filters(votes_from=100), "title", limit=100_000).rows
    titles = [t for film in known if len(t := normal_text(film["title"] or "")) >= _MIN_LETTERS]
    rng = random.Random(_SEED)
    found: dict[str, Any] = {}
    for name, error in ERRORS.items():
        right = 0
        missed = []
        for title in rng.sample(titles, options.titles):
            typed = error(title, rng)
            films = engine.search(typed, limit=1).films
            first = normal_text(films[0]["title"] or "") if films else ""
            right += first == title
            if first != title and len(missed) < 5:
                missed.append({"typed": typed, "title": title, "first": first})
        found[name] = {"first": right / options.titles, "missed": missed}
    figures = {
        "machine": describe_machine(),
        "films": catalogue.figures()["films"],
        "titles_per_error": options.titles,
        "first": sum(one["first"] for one in found.values()) / len(found),
        "errors": {name: one["first"] for name, one in found.items()},
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
