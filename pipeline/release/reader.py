"""The tables and files of one release, each loaded and checked when it is first asked for.

Reads only. `verify` checks bytes; this room trusts them, and checks sizes and schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from pipeline.errors import CorruptFileError, ReleaseError, TableError
from pipeline.fileio.manifest import checked_path
from pipeline.schemas import mining as tables
from pipeline.storage.verify import read_release_manifest

__all__ = ["SCHEMA_VERSIONS", "ReleasedTables", "Section", "mined_with"]

SCHEMA_VERSIONS = frozenset({1})  # the layouts of a release that this code can read


class ReleasedTables:
    """One release; its properties are tables of the schemas in `tables`, loaded once.

    Parameters
    ----------
    path : the folder of the release.

    Raises
    ------
    ReleaseError
        when there is no manifest, or its `schema_version` is unknown; a property raises it for
        a table of another schema, and `CorruptFileError` for a file missing or of another size.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()
        self.manifest: dict[str, Any] = read_release_manifest(self.path)
        version = self.manifest.get("schema_version")
        if type(version) is not int or version not in SCHEMA_VERSIONS:
            raise ReleaseError(
                f"release {self.path} has schema_version {version!r}, this version of microgenres "
                f"reads {sorted(SCHEMA_VERSIONS)}: mine again, or use the version that made it"
            )
        self.id = str(self.manifest.get("release_id", self.path.name))

    @property
    def counts(self) -> dict[str, int]:
        """`rows_in`, `released`, `rejected` and what else the run counted."""
        return dict(self.manifest.get("counts", {}))

    def mined_with(self, section: str, kind: type[Section]) -> Section:
        """One section of the settings that it was mined with; ReleaseError where there is none."""
        return mined_with(self.path, self.manifest, section, kind)

    @cached_property
    def movies(self) -> pa.Table:
        """`tables.RELEASED_MOVIES`, sorted by movie_id."""
        return self.table("movies", tables.RELEASED_MOVIES)

    @cached_property
    def micro_genres(self) -> pa.Table:
        """`tables.MICRO_GENRES`, sorted by cluster."""
        return self.table("micro_genres", tables.MICRO_GENRES)

    @cached_property
    def families(self) -> pa.Table:
        """`tables.FAMILIES`, sorted by family."""
        return self.table("families", tables.FAMILIES)

    @cached_property
    def neighbours(self) -> pa.Table:
        """`tables.NEIGHBOURS`, the nearest films of each film."""
        return self.table("neighbours", tables.NEIGHBOURS)

    @cached_property
    def rejects(self) -> pa.Table:
        """`tables.REJECTS`, the rows that did not come out, and why."""
        return self.table("rejects", tables.REJECTS)

    @cached_property
    def embeddings(self) -> pa.Table:
        """`tables.EMBEDDINGS`, one unit vector per film in the order of the index."""
        return self._vectors("embeddings", tables.EMBEDDINGS)

    @cached_property
    def centroids(self) -> pa.Table:
        """`tables.CENTROIDS`, one unit vector per cluster."""
        return self._vectors("centroids", lambda dim, _: tables.CENTROIDS(dim))

    @cached_property
    def report(self) -> dict[str, Any]:
        """The figures of the run, as in report.json."""
        path = self.file("report.json")
        try:
            report = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise CorruptFileError(f"{path} cannot be read: {error}; mine again") from error
        if not isinstance(report, dict):
            raise CorruptFileError(f"{path} holds no JSON object; mine again")
        return report

    def file(self, name: str) -> Path:
        """The path of one file of the release, such as "report.html" or "index.faiss".

        Raises
        ------
        ReleaseError
            when the manifest names no such file; CorruptFileError when it is not there.
        """
        if name not in self.manifest["files"]:
            raise ReleaseError(f"release {self.path} has no {name}: mine again")
        path = checked_path(self.path, name)
        if not path.is_file():
            raise CorruptFileError(f"{path}: the file is missing; restore it, or mine again")
        return path

    def any_table(self, name: str) -> pa.Table:
        """The table of that name with whatever columns it has."""
        return pq.ParquetFile(self.file(f"{name}.parquet")).read()

    def table(self, name: str, schema: pa.Schema) -> pa.Table:
        """The table of that name, checked against its schema; ReleaseError where there is none."""
        path = self.file(f"{name}.parquet")
        size, found = self.manifest["files"][path.name].get("bytes"), path.stat().st_size
        if found != size:
            raise CorruptFileError(
                f"{path}: {found} bytes, the manifest says {size}; restore it, or mine again"
            )
        try:
            # By its path, not as a Python file: Arrow's threads drop what they read from a Python
            # file after read() returns, and abort the process when it is ending just then.
            return tables.validate(pq.ParquetFile(path).read(), schema, name=name)
        except TableError as error:
            raise ReleaseError(f"release {self.path}: {error}; mine again") from error
        except (OSError, pa.ArrowException) as error:
            raise CorruptFileError(f"{path}: cannot be read: {error}; restore it") from error

    def _vectors(self, name: str, schema: Callable[[int, str], pa.Schema]) -> pa.Table:
        """A table whose vectors may be of any width and of either type, but all of one."""
        path = self.file(f"{name}.parquet")
        try:
            found = pq.read_schema(path)
        except (OSError, pa.ArrowException) as error:
            raise CorruptFileError(f"{path}: cannot be read: {error}; restore it") from error
        vector = found.field("vector").type if "vector" in found.names else None
        if vector is None or not pa.types.is_fixed_size_list(vector):
            raise ReleaseError(f"release {self.path}: table {name!r} holds no vectors; mine again")
        dtype = "float16" if vector.value_type == pa.float16() else "float32"
        return self.table(name, schema(vector.list_size, dtype))


Section = TypeVar("Section", bound=BaseModel)


def mined_with(
    release: Path, manifest: Mapping[str, Any], section: str, kind: type[Section]
) -> Section:
    """One section of the settings, say "embed"; what the manifest leaves out has its default.

    Raises
    ------
    ReleaseError
        when the manifest has no such section, or one that is no `kind`.
    """
    try:
        return kind.model_validate(manifest["settings"][section])
    except (KeyError, TypeError) as error:
        raise ReleaseError(
            f"release {release} lacks the settings of {section!r} in its manifest; mine again"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join([section, *map(str, first["loc"])])
        raise ReleaseError(
            f"release {release}: setting {name} = {first['input']!r} in its manifest: "
            f"{first['msg']}; mine again, or use the version that made it"
        ) from error
