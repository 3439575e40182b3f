"""A manifest is read and checked, whatever an older version left out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.release.reader import ReleasedTables, read_manifest
from pipeline.storage.verify import verify_release
from tests.support.earlier_release import LATER, drop_later_columns
from tests.support.tiny_release import build_release


def rewrite(folder: Path, name: str, **change: Any) -> None:
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_a_manifest_without_optional_fields_has_defaults(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    manifest = read_manifest(folder)
    assert (manifest.kind, manifest.parent, manifest.generation) == ("mined", None, 0)
    assert (manifest.settings, manifest.model.revision, manifest.sources) == ({}, None, [])
    assert manifest.counts.released == 9
    assert manifest.files["movies.parquet"].rows == 9


def test_a_manifest_without_an_id_is_named_by_its_folder(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    path = folder / "manifest.json"
    values = json.loads(path.read_text())
    del values["release_id"]
    path.write_text(json.dumps(values))
    assert ReleasedTables(folder).id == "tiny-1"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counts": {"rows_in": "many"}}, "counts.rows_in"),
        ({"files": {"movies.parquet": {"bytes": 7}}}, "files.movies.parquet.sha256"),
        ({"settings": None}, "settings"),
    ],
)
def test_an_invalid_manifest_is_rejected(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    folder = build_release(tmp_path)
    rewrite(folder, "manifest.json", **change)
    with pytest.raises(ReleaseError) as raised:
        read_manifest(folder)
    assert message in str(raised.value) and "manifest.json" in str(raised.value)


def test_columns_that_an_earlier_version_lacks_are_empty(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    now = ReleasedTables(folder)
    rows = {name: getattr(now, name).to_pylist() for name in LATER}
    drop_later_columns(folder)
    verify_release(folder)
    earlier = ReleasedTables(folder)
    for name, columns in LATER.items():
        table = getattr(earlier, name)
        assert table.schema == getattr(now, name).schema
        for before, after in zip(rows[name], table.to_pylist(), strict=True):
            later = {column: after.pop(column) for column in columns}
            assert after == {n: value for n, value in before.items() if n not in later}
            assert not any(later.values())
    first = earlier.micro_genres.to_pylist()[0]
    assert (first["alternatives"], first["thin"], first["name_truth"]) == ([], False, None)
    assert earlier.movies["name_true"].null_count == len(earlier.movies)


def test_an_invalid_report_is_rejected(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    rewrite(folder, "report.json", clusters={"inertia": "high"})
    with pytest.raises(CorruptFileError, match=r"report\.json: clusters\.inertia"):
        _ = ReleasedTables(folder).report


def test_parts_of_a_table_have_its_rows_and_the_columns_of_the_schema(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    drop_later_columns(folder)
    whole = ReleasedTables(folder).movies
    parts = ReleasedTables(folder).parts("movies", whole.schema)
    assert parts.num_rows == len(whole)
    assert pa.concat_tables(parts).equals(whole)
    some = pa.schema([whole.schema.field(name) for name in ("name_true", "movie_id")])
    found = pa.concat_tables(ReleasedTables(folder).parts("movies", some))
    assert found.equals(whole.select(["name_true", "movie_id"]).cast(some))
    loaded = ReleasedTables(folder)
    assert pa.concat_tables(loaded.parts("movies", some)).equals(found)
    ids = whole["movie_id"].combine_chunks().take(pa.array([5, 2]))
    assert loaded.films(ids)["movie_id"].to_pylist() == sorted(ids.to_pylist())


def test_parts_of_a_damaged_table_are_an_error(tmp_path: Path) -> None:
    folder = build_release(tmp_path)
    release = ReleasedTables(folder)
    schema = pa.schema([("title", pa.int32())])
    with pytest.raises(ReleaseError, match="title"):
        list(release.parts("movies", schema))
    with open(folder / "movies.parquet", "ab") as file:
        file.write(b"more")
    with pytest.raises(CorruptFileError, match="bytes"):
        release.parts("movies", schema)
