"""How soon the explorer's pages stand in a real browser, as one JSON file.

`python -m benchmarks.pages RELEASE` writes `benchmarks/results/pages.json`. Cold is the first
visitor of a server that has just begun to answer, warm a later one; both come with an empty cache.
A page stands when its last line is drawn and nothing of it is still being made.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import facts
from pipeline.release import find_release

RESULTS = Path(__file__).parent / "results" / "pages.json"
PAGES = ("", "overview", "map", "films", "trends", "quality")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)  # fmt: skip
DRAWN = "!document.querySelector('[data-stale=true], [data-testid=stStatusWidgetRunningIcon]')"


def main() -> None:
    """Measure every page of one release."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="a release's folder, or an output folder")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    release = find_release(asked.release)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("no chromium on this machine: install it")
    from playwright.sync_api import sync_playwright

    figures: dict[str, Any] = {"machine": facts(), "load_average_before": os.getloadavg()[0]}
    figures["films"] = json.loads((release / "report.json").read_bytes())["counts"]["released"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        cold = []
        for _ in range(asked.repeats):
            with _served(release) as address:
                cold.append(_seconds(browser, address))
        figures["first_page_cold_s"] = _told(cold)
        with _served(release) as address:
            for page in PAGES:
                _seconds(browser, f"{address}/{page}")
            figures["warm_s"] = {
                page or "home": _told(
                    [_seconds(browser, f"{address}/{page}") for _ in range(asked.repeats)]
                )
                for page in PAGES
            }
        browser.close()
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


def _told(seconds: list[float]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "most": round(max(seconds), 2)}


def _seconds(browser: Any, address: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    started = time.perf_counter()
    tab.goto(address, wait_until="commit")
    tab.locator(".foot, .empty").first.wait_for(timeout=60_000)
    tab.wait_for_function(DRAWN)
    seconds = time.perf_counter() - started
    context.close()
    return seconds


@contextmanager
def _served(release: Path) -> Iterator[str]:
    """The address of the explorer, as soon as it answers at all."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("microgenres")), "serve", "app"]
    command += ["--release", str(release), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/_stcore/health", server)
            yield address
        finally:
            server.terminate()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    raise SystemExit("the explorer does not answer; run `microgenres serve app` to see why")


if __name__ == "__main__":
    main()
