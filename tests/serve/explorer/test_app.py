"""Each page of the explorer shows the data of the release, or says why it cannot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit import file_util
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from pipeline.schemas.lineage import LINEAGE
from serve.catalogue.catalogue import Catalogue, Filters
from serve.explorer.release_history import growth_over_releases, read_name_changes
from serve.explorer.resources import OUT, RELEASE
from serve.explorer.routing import PAGES
from tests.support.served_release import TITLES

APP = Path(__file__).parents[3] / "serve" / "explorer" / "app.py"


@pytest.fixture
def app(release: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(RELEASE, str(release))
    return AppTest.from_file(str(APP), default_timeout=60)


def shown_text(app: Any) -> str:
    """Return the text of all our own elements of a page, one text per line."""
    protos = [element.proto for element in app.get("bidi_component")]
    return "\n".join(_texts(proto) for proto in protos)


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


def open_page(app: Any, page: str, /, **query: str | list[str]) -> Any:
    """Run a page with query parameters; return the app, which must have no exception."""
    app.run()  # registers the pages, so that a switch finds them
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(f"views/{PAGES[page].script}").run()
    assert not app.exception, app.exception
    return app


HEADINGS = {
    "home": "Films grouped by their stories",
    "overview": "Families and micro-genres",
    "map": "Every dot is a film. Films with similar stories are close together.",
    "films": "40 films",
    "micro-genres": "4 micro-genres in 2 families, largest first.",
    "trends": "Growth and decline",
    "quality": "Comparison with the previous release",
    "genres": "There are no genre models yet",
    "for-you": "There is no recommender yet",
    "monitoring": "There is no recommender to monitor yet",
    "film": "The address names no film.",
    "micro-genre": "The address names no micro-genre.",
}


def test_streamlit_finds_our_settings_and_no_pages_of_its_own() -> None:
    """A folder `pages` beside app.py would be served without app.py to the first visitor."""
    assert Path(file_util.get_main_script_streamlit_file_path(str(APP), "config.toml")).is_file()
    assert not (APP.parent / "pages").exists()
    PagesManager.uses_pages_directory = None  # as in a new process
    PagesManager(str(APP))
    assert PagesManager.uses_pages_directory is False


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_is_shown(app: Any, page: str) -> None:
    assert HEADINGS[page] in shown_text(open_page(app, page)).split("\n")


def film_of(catalogue: Catalogue, title: str) -> dict[str, Any]:
    """Return the film with a title."""
    return next(row for row in catalogue.films(limit=99).rows if row["title"] == title)


@pytest.mark.parametrize("title", TITLES)
def test_a_film_with_a_title_of_any_characters_is_shown_unchanged(
    app: Any, catalogue: Catalogue, title: str
) -> None:
    film = film_of(catalogue, title)
    text = shown_text(open_page(app, "film", id=film["movie_id"]))
    assert title in text.split("\n")
    assert film["overview"] in text
    assert film["micro_genre_name"] in text
    assert f"{film['similarity']:.2f}" in text
    near = catalogue.similar(film["movie_id"], 1)[0]
    assert near["title"] in text
    assert not app.get("html") and not any(part.allow_html for part in app.markdown)


def test_a_micro_genre_shows_its_keywords_siblings_and_films(
    app: Any, catalogue: Catalogue
) -> None:
    genre = catalogue.micro_genres()[0]
    text = shown_text(open_page(app, "micro-genre", id=genre["micro_genre_id"]))
    assert genre["micro_genre_name"] in text.split("\n")
    assert all(word in text for word in genre["keywords"])
    assert catalogue.siblings(genre["cluster"])[0]["micro_genre_name"] in text
    for film in catalogue.films(Filters(micro_genres=(genre["cluster"],)), limit=99).rows[:5]:
        assert str(film["title"]) in text


def test_a_name_is_shown_with_its_description_alternatives_and_truth(
    app: Any, catalogue: Catalogue
) -> None:
    genre = catalogue.micro_genre(0)
    text = shown_text(open_page(app, "micro-genre", id=genre["micro_genre_id"]))
    assert genre["description"] in text
    assert f"Other names: {'; '.join(genre['alternatives'])}" in text
    assert (
        "By their metadata, the whole name is true of 50\u202f% of its films, the subject of "
        "75\u202f%, the genre of 100\u202f%."
    ) in text


def test_a_film_says_whether_the_name_is_true_of_it(app: Any, catalogue: Catalogue) -> None:
    films = catalogue.films(Filters(micro_genres=(0,)), limit=99).rows
    expected = {True: "Each part of its name is true", False: "Some part of its name is not"}
    for true, words in expected.items():
        film = next(film for film in films if film["name_true"] is true)
        text = shown_text(open_page(app, "film", id=film["movie_id"]))
        assert words in text and str(catalogue.micro_genre(0)["description"]) in text


def test_the_truth_of_names_is_a_figure_of_the_quality_page(app: Any) -> None:
    text = shown_text(open_page(app, "quality"))
    assert "films with a true name\n50\u202f%" in text
    assert "Films with a true subject" in text
    assert "Films with a true adjective" not in text, "it was not measured"


@pytest.mark.parametrize("page", ["micro-genre", "film", "quality", "micro-genres", "overview"])
def test_a_release_of_an_earlier_version_is_shown(
    earlier_release: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setenv(RELEASE, str(earlier_release))
    app = AppTest.from_file(str(APP), default_timeout=60)
    query = {"micro-genre": {"id": "0"}, "film": {"id": "m0000"}}.get(page, {})
    text = shown_text(open_page(app, page, **query))
    assert "None" not in text.split("\n")
    for words in ("Other names", "whole name", "true name", "not measured"):
        assert words not in text


@pytest.mark.parametrize(
    ("page", "message"), [("film", "No such film"), ("micro-genre", "No such")]
)
@pytest.mark.parametrize("unknown_id", ["", "<b>nowhere</b>"])
def test_an_unknown_id_shows_links_to_other_pages(
    app: Any, page: str, message: str, unknown_id: str
) -> None:
    text = shown_text(open_page(app, page, id=unknown_id))
    assert message in text and unknown_id in text
    assert "Continue with" in text


def test_filters_of_the_address_are_applied_together(app: Any, catalogue: Catalogue) -> None:
    family = catalogue.families()[0]["family_name"]
    filters = Filters(families=(family,), genres=("Drama",), year_from=1965, year_to=1990)
    wanted = catalogue.films(filters, limit=99)
    text = shown_text(
        open_page(app, "films", family=family, genre="Drama", year=["1965", "1990"], sort="title")
    )
    assert 0 < wanted.total < 40
    assert f"{wanted.total} films" in text
    assert all(str(row["title"]) in text for row in wanted.rows[:24])
    assert "Clear all" in text and "1965 \u2013 1990" in text


def test_a_new_filter_returns_to_the_first_page(app: Any, catalogue: Catalogue) -> None:
    open_page(app, "films", page="2")
    assert app.pagination(key="page").value == 2
    app.multiselect(key="genre").set_value(["Drama"]).run()
    wanted = catalogue.films(Filters(genres=("Drama",)), limit=1)
    assert f"{wanted.total} films" in shown_text(app)
    assert str(wanted.rows[0]["title"]) in shown_text(app)  # the first of them: page 1
    app.text_input(key="q").set_value("no such words at all").run()
    text = shown_text(app)
    assert "No film matches" in text and "Search by meaning" in text


def test_markup_in_a_query_is_plain_text(app: Any) -> None:
    text = shown_text(open_page(app, "films", q="<script>alert(1)"))
    assert "1 film" in text and "<script>alert(1)</script>" in text


def test_growth_compares_films_before_and_since_the_chosen_year(
    app: Any, catalogue: Catalogue
) -> None:
    open_page(app, "trends", since="1985")
    growth = catalogue.trends.growth((1960, 1984), (1985, 1999))
    row = max(growth, key=lambda row: row["after"])
    text = shown_text(app).split("\n")
    at = text.index(row["name"])
    assert text[at + 2 : at + 4] == [str(row["before"]), str(row["after"])]


def test_changes_between_releases_are_shown_for_two_or_more(
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

    text = shown_text(open_page(AppTest.from_file(str(APP), default_timeout=60), "trends")).split(
        "\n"
    )
    at = text.index("Largest gains")
    row = text.index(genres["micro_genre_name"][0].as_py(), at)
    assert text[row + 1 : row + 4] == ["+3", str(films[0]), str(films[0] + 3)]
    assert "2026-02-01" in text and "2026-03-01" not in text  # later than the release shown
    assert "Largest losses" not in text
    assert growth_over_releases(tmp_path / "releases" / "before", 5) == ([], [])
    assert growth_over_releases(release, 5) == ([], [])


def test_names_that_changed_are_those_of_the_lineage(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    events = [
        {"generation": 1, "event": "renamed", "previous_name": "Deep <Sea> Drama"},
        {"generation": 1, "event": "kept", "previous_name": "Kept Before"},
        {"generation": 0, "event": "gone", "previous_name": "Gone Before"},
    ]
    ids = {"micro_genre_id": "submarine-thrillers", "micro_genre_name": "Submarine Thrillers"}
    for name, month in (("before", "01"), ("now", "02")):
        folder = shutil.copytree(release, tmp_path / "releases" / name)
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest |= {"release_id": name, "created_at": f"2026-{month}-01T00:00:00+00:00"}
        if name == "now":
            table = folder / "lineage.parquet"
            pq.write_table(pa.Table.from_pylist([e | ids for e in events], LINEAGE), table)
            entry = {"bytes": table.stat().st_size, "sha256": "0" * 64}
            manifest["files"][table.name] = entry
            manifest["generation"] = 1
        path.write_text(json.dumps(manifest))
    (tmp_path / "latest").write_text("now\n")
    text = shown_text(open_page(AppTest.from_file(str(APP), default_timeout=60), "quality"))
    lines = text.split("\n")
    row = lines.index("Deep <Sea> Drama")
    assert lines[row - 1] == "Submarine Thrillers"
    assert "Kept Before" not in text and "Gone Before" not in text
    assert read_name_changes(release) == []


def test_without_a_release_the_page_names_the_command_that_creates_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert "There is no release to show yet" in shown_text(app)
    assert (
        f"microgenres mine --source sample --profile sample --out {tmp_path}" in app.code[0].value
    )


def test_a_new_release_is_shown_after_the_next_click(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "releases" / "served-1"
    shutil.copytree(release, first)
    (tmp_path / "latest").write_text("served-1\n")
    monkeypatch.delenv(RELEASE, raising=False)
    monkeypatch.setenv(OUT, str(tmp_path))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert "Release served-1" in shown_text(app)
    second = shutil.copytree(first, tmp_path / "releases" / "served-2")
    manifest = json.loads((second / "manifest.json").read_text()) | {"release_id": "served-2"}
    (second / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "latest").write_text("served-2\n")
    assert "Release served-2" in shown_text(app.run())
    (second / "movies.parquet").write_bytes(b"damaged")
    shutil.copytree(second, tmp_path / "releases" / "served-3")
    (tmp_path / "latest").write_text("served-3\n")
    app.run()
    assert not app.exception
    assert "movies.parquet" in app.text[0].value  # which file, and what to do
