"""A release is found and read lazily; lookups work; errors name the damaged file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.release.lookup import NotInReleaseError, Release, find_release
from pipeline.schemas import mining as tables
from pipeline.storage.verify import verify_release
from tests.support.tiny_release import DIM, FILMS, REPORT, build_release


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("out")
    build_release(root)
    return root


@pytest.fixture(scope="module")
def release(out: Path) -> Release:
    return Release(find_release(out))


def rewrite(folder: Path, **change: Any) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_the_fixture_verifies(release: Release) -> None:
    assert verify_release(release.path)["release_id"] == "tiny-1"


def test_find_release_by_folder_latest_and_id(out: Path) -> None:
    folder = out / "releases" / "tiny-1"
    assert find_release(out) == find_release(folder) == find_release(out, "tiny-1") == folder
    assert Release(folder).id == "tiny-1"


def test_error_names_a_missing_release(out: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"mine --out .*nowhere"):
        find_release(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists(), "find_release created a folder"
    with pytest.raises(ReleaseError, match=r"'r9'.*\['tiny-1'\]"):
        find_release(out, "r9")
    with pytest.raises(ReleaseError, match="release id"):
        find_release(out, "../out")


@pytest.mark.parametrize("version", [2, 0, None, "1", True, [1]])
def test_another_schema_version_is_refused(tmp_path: Path, version: Any) -> None:
    build_release(tmp_path, schema_version=version)
    with pytest.raises(ReleaseError, match="schema_version"):
        Release(find_release(tmp_path))


def test_tables_have_their_schemas(release: Release) -> None:
    assert release.movies.schema == tables.RELEASED_MOVIES
    assert release.movies is release.movies, "read twice"
    assert release.movies["movie_id"].to_pylist() == [film[0] for film in FILMS]
    assert release.micro_genres.schema == tables.MICRO_GENRES
    assert release.families.schema == tables.FAMILIES
    assert release.neighbours.schema == tables.NEIGHBOURS
    assert release.rejects.num_rows == 1
    assert release.embeddings.schema == tables.EMBEDDINGS(DIM)
    assert release.centroids.schema == tables.CENTROIDS(DIM)
    assert release.report.to_dict() == REPORT
    assert release.counts == {"rows_in": 10, "released": 9, "rejected": 1}
    assert release.file("report.html").is_file()


def test_tables_are_read_at_first_use(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    (folder / "movies.parquet").unlink()
    release = Release(folder)
    assert release.micro_genres.num_rows == 3
    with pytest.raises(CorruptFileError, match=r"movies\.parquet.*missing"):
        _ = release.movies


def test_errors_name_the_damaged_file(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    with (folder / "movies.parquet").open("ab") as handle:
        handle.write(b"x")
    with pytest.raises(CorruptFileError, match=r"movies\.parquet.*bytes"):
        _ = Release(folder).movies
    size = (folder / "families.parquet").stat().st_size
    (folder / "families.parquet").write_bytes(b"?" * size)
    with pytest.raises(CorruptFileError, match=r"families\.parquet: cannot be read"):
        _ = Release(folder).families
    (folder / "embeddings.parquet").write_bytes(b"?")
    with pytest.raises(CorruptFileError, match=r"embeddings\.parquet: cannot be read"):
        _ = Release(folder).embeddings
    (folder / "report.json").write_text("[]")
    with pytest.raises(CorruptFileError, match=r"report\.json"):
        _ = Release(folder).report
    with pytest.raises(ReleaseError, match=r"no nothing\.parquet"):
        Release(folder).file("nothing.parquet")


def test_a_table_of_another_schema_is_refused(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    path = folder / "micro_genres.parquet"
    pq.write_table(Release(folder).micro_genres.drop_columns(["films"]), path)
    files = json.loads((folder / "manifest.json").read_text())["files"]
    files[path.name]["bytes"] = path.stat().st_size
    rewrite(folder, files=files)
    with pytest.raises(ReleaseError, match=r"missing columns \['films'\]"):
        _ = Release(folder).micro_genres


@pytest.mark.parametrize(
    ("text", "movie_id"),
    [
        ("8", "8"),
        ("The Hunt for Red October (1990)", "8"),
        ("hunt for red october", "8"),
        ("[rec]", "1250"),
        ("Halloween (2018)", "5"),
        ("300", "300"),  # an id wins over a title
        ("300 (2007)", "7"),
        ("千と千尋の神隠し (2001)", "9"),
        ("amélie", "6"),
        ("Amelie", "x1"),
    ],
)
def test_find_film(release: Release, text: str, movie_id: str) -> None:
    assert release.find_film(text)["movie_id"] == movie_id


def test_error_lists_all_films_with_the_title(release: Release) -> None:
    with pytest.raises(NotInReleaseError) as raised:
        release.find_film("halloween")
    assert "Halloween (1978) with the id 2007" in str(raised.value)
    assert "Halloween (2018) with the id 5" in str(raised.value)
    assert raised.value.suggestions == ("2007", "5")


def test_similar_title_is_suggested(release: Release) -> None:
    with pytest.raises(NotInReleaseError, match="did you mean The Hunt for Red October") as raised:
        release.find_film("hunt red oktober")
    assert raised.value.suggestions == ("The Hunt for Red October (1990)",)
    with pytest.raises(NotInReleaseError) as raised:
        release.find_film("qqqq")
    assert raised.value.suggestions == ()
    assert "mean" not in str(raised.value)


def test_similar_films_are_sorted_by_rank(release: Release) -> None:
    near = release.similar("300")
    assert [(film["rank"], film["movie_id"]) for film in near] == [(1, "8"), (2, "2007"), (3, "7")]
    assert near[0]["title"] == "The Hunt for Red October"
    assert near[0]["similarity"] == pytest.approx(0.9)
    assert [film["rank"] for film in release.similar("300", 1)] == [1]
    assert release.similar("9") == []
    with pytest.raises(NotInReleaseError, match="'nobody'"):
        release.similar("nobody")


@pytest.mark.parametrize(
    "text", [1, "1", "mg-slash", "Small-Town [Slasher] Horror", "small town slasher horror"]
)
def test_find_micro_genre(release: Release, text: str | int) -> None:
    assert release.find_micro_genre(text)["cluster"] == 1


@pytest.mark.parametrize("text", ["slashr", "masked killer", "small town slasher horor"])
def test_a_micro_genre_is_suggested_by_name_and_keyword(release: Release, text: str) -> None:
    with pytest.raises(NotInReleaseError) as raised:
        release.find_micro_genre(text)
    assert raised.value.suggestions == ("Small-Town [Slasher] Horror",)


def test_error_of_an_unknown_cluster_gives_the_valid_range(release: Release) -> None:
    with pytest.raises(NotInReleaseError, match="0 to 2"):
        release.find_micro_genre(3)


def test_films_of_a_micro_genre_start_with_the_most_typical(release: Release) -> None:
    assert [film["movie_id"] for film in release.films_of(1)] == ["2007", "1250", "5"]
    assert [film["movie_id"] for film in release.films_of(1, 2)] == ["2007", "1250"]
    assert release.films_of(9) == []
