"""The explorer in a real browser without network: Back, phones, map, tiles, accessibility."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from benchmarks.lib.served import serve_explorer
from serve.catalogue.catalogue import Catalogue

WEBGL = True  # for the map
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
INK = """() => {
  const canvas = document.querySelector('canvas.dots');
  const flat = document.createElement('canvas');
  [flat.width, flat.height] = [canvas.width, canvas.height];
  const pen = flat.getContext('2d');
  pen.drawImage(canvas, 0, 0);
  return pen.getImageData(0, 0, flat.width, flat.height).data.filter((value) => value).length;
}"""
# pairs of neighbouring cells whose texts are nearer than 8 pixels, and heads beside their values
CROWDED = """() => [...document.querySelectorAll('table tr')].flatMap((row) => {
  const boxes = [...row.cells].map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [range.getBoundingClientRect(), cell.innerText];
  }).filter(([box, text]) => text.trim() && box.width);
  const near = ([box], at) => box.left - boxes[at][0].right < 8;
  return boxes.slice(1).filter(near).map(([, text]) => text);
})"""


@pytest.fixture(scope="module")
def site(release: Path) -> Iterator[str]:
    """The address of the explorer, started by the command line."""
    with serve_explorer(release) as served:
        yield served.address


def until(tab: Any, condition: str) -> None:
    """Wait until a JavaScript expression holds; the pages forbid Playwright's own polling."""
    deadline = time.monotonic() + 20
    while not tab.evaluate(condition):
        assert time.monotonic() < deadline, f"not within 20 s: {condition}"
        time.sleep(0.05)


class Reader:
    """A tab that records errors and the addresses of all requests."""

    def __init__(self, browser: Any, site: str, **more: Any) -> None:
        self.site = site
        self.context = browser.new_context(**({"viewport": DESKTOP} | more))
        self.tab = self.context.new_page()
        self.tab.set_default_timeout(20_000)
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.on("console", self._on_console)
        self.tab.on("dialog", lambda box: (self.errors.append(box.message), box.dismiss()))
        self.tab.on("request", lambda request: self.requests.append(request.url))

    def _on_console(self, line: Any) -> None:
        if line.type == "error":
            self.errors.append(line.text)

    def open(self, path: str) -> Any:
        self.tab.goto(f"{self.site}/{path}")
        if path.startswith("map"):
            self.tab.locator("[data-map][data-ready]").wait_for()
        return self.tab

    def close(self) -> None:
        """Close the tab; check that there was no error and no request to another host."""
        self.context.close()
        assert self.errors == []
        own = (self.site, "data:", "blob:")
        assert [url for url in self.requests if not url.startswith(own)] == []


@pytest.fixture
def reader(browser: Any, site: str) -> Iterator[Reader]:
    reader = Reader(browser, site)
    yield reader
    reader.close()


# --- Back


WAYS = {
    "a film of a filtered page": ("films?genre=Drama&sort=title", ".posters .film >> nth=-1"),
    "a micro-genre of a tile": ("films?sort=newest&view=list", ".rows .of-genre >> nth=-1"),
    "a film of a micro-genre": ("micro-genre?id={genre}", ".posters .film >> nth=-1"),
    "a micro-genre of the overview": ("overview", "table a >> nth=-2"),
    "a film of a search": ("films?q=submarine+crew", ".posters .film >> nth=-1"),
    "a keyword of a film": ("film?id={film}", ".posters .film >> nth=-1"),
}


@pytest.mark.parametrize("way", WAYS)
def test_back_returns_to_the_same_place_and_forward_goes_on(
    reader: Reader, catalogue: Catalogue, way: str
) -> None:
    path, link = WAYS[way]
    genre = catalogue.micro_genres()[0]["micro_genre_id"]
    film = catalogue.films(limit=1).rows[0]["movie_id"]
    tab = reader.open(path.format(genre=genre, film=film))
    tab.set_viewport_size({"width": 1000, "height": 420})  # the link is below the first screen
    address, title = tab.url, tab.title()
    target = tab.locator(link)
    target.scroll_into_view_if_needed()
    before = tab.evaluate("scrollY")
    assert before > 0
    with tab.expect_navigation():
        target.click()
    there = tab.url
    assert there != address and tab.title() != title
    tab.go_back()
    assert (tab.url, tab.title()) == (address, title)
    until(tab, f"Math.abs(scrollY - {before}) < 3")
    tab.go_forward()
    assert tab.url == there
    tab.reload()
    assert tab.url == there


def test_back_from_a_film_returns_to_the_view_of_the_map(
    reader: Reader, catalogue: Catalogue
) -> None:
    tab = reader.open("map?q=submarine&colour=year")
    tab.locator(".found", has_text="highlighted").wait_for()
    tab.locator(".dots").focus()
    tab.keyboard.press("+")
    tab.keyboard.press("ArrowLeft")
    until(tab, "location.search.includes('view=')")
    address = tab.url
    tab.locator(".hits a").first.click()
    tab.wait_for_url("**/film?id=*")
    tab.go_back()
    tab.locator("[data-map][data-ready]").wait_for()
    assert tab.url == address
    assert tab.locator("[name=colour]").input_value() == "year"
    assert tab.locator("#map-find").input_value() == "submarine"


# --- films


def test_a_selection_is_filtered_exported_and_paged(reader: Reader, catalogue: Catalogue) -> None:
    tab = reader.open("films")
    total = catalogue.figures()["films"]
    tab.locator(".bar", has_text=f"{total} films").wait_for()
    tab.locator("[name=genre][value=Drama]").check()
    tab.get_by_role("button", name="Apply filters").click()
    tab.get_by_role("link", name="Remove the filter Drama").wait_for()
    assert "genre=Drama" in tab.url
    with tab.expect_download() as taken:
        tab.get_by_role("link", name="Parquet").click()
    table = pq.read_table(BytesIO(Path(taken.value.path()).read_bytes()))
    assert table.num_rows and all("Drama" in row for row in table["genres"].to_pylist())
    tab.get_by_role("link", name="Remove the filter Drama").click()
    tab.get_by_role("link", name="Next").click()
    tab.wait_for_url("**page=2*")
    assert tab.evaluate("scrollY") == 0, "a new page of films begins at its top"
    assert tab.locator(".posters .film").count() == total - 24


def test_suggestions_are_chosen_with_the_keyboard(reader: Reader) -> None:
    tab = reader.open("trends")
    field = tab.get_by_role("combobox", name="Search films")
    field.fill("das bo")
    tab.get_by_role("option", name="Das Boot").wait_for()
    field.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant")
    field.press("Enter")
    tab.wait_for_url("**/film?id=*")
    assert tab.title().startswith("Das Boot (1960)")


def test_markup_in_titles_is_shown_as_text(reader: Reader) -> None:
    tab = reader.open("films?q=%3Cscript%3Ealert(1)")
    tab.locator(".film").first.click()
    tab.locator(".film-page").wait_for()
    assert tab.locator(".film-page h1").inner_text().startswith("<script>alert(1)</script>")
    assert tab.title().startswith("<script>alert(1)</script> (1963)")
    tab = reader.open("films?q=فيلم")
    right_to_left = tab.locator(".film strong").first
    assert right_to_left.inner_text() == "فيلم عن الغواصة"
    assert right_to_left.evaluate("(e) => getComputedStyle(e).direction") == "rtl"


def test_filters_are_behind_a_button_on_a_phone(browser: Any, site: str) -> None:
    reader = Reader(browser, site, viewport=PHONE)
    tab = reader.open("films?genre=Drama")
    button = tab.locator("label", has_text="Filters (1)")
    assert button.is_visible() and not tab.get_by_label("Year from").is_visible()
    button.click()
    assert tab.get_by_label("Year from").is_visible()
    tab.set_viewport_size(DESKTOP)
    assert tab.get_by_label("Year from").is_visible() and not button.is_visible()
    reader.close()


def test_the_link_of_a_page_is_copied(browser: Any, site: str) -> None:
    reader = Reader(browser, site, permissions=["clipboard-read", "clipboard-write"])
    tab = reader.open("films?genre=Drama")
    tab.get_by_role("button", name="Copy link").click()
    tab.get_by_role("button", name="Link copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url
    reader.close()


# --- overview and map


@pytest.mark.parametrize("size", [DESKTOP, PHONE, {"width": 910, "height": 700}])
def test_tiles_open_micro_genres_and_their_labels_can_be_read(
    browser: Any, site: str, size: dict[str, int]
) -> None:
    reader = Reader(browser, site, viewport=size)
    tab = reader.open("overview")
    heights = tab.evaluate(
        "[...document.querySelectorAll('.treemap text')].filter((e) => e.checkVisibility())"
        ".map((e) => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a)"
    )
    assert heights and min(heights) >= 9
    visible = ".treemap.narrow" if size["width"] <= 900 else ".treemap.wide"
    tab.locator(f"{visible} a.family").first.click()
    tab.wait_for_url("**/overview?family=*")
    tab.locator(f"{visible} a.tile").first.click()
    tab.wait_for_url("**/micro-genre?id=*")
    tab.go_back()
    tab.get_by_role("link", name="All families").click()
    tab.wait_for_url("**/overview")
    reader.close()


def test_the_map_searches_zooms_with_the_wheel_and_shows_one_value(reader: Reader) -> None:
    tab = reader.open("map")
    tab.locator(".names a").first.wait_for()
    tab.wait_for_timeout(300)
    assert tab.evaluate(INK) > 1000
    assert tab.locator(".names a.of-family").count() == tab.locator(".names a").count()
    tab.locator("#map-find").fill("das boot")
    tab.get_by_role("button", name="Find").click()
    tab.locator(".hits a", has_text="Das Boot (1960)").wait_for()
    tab.get_by_role("button", name="Clear").click()
    tab.locator(".hits a").first.wait_for(state="detached")
    box = tab.locator(".stage").bounding_box()
    for x, y in ((0.5, 0.5), (0.97, 0.96)):  # also above the buttons
        tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        top = tab.evaluate("scrollY")
        tab.mouse.wheel(0, -600)
        tab.wait_for_timeout(400)
        assert tab.evaluate("scrollY") == top, "the page does not scroll"
    assert float(tab.evaluate("new URLSearchParams(location.search).get('view').split(',')[2]")) > 2
    assert tab.locator(".names a.of-family").count() == 0
    tab.locator(".legend button").first.click()
    assert tab.locator(".legend [aria-pressed=true]").count() == 1
    until(tab, "location.search.includes('only=')")
    tab.locator("[name=colour]").select_option("rating")
    assert "\u2013" in tab.locator(".legend button").first.inner_text()


def test_an_area_of_the_map_is_selected_restored_and_exported(
    reader: Reader, catalogue: Catalogue
) -> None:
    tab = reader.open("map")
    tab.get_by_role("button", name="Select an area").click()
    box = tab.locator(".dots").bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.9), (0.7, 0.98), (0.02, 0.98), (0.02, 0.02)]
    for number, (x, y) in enumerate(corners):
        tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=8)
        if number == 0:
            tab.mouse.down()
    tab.mouse.up()
    found = tab.locator(".found", has_text="selected")
    found.wait_for()
    count = int(found.inner_text().split()[0])
    assert count > 20
    until(tab, "location.search.includes('lasso=')")
    with tab.expect_download() as taken:
        found.get_by_role("link", name="CSV").click()
    assert len(Path(taken.value.path()).read_bytes().splitlines()) >= count + 1
    tab.reload()
    tab.locator(".found", has_text=f"{count} films selected").wait_for()


def test_a_film_and_a_micro_genre_are_shown_on_the_map(
    reader: Reader, catalogue: Catalogue
) -> None:
    film = catalogue.films(limit=1).rows[0]
    tab = reader.open(f"film?id={film['movie_id']}")
    tab.get_by_role("link", name="Show on the map").click()
    tab.locator(".tip b").wait_for()
    assert tab.locator(".tip b").inner_text().startswith(film["title"])
    genre = catalogue.micro_genres()[0]
    tab = reader.open(f"micro-genre?id={genre['micro_genre_id']}")
    tab.get_by_role("link", name="Show on the map").click()
    tab.locator(".found", has_text=genre["micro_genre_name"]).wait_for()


# --- all pages


PATHS = (
    "",
    "overview",
    "map",
    "films",
    "films?q=submarine&view=list",
    "films?q=zzzzqq",
    "micro-genres",
    "trends",
    "quality",
    "compare?one=0&other=1",
    "film?id={film}",
    "micro-genre?id={genre}",
    "nothing/here",
)


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_pages_are_accessible_fit_and_have_space_in_tables(
    browser: Any, site: str, catalogue: Catalogue, size: dict[str, int], scheme: str
) -> None:
    """axe finds no serious problem, no page is wider than its window, no two cells touch."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    reader = Reader(browser, site, color_scheme=scheme, viewport=size)
    genre = catalogue.micro_genres()[0]["micro_genre_id"]
    film = catalogue.films(limit=1).rows[0]["movie_id"]
    found, titles = [], set()
    for path in PATHS:
        tab = reader.open(path.format(film=film, genre=genre))
        tab.wait_for_load_state("networkidle")
        found += [
            (path, violation["id"], [str(node["target"]) for node in violation["nodes"][:3]])
            for violation in axe.run(tab).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        titles.add(tab.title())
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert tab.evaluate(CROWDED) == [], path
    reader.errors = [text for text in reader.errors if "404" not in text]  # the page that is not
    reader.close()
    assert found == []
    assert len(titles) >= len(PATHS) - 1, "each page has a title of its own"
