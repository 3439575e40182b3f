"""Check a release folder against its manifest: every checksum and every count. Reads only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import CorruptFileError, ReleaseError
from pipeline.fileio.manifest import checked_path, file_sha256

__all__ = ["MANIFEST", "checksums", "listed_files", "read_release_manifest", "verify_release"]

MANIFEST = "manifest.json"
_COUNTS = ("rows_in", "released", "rejected")


def listed_files(folder: Path) -> list[str]:
    """Return the paths of all files and links below `folder`: relative, POSIX, sorted."""
    paths = []
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        paths += [Path(parent, name).relative_to(folder).as_posix() for name in names + links]
    return sorted(paths)


def read_release_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of the release in the folder `path`.

    Only its key `files` is checked: it is an object.

    Raises
    ------
    ReleaseError
        If the manifest is missing, not JSON, or has no `files`.
    """
    name = Path(path) / MANIFEST
    try:
        manifest = json.loads(name.read_bytes())
    except FileNotFoundError as error:
        raise ReleaseError(f"{path} is not a release: it has no {MANIFEST}") from error
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{name} cannot be read: {error}; publish the release again") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ReleaseError(f"{name} lists no `files`; publish the release again")
    return manifest


def checksums(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 (hex) of the tables and indexes of a release, by file name.

    Files that contain the time of the run are left out, so that the result is equal for two
    releases with the same content.
    """
    compared = (".parquet", ".faiss")
    return {n: entry["sha256"] for n, entry in manifest["files"].items() if n.endswith(compared)}


def verify_release(path: Path) -> dict[str, Any]:
    """Check a release and return its manifest.

    Every file has the size, checksum and number of rows of the manifest. There is no other file,
    and no path leaves the folder. In `counts`, rows_in = released + rejected, released = rows of
    movies.parquet, rejected = rows of rejects.parquet. In movies.parquet, movie_id is unique and
    never null.

    Raises
    ------
    ReleaseError
        If anything is wrong; the message lists every problem.
    """
    path = Path(path)
    manifest = read_release_manifest(path)
    problems: list[str] = []
    sound: set[str] = set()
    for name, entry in sorted(manifest["files"].items()):
        problem = _file_problem(path, name, entry)
        if problem:
            problems.append(f"{name}: {problem}")
        else:
            sound.add(name)
    known = {*manifest["files"], MANIFEST}
    problems += [
        f"{name}: is not in the manifest" for name in listed_files(path) if name not in known
    ]
    problems += _count_problems(path, manifest, sound)
    if problems:
        listing = "\n".join(f"- {problem}" for problem in problems)
        raise ReleaseError(f"release {path} is damaged; publish it again or restore it:\n{listing}")
    return manifest


def _file_problem(folder: Path, name: str, entry: Any) -> str | None:
    try:
        file = checked_path(folder, name)
    except CorruptFileError:
        return "lies outside the folder of the release, refused"
    if not isinstance(entry, Mapping) or not {"sha256", "bytes"} <= entry.keys():
        return "has no sha256 and bytes in the manifest"
    try:
        return _content_problem(folder, file, entry)
    except FileNotFoundError:
        return "is missing"
    except (OSError, pa.ArrowException) as error:
        return f"cannot be read: {error}"


def _content_problem(folder: Path, file: Path, entry: Mapping[str, Any]) -> str | None:
    # The target of a link is outside the release and may change.
    if file.resolve(strict=True) != folder.resolve().joinpath(file.relative_to(folder)):
        return "is a link, or is below one, refused"
    size = file.stat().st_size
    if size != entry["bytes"]:
        return f"was altered: {size} bytes, the manifest says {entry['bytes']}"
    if file_sha256(file) != entry["sha256"]:
        return "was altered: its SHA-256 is not the manifest's"
    if "rows" in entry:
        rows = pq.read_metadata(file).num_rows
        if rows != entry["rows"]:
            return f"has {rows} rows, the manifest says {entry['rows']}"
    return None


def _count_problems(folder: Path, manifest: Mapping[str, Any], sound: set[str]) -> list[str]:
    counts = manifest.get("counts")
    if not isinstance(counts, dict) or any(type(counts.get(name)) is not int for name in _COUNTS):
        return [f"{MANIFEST}: `counts` must have the whole numbers {', '.join(_COUNTS)}"]
    rows_in, released, rejected = (counts[name] for name in _COUNTS)
    problems = []
    if rows_in != released + rejected:
        problems.append(
            f"counts: rows_in {rows_in} is not released {released} + rejected {rejected}"
        )
    for name, count, title in (
        ("movies.parquet", released, "released"),
        ("rejects.parquet", rejected, "rejected"),
    ):
        if name not in manifest["files"]:
            problems.append(f"{name}: is missing from the manifest")
        elif name in sound:
            rows = pq.read_metadata(folder / name).num_rows
            if rows != count:
                problems.append(f"counts: {title} {count}, but {name} has {rows} rows")
    if "movies.parquet" in sound:
        problems += _id_problems(folder / "movies.parquet")
    return problems


def _id_problems(movies: Path) -> list[str]:
    parquet = pq.ParquetFile(movies)
    if "movie_id" not in parquet.schema_arrow.names:
        return ["movies.parquet: has no column movie_id"]
    ids = parquet.read(columns=["movie_id"]).column("movie_id")
    problems = []
    if ids.null_count:
        problems.append(f"movies.parquet: {ids.null_count} rows have no movie_id")
    counted = pc.value_counts(ids.drop_null())
    twice = counted.filter(pc.greater(counted.field("counts"), 1)).field("values").to_pylist()
    if twice:
        problems.append(
            f"movies.parquet: {len(twice)} duplicate movie_id, such as {sorted(twice)[:3]}"
        )
    return problems
