"""The explorer in a real browser without network: navigation, the map, accessibility."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.served import serve_explorer
from serve.catalogue.catalogue import Catalogue

WEBGL = True  # for the map
INK = """() => {
  const shadows = [...document.querySelectorAll('*')].map((element) => element.shadowRoot);
  const canvas = shadows.map((shadow) => shadow?.querySelector('canvas.dots')).find(Boolean);
  const flat = document.createElement('canvas');
  [flat.width, flat.height] = [canvas.width, canvas.height];
  const pen = flat.getContext('2d');
  pen.drawImage(canvas, 0, 0);
  return pen.getImageData(0, 0, flat.width, flat.height).data.filter((value) => value).length;
}"""


@pytest.fixture(scope="module")
def site(release: Path) -> Iterator[str]:
    """The address of the explorer, started by the command line."""
    with serve_explorer(release) as served:
        yield served.address


class Reader:
    """A tab that records errors and the addresses of all requests."""

    def __init__(self, browser: Any, site: str, **more: Any) -> None:
        self.site = site
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | more))
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(20_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("dialog", lambda box: (self.errors.append(box.message), box.dismiss()))
        self.tab.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: str) -> Any:
        self.tab.goto(f"{self.site}/{path}")
        self.wait_until_drawn()
        return self.tab

    def wait_until_drawn(self) -> None:
        """Wait until the page is complete and nothing of the previous page is left."""
        self.tab.locator(".foot, .empty").first.wait_for()
        self.tab.wait_for_function(
            "!document.querySelector('[data-stale=true], [data-testid=stStatusWidgetRunningIcon]')"
        )

    def close(self) -> None:
        """Close the tab; check that there was no error and no request to another host."""
        self.context.close()
        assert self.errors == []
        own = (self.site, self.site.replace("http", "ws"), "data:", "blob:")
        assert [url for url in self.requests if not url.startswith(own)] == []


@pytest.fixture
def reader(browser: Any, site: str) -> Iterator[Reader]:
    reader = Reader(browser, site)
    yield reader
    reader.close()


def test_navigation_from_home_to_a_filtered_selection_and_its_download(
    reader: Reader, catalogue: Catalogue
) -> None:
    tab = reader.open("")
    tab.get_by_role("heading", name="Films grouped by their stories").wait_for()
    tab.locator(".genre").first.click()
    tab.locator(".overline a").wait_for()  # a micro-genre with its family above
    assert "/micro-genre?id=" in tab.url
    tab.locator(".posters .film").first.click()
    tab.locator(".film-page").wait_for()
    permalink, title = tab.url, tab.locator(".film-page h1").inner_text()
    assert "/film?id=" in permalink

    tab.locator(".film-page .chip").first.click()  # a genre: opens the films of this genre
    tab.locator(".chip.remove").wait_for()
    genre = tab.locator(".chip.remove").first.inner_text()
    assert "/films?genre=" in tab.url
    reader.wait_until_drawn()
    with tab.expect_download() as taken:
        tab.get_by_role("button", name="Parquet").click()
    table = pq.read_table(BytesIO(Path(taken.value.path()).read_bytes()))
    assert table.num_rows and all(genre in row for row in table["genres"].to_pylist())
    with tab.expect_download() as taken:
        tab.get_by_role("button", name="CSV").click()
    assert Path(taken.value.path()).read_bytes().startswith(b"\xef\xbb\xbfmovie_id,")
    tab.locator(".chip.remove").first.click()
    tab.wait_for_function("!location.search.includes('genre')")
    total = catalogue.figures()["films"]
    tab.locator(".label", has_text=f"{total} films").wait_for()
    tab.get_by_role("button", name="Page 2").click()  # the second page
    tab.wait_for_function("location.search.includes('page=2')")
    reader.wait_until_drawn()
    tab.locator(".film").nth(total - 25).wait_for()
    tab.locator(".film").nth(total - 24).wait_for(state="detached")

    tab.goto(permalink)
    reader.wait_until_drawn()
    assert tab.locator(".film-page h1").inner_text() == title


def test_markup_in_titles_is_shown_as_text(reader: Reader) -> None:
    tab = reader.open("films")
    tab.get_by_role("textbox", name="Search").fill("<script>alert")
    tab.keyboard.press("Enter")
    # the count above the films is drawn before the films: wait until the old ones are gone
    tab.locator(".film").nth(1).wait_for(state="detached")
    assert tab.locator(".film strong").inner_text() == "<script>alert(1)</script>"
    tab.locator(".film").click()
    tab.locator(".film-page").wait_for()
    assert tab.locator(".film-page h1").inner_text() == "<script>alert(1)</script>"
    assert tab.evaluate("document.title") == "<script>alert(1)</script> (1963)"
    tab = reader.open("films?q=فيلم")
    right_to_left = tab.locator(".film strong")
    assert right_to_left.inner_text() == "فيلم عن الغواصة"
    assert right_to_left.evaluate("(e) => getComputedStyle(e).direction") == "rtl"


def test_the_map_draws_films_and_highlights_one(reader: Reader, catalogue: Catalogue) -> None:
    tab = reader.open("map")
    tab.locator(".film-map[data-ready]").wait_for()
    tab.locator(".names a").first.wait_for()
    tab.wait_for_timeout(300)
    whole = tab.evaluate(INK)
    assert whole > 1000
    tab.locator(".find").fill("das boot")
    tab.locator(".found", has_text="1 film highlighted").wait_for()
    assert tab.locator(".hits a").all_inner_texts() == ["Das Boot (1960)"]
    assert tab.locator(".tip b").inner_text() == "Das Boot (1960)"
    tab.locator(".find").fill("")
    tab.locator(".dots").focus()
    for key in ("0", "+", "ArrowLeft", "-"):
        tab.keyboard.press(key)
    tab.locator(".film-map .families button").first.click()
    assert tab.locator(".film-map .families [aria-pressed=true]").count() == 1
    tab.locator(".names a").first.click()
    tab.locator(".overline a").wait_for()
    assert "/micro-genre?id=" in tab.url


PATHS = (
    "",
    "overview",
    "map",
    "films",
    "micro-genres",
    "trends",
    "quality",
    "film",
    "micro-genre",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit_on_a_phone(
    browser: Any, site: str, catalogue: Catalogue, scheme: str
) -> None:
    """axe finds no serious problem, and no page is wider than a phone."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    phone = {"width": 390, "height": 844}
    size = phone if scheme == "dark" else {"width": 1280, "height": 900}
    reader = Reader(browser, site, color_scheme=scheme, viewport=size)
    genre = catalogue.micro_genres()[0]["micro_genre_id"]
    film = catalogue.films(limit=1).rows[0]["movie_id"]
    found = []
    for name in PATHS:
        path = {"film": f"film?id={film}", "micro-genre": f"micro-genre?id={genre}"}.get(name, name)
        tab = reader.open(path)
        # a chart may overflow for a moment while it is drawn: try again later
        for pause in (250, 2_000, 4_000):
            tab.wait_for_timeout(pause)
            serious = [
                (name, violation["id"], [str(node["target"]) for node in violation["nodes"][:3]])
                for violation in axe.run(tab).response["violations"]
                if violation["impact"] in ("serious", "critical")
            ]
            if not serious:
                break
        found += serious
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    reader.close()
    assert found == []
