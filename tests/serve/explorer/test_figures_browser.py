"""Trends, quality, genres and monitoring in a real browser: charts, tables, themes, phone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lib.served import serve
from pipeline.release.lookup import output_folder
from tests.support.full_release import build_with_figures, train_genres
from tests.support.upkeep_rows import build_upkeep

PATHS = (
    "trends",
    "quality",
    "genres?title=Night+Rain&overview=A+detective+hunts+a+killer+through+the+city.",
    "monitoring",
)
# Texts of neighbouring cells that are nearer than 10 px, and heads of numbers that do not end
# where the numbers end.
CROWDED = """() => {
  const box = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    const boxes = [...range.getClientRects()].filter((rect) => rect.width > 0);
    if (!boxes.length || !cell.textContent.trim()) return null;
    return [Math.min(...boxes.map((b) => b.left)), Math.max(...boxes.map((b) => b.right))];
  };
  const found = [];
  for (const table of document.querySelectorAll('table')) {
    const heads = table.tHead ? [...table.tHead.rows[0].cells] : [];
    for (const row of table.rows) {
      const cells = [...row.cells];
      cells.forEach((cell, at) => {
        const [own, next] = [box(cell), cells[at + 1] && box(cells[at + 1])];
        if (own && next && next[0] - own[1] < 10) found.push(`near: ${cell.textContent}`);
        const head = heads.length === cells.length && box(heads[at]);
        const number = cell.tagName === 'TD' && cell.classList.contains('number');
        if (own && head && number && Math.abs(head[1] - own[1]) > 1.5)
          found.push(`head: ${heads[at].textContent}`);
      });
    }
  }
  return found;
}"""


def wait_for_charts(tab: Any) -> None:
    """Wait until each chart is drawn. The policy of the pages forbids `wait_for_function`."""
    tab.locator("[data-chart]:not([data-ready])").first.wait_for(state="detached", timeout=30_000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the explorer over a release with figures, genre models and monitoring."""
    release = build_with_figures(tmp_path_factory.mktemp("figures"))
    out: Path = output_folder(release)
    train_genres(out / "genres")
    build_upkeep(out / "ratings").engine.dispose()
    with serve(
        [sys.executable, "-m", "serve.explorer.app", str(out)], "/static/icon.svg"
    ) as served:
        yield served.address


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_pages_have_charts_and_tables_with_space_and_no_error(
    browser: Any, site: str, path: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab, errors = context.new_page(), list[str]()
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    requests = list[str]()
    tab.on("request", lambda request: requests.append(request.url))
    tab.goto(f"{site}/{path}")
    wait_for_charts(tab)
    tab.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.evaluate("document.querySelectorAll('table').length") > 0
    assert tab.evaluate(CROWDED) == []
    name = path.split("?", maxsplit=1)[0]
    charts = {"trends": 3, "quality": 3, "genres": 0, "monitoring": 1}[name]
    drawn = tab.evaluate("document.querySelectorAll('[data-chart] .point').length")
    assert tab.locator("[data-chart]").count() == charts
    assert drawn >= charts
    unlabelled = "document.querySelectorAll('[data-chart]:not([aria-label])').length"
    assert tab.evaluate(unlabelled) == 0
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    serious = [
        (violation["id"], [str(node["target"]) for node in violation["nodes"][:3]])
        for violation in axe.run(tab).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    context.close()
    assert (errors, serious) == ([], [])
    assert [url for url in requests if not url.startswith(site)] == []


def test_a_line_is_added_by_the_form_and_back_takes_it_away(browser: Any, site: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(f"{site}/trends")
    name = tab.locator("#all-names option").first.get_attribute("value")
    tab.get_by_label("Add a micro-genre").fill(name)
    tab.get_by_role("button", name="Add").click()
    tab.wait_for_url("**/trends?micro=*")
    assert tab.locator(".series").first.locator("li").all_inner_texts()[0].startswith(name)
    wait_for_charts(tab)
    tab.go_back()
    assert tab.url == f"{site}/trends"
    tab.go_forward()
    assert "micro=" in tab.url
    tab.reload()
    assert tab.locator(".series").first.locator("li").count() == 1
    context.close()


def test_a_chart_takes_the_colours_of_the_theme_when_it_changes(browser: Any, site: str) -> None:
    context = browser.new_context(color_scheme="light")
    tab = context.new_page()
    tab.goto(f"{site}/quality")
    wait_for_charts(tab)
    point = tab.locator(".main-svg .point").first
    light = point.evaluate("(mark) => getComputedStyle(mark).fill")
    tab.emulate_media(color_scheme="dark")
    expect = pytest.importorskip("playwright.sync_api").expect
    expect(point).not_to_have_css("fill", light)
    context.close()
