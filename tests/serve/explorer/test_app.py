"""Each page of the explorer shows what the release holds, and what it cannot show it says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from serve.catalogue.catalogue import Catalogue, Filters
from serve.explorer.release_history import growth_over_releases
from serve.explorer.resources import OUT, RELEASE
from serve.explorer.routing import PAGES
from tests.support.served_release import TITLES

AppTest = pytest.importorskip("streamlit.testing.v1", reason="streamlit is not installed").AppTest

APP = Path(__file__).parents[3] / "serve" / "explorer" / "app.py"


@pytest.fixture
def app(release: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(RELEASE, str(release))
    return AppTest.from_file(str(APP), default_timeout=60)


def drawn(app: Any) -> str:
    """Everything that the page's own elements say, as one text."""
    found = [element.proto for element in app.get("bidi_component")]
    return "\n".join(_texts(proto) for proto in found)


def _texts(proto: Any) -> str:
    data = json.loads(proto.json or "[]")

    def walk(node: Any) -> Iterator[str]:
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            for part in node:
                yield from walk(part)
        elif isinstance(node, dict):
            yield from walk(node.get("c", []))

    return "\n".join(walk(data))


def opened(app: Any, page: str, /, **query: str | list[str]) -> Any:
    """The app with that page run; it must not have failed."""
    app.run()  # registers the pages, by whose addresses a switch finds them
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"explorer/pages/{PAGES[page][0]}").run()
    assert not app.exception, app.exception
    return app


HEADINGS = {
    "home": "Films, grouped by what happens in them",
    "overview": "Families and micro-genres",
    "map": "Every film is a dot; near dots tell near stories.",
    "films": "40 films",
    "micro-genres": "4 of them in 2 families, the largest first.",
    "trends": "Growth and decline",
    "quality": "Against the release before",
    "genres": "No genre models have been trained",
    "for-you": "No recommender is served yet",
    "monitoring": "No ratings are kept up here",
    "film": "The address names no film.",
    "micro-genre": "The address names no micro-genre.",
}


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_is_shown(app: Any, page: str) -> None:
    assert HEADINGS[page] in drawn(opened(app, page)).split("\n")


def films_of(catalogue: Catalogue, title: str) -> dict[str, Any]:
    """The film with that title."""
    return next(row for row in catalogue.films(limit=99).rows if row["title"] == title)


@pytest.mark.parametrize("title", TITLES)
def test_a_film_is_shown_to_the_letter_whatever_its_title(
    app: Any, catalogue: Catalogue, title: str
) -> None:
    film = films_of(catalogue, title)
    text = drawn(opened(app, "film", id=film["movie_id"]))
    assert title in text.split("\n")
    assert film["overview"] in text
    assert film["micro_genre_name"] in text
    assert f"{film['similarity']:.2f}" in text
    near = catalogue.similar(film["movie_id"], 1)[0]
    assert near["title"] in text
    assert not app.get("html") and not any(part.allow_html for part in app.markdown)


def test_a_micro_genre_tells_its_keywords_siblings_and_films(
    app: Any, catalogue: Catalogue
) -> None:
    genre = catalogue.micro_genres()[0]
    text = drawn(opened(app, "micro-genre", id=genre["micro_genre_id"]))
    assert genre["micro_genre_name"] in text.split("\n")
    assert all(word in text for word in genre["keywords"])
    assert catalogue.siblings(genre["cluster"])[0]["micro_genre_name"] in text
    for film in catalogue.films(Filters(micro_genres=(genre["cluster"],)), limit=99).rows[:5]:
        assert str(film["title"]) in text


@pytest.mark.parametrize(("page", "said"), [("film", "No such film"), ("micro-genre", "No such")])
@pytest.mark.parametrize("wanted", ["", "<b>nowhere</b>"])
def test_an_address_that_names_nothing_leads_on(
    app: Any, page: str, said: str, wanted: str
) -> None:
    text = drawn(opened(app, page, id=wanted))
    assert said in text and wanted in text
    assert "Go on with" in text


def test_filters_come_from_the_address_and_combine(app: Any, catalogue: Catalogue) -> None:
    family = catalogue.families()[0]["family_name"]
    asked = Filters(families=(family,), genres=("Drama",), year_from=1965, year_to=1990)
    wanted = catalogue.films(asked, limit=99)
    text = drawn(
        opened(app, "films", family=family, genre="Drama", year=["1965", "1990"], sort="title")
    )
    assert 0 < wanted.total < 40
    assert f"{wanted.total} films" in text
    assert all(str(row["title"]) in text for row in wanted.rows[:24])
    assert "Clear all" in text and "1965 \u2013 1990" in text


def test_a_filter_set_on_the_page_goes_into_the_address_and_back_to_the_first_page(
    app: Any, catalogue: Catalogue
) -> None:
    opened(app, "films", page="2")
    assert app.pagination(key="page").value == 2
    app.multiselect(key="genre").set_value(["Drama"]).run()
    wanted = catalogue.films(Filters(genres=("Drama",)), limit=1)
    assert f"{wanted.total} films" in drawn(app)
    assert str(wanted.rows[0]["title"]) in drawn(app)  # the first of them: page 1
    app.text_input(key="q").set_value("no such words at all").run()
    text = drawn(app)
    assert "No film fits" in text and "Search by meaning" in text


def test_words_are_searched_as_they_are_written(app: Any) -> None:
    text = drawn(opened(app, "films", q="<script>alert(1)"))
    assert "1 film" in text and "<script>alert(1)</script>" in text


def test_growth_counts_films_before_and_since_the_chosen_year(
    app: Any, catalogue: Catalogue
) -> None:
    opened(app, "trends", since="1985")
    changed = catalogue.trends.growth((1960, 1984), (1985, 1999))
    row = max(changed, key=lambda row: row["after"])
    text = drawn(app).split("\n")
    at = text.index(row["name"])
    assert text[at + 2 : at + 4] == [str(row["before"]), str(row["after"])]


def test_growth_over_releases_is_shown_once_there_are_two(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    for name, month in (("before", "01"), ("now", "02"), ("later", "03")):
        folder = shutil.copytree(release, tmp_path / "releases" / name)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest |= {"release_id": name, "created_at": f"2026-{month}-01T00:00:00+00:00"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
    genres = pq.read_table(release / "micro_genres.parquet")
    films = [n - 3 if place == 0 else n for place, n in enumerate(genres["films"].to_pylist())]
    at = genres.schema.get_field_index("films")
    fewer = genres.set_column(at, genres.schema.field(at), pa.array(films, pa.int32()))
    pq.write_table(fewer, tmp_path / "releases" / "before" / "micro_genres.parquet")
    (tmp_path / "latest").write_text("now\n")

    text = drawn(opened(AppTest.from_file(str(APP), default_timeout=60), "trends")).split("\n")
    at = text.index("Gained most films")
    row = text.index(genres["micro_genre_name"][0].as_py(), at)
    assert text[row + 1 : row + 4] == ["+3", str(films[0]), str(films[0] + 3)]
    assert "2026-02-01" in text and "2026-03-01" not in text  # no release is later than the shown
    assert "Lost most films" not in text
    assert growth_over_releases(tmp_path / "releases" / "before", 5) == ([], [])
    assert growth_over_releases(release, 5) == ([], [])


def test_without_a_release_the_page_says_which_command_makes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert "There is no release to show yet" in drawn(app)
    assert (
        f"microgenres mine --source sample --profile sample --out {tmp_path}" in app.code[0].value
    )


def test_a_new_release_is_shown_from_the_next_run_on(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "releases" / "served-1"
    shutil.copytree(release, first)
    (tmp_path / "latest").write_text("served-1\n")
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "Release served-1" in drawn(app)
    second = shutil.copytree(first, tmp_path / "releases" / "served-2")
    manifest = json.loads((second / "manifest.json").read_text()) | {"release_id": "served-2"}
    (second / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "latest").write_text("served-2\n")
    assert "Release served-2" in drawn(app.run())
    (second / "movies.parquet").write_bytes(b"damaged")
    shutil.copytree(second, tmp_path / "releases" / "served-3")
    (tmp_path / "latest").write_text("served-3\n")
    app.run()
    assert not app.exception
    assert "movies.parquet" in app.text[0].value  # which file, and what to do
