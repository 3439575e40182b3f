"""Loading times of the explorer's pages in a real browser, as one JSON file.

`python -m benchmarks.scripts.pages RELEASE` writes `benchmarks/results/pages.json`. "Cold" is the
first visitor of a server that has just started, "warm" is a later one; both have an empty cache.
"again" is the second visit of the same browser. A page is loaded when the network is idle and its
map and charts are drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.lib.browser import open_browser
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.served import serve_explorer
from pipeline.release.lookup import find_release

RESULTS = Path(__file__).parents[1] / "results" / "pages.json"
PAGES = ("", "overview", "map", "films", "trends", "quality")
DRAWN = "!document.querySelector('[data-map]:not([data-ready]), [data-chart]:not([data-ready])')"


def main() -> None:
    """Measure every page of one release and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="the folder of a release, or an output folder")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    release = find_release(options.release)
    figures: dict[str, Any] = {
        "machine": describe_machine(),
        "load_average_before": os.getloadavg()[0],
    }
    figures["films"] = json.loads((release / "report.json").read_bytes())["counts"]["released"]
    with open_browser(webgl=True) as browser:
        cold = []
        for _ in range(options.repeats):
            with serve_explorer(release) as here:
                cold.append(_seconds(browser, here.address)["first"])
        figures["first_page_cold_s"] = _summary(cold)
        with serve_explorer(release) as here:
            for page in PAGES:
                _seconds(browser, f"{here.address}/{page}")
            figures["warm_s"] = {
                page or "home": _visits(browser, f"{here.address}/{page}", options.repeats)
                for page in PAGES
            }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _summary(seconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)}


def _visits(browser: Any, address: str, repeats: int) -> dict[str, dict[str, float]]:
    found = [_seconds(browser, address) for _ in range(repeats)]
    return {name: _summary([one[name] for one in found]) for name in ("first", "again")}


def _seconds(browser: Any, address: str) -> dict[str, float]:
    """Return the seconds of two visits of one browser that starts with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = {}
    for name in ("first", "again"):
        tab = context.new_page()
        started = time.perf_counter()
        tab.goto(address, wait_until="commit")
        tab.wait_for_load_state("networkidle")
        tab.wait_for_function(DRAWN)
        found[name] = time.perf_counter() - started
        tab.close()
    context.close()
    return found


if __name__ == "__main__":
    main()
