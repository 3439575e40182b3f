"""The report page works in a real browser without network, whatever its texts contain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.html import render_page
from tests.support.report_release import Release, hostile, release

# Counts what the map shows: pixels on its canvases, or dots in its SVG without WebGL.
INKED = """() => [...document.querySelectorAll('#chart-map canvas')].reduce((sum, canvas) => {
  const flat = document.createElement('canvas');
  [flat.width, flat.height] = [canvas.width, canvas.height];
  if (!canvas.width) return sum;
  const pen = flat.getContext('2d');
  pen.drawImage(canvas, 0, 0);
  return sum + pen.getImageData(0, 0, flat.width, flat.height).data.filter((v) => v).length;
}, document.querySelectorAll('#chart-map .scatterlayer .point').length)"""


@pytest.mark.parametrize("build", [release, hostile])
def test_page_works_in_a_browser_without_network(
    browser: Any, tmp_path: Path, build: Callable[[int], Release]
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_page(*build(400)), encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})
    tab, errors, requests = context.new_page(), [], []
    tab.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("dialog", lambda dialog: errors.append(dialog.message) or dialog.dismiss())
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(path.as_uri())
    tab.wait_for_selector("#chart-map .annotation")

    families = len(set(build(400)[1]["family_name"].to_pylist()))
    assert tab.locator("#chart-treemap .slice").count() == 30 + families + 1
    assert tab.evaluate(INKED) > 300
    for name in ("sizes", "k", "completeness", "lengths", "years"):
        assert tab.locator(f"#chart-{name} .main-svg").count() > 0, name

    rows = tab.locator("#genre-table tbody tr:visible")
    assert rows.count() == 25
    tab.locator("#more").click()
    assert rows.count() == 30
    if build is release:
        tab.locator("#filter").fill("haunting ZOMBIE")
        assert rows.count() == 1 and "Zombie Outbreak" in rows.inner_text()
        assert tab.locator("#shown").inner_text() == "1 of 30"
        tab.locator("#filter").fill("")
        tab.locator("#genre-table thead button", has_text="Micro-genre").click()
        assert rows.first.locator("th").inner_text() == "Alien Invasion"
    tab.locator("#filter").fill("no such words")
    assert rows.count() == 0

    tab.locator("[data-family='0']").click()
    tab.locator("[data-zoom='0.6']").click()
    tab.emulate_media(color_scheme="dark")
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    tab.wait_for_function(f"document.getElementById('chart-k').layout.font.color === {ink}")
    assert tab.evaluate("document.getElementById('chart-map').layout.dragmode") == "pan"
    tab.emulate_media(color_scheme="light")
    assert tab.pdf(format="A4").startswith(b"%PDF")  # printing changes the colours
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    assert tab.locator(".chart :is(a, button, [tabindex])").count() == 0
    assert errors == []
    assert requests and all(url.startswith(("file:", "data:", "blob:")) for url in requests)
    context.close()
