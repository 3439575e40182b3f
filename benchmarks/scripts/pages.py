"""How soon the explorer's pages stand in a real browser, as one JSON file.

`python -m benchmarks.scripts.pages RELEASE` writes `benchmarks/results/pages.json`. Cold is the first
visitor of a server that has just begun to answer, warm a later one; both come with an empty cache,
again is the second visit of the same browser. A page stands when its last line is drawn and nothing
of it is still being made. An empty page of Streamlit's is measured beside: sooner none can stand.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.lib.browser import opened
from benchmarks.lib.machine import facts
from benchmarks.lib.served import Served, explorer, served
from pipeline.release.lookup import find_release

RESULTS = Path(__file__).parents[1] / "results" / "pages.json"
PAGES = ("", "overview", "map", "films", "trends", "quality")
DRAWN = "!document.querySelector('[data-stale=true], [data-testid=stStatusWidgetRunningIcon]')"


def main() -> None:
    """Measure every page of one release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="a release's folder, or an output folder")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    release = find_release(asked.release)
    figures: dict[str, Any] = {"machine": facts(), "load_average_before": os.getloadavg()[0]}
    figures["films"] = json.loads((release / "report.json").read_bytes())["counts"]["released"]
    with opened(webgl=True) as browser:
        cold = []
        for _ in range(asked.repeats):
            with explorer(release) as here:
                cold.append(_seconds(browser, here.address)["first"])
        figures["first_page_cold_s"] = _told(cold)
        with _empty() as here:
            figures["empty_page_s"] = _visits(browser, here.address, asked.repeats)
        with explorer(release) as here:
            for page in PAGES:
                _seconds(browser, f"{here.address}/{page}")
            figures["warm_s"] = {
                page or "home": _visits(browser, f"{here.address}/{page}", asked.repeats)
                for page in PAGES
            }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _told(seconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)}


def _visits(browser: Any, address: str, repeats: int) -> dict[str, dict[str, float]]:
    found = [_seconds(browser, address) for _ in range(repeats)]
    return {name: _told([one[name] for one in found]) for name in ("first", "again")}


def _seconds(browser: Any, address: str) -> dict[str, float]:
    """Two visits of one browser whose cache was empty."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = {}
    for name in ("first", "again"):
        tab = context.new_page()
        started = time.perf_counter()
        tab.goto(address, wait_until="commit")
        tab.locator(".foot, .empty").first.wait_for(timeout=60_000)
        tab.wait_for_function(DRAWN)
        found[name] = time.perf_counter() - started
        tab.close()
    context.close()
    return found


@contextmanager
def _empty() -> Iterator[Served]:
    """Streamlit with one line on its page."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text("import streamlit as st\nst.html('<p class=foot>.</p>')\n", "utf-8")
        command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless"]
        command += ["true", "--browser.gatherUsageStats", "false"]
        with served(command, "/_stcore/health", "--server.port") as found:
            yield found


if __name__ == "__main__":
    main()
