"""Reads the documents, tables and files of one release, each at its first use.

`pipeline.storage.verify` checks the bytes of the files; this module checks sizes and schemas.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import ValidationError

from pipeline.errors import CorruptFileError, ReleaseError, TableError
from pipeline.fileio.external_sort import StreamedTable
from pipeline.fileio.manifest import checked_path
from pipeline.fileio.read_ahead import read_ahead
from pipeline.observability.memory import release_memory
from pipeline.schemas import mining as tables
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.report import Report
from pipeline.storage.verify import MANIFEST, read_release_manifest

__all__ = ["ReleasedTables", "read_manifest"]

_LARGE_BYTES = 2**23  # of a part after which unused memory is returned
_SCHEMA_VERSIONS = frozenset({1})  # layouts of a release that this code can read


def read_manifest(folder: Path) -> ReleaseManifest:
    """Return the manifest of the release in `folder`.

    Raises
    ------
    ReleaseError
        If the manifest is missing or invalid, or its `schema_version` is unknown.
    """
    values = read_release_manifest(folder)
    version = values.get("schema_version")
    if type(version) is not int or version not in _SCHEMA_VERSIONS:
        raise ReleaseError(
            f"release {folder} has schema_version {version!r}, this version of microgenres reads "
            f"{sorted(_SCHEMA_VERSIONS)}: mine again, or use the version that mined it"
        )
    try:
        return ReleaseManifest.model_validate({"release_id": folder.name} | values)
    except ValidationError as error:
        raise ReleaseError(
            f"{folder / MANIFEST}: {_first_problem(error)}; publish the release again"
        ) from error


class ReleasedTables:
    """One release. Its properties are its tables and documents, loaded once.

    Parameters
    ----------
    path : Path
        Folder of the release.

    Attributes
    ----------
    path : Path
        The folder as an absolute path.
    manifest : ReleaseManifest
        Content of manifest.json.
    id : str
        Id of the release.

    Raises
    ------
    ReleaseError
        If there is no valid manifest, or its `schema_version` is unknown. A property raises it if
        a table has another schema.
    CorruptFileError
        From a property, if a file is missing or has another size than the manifest says.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()
        self.manifest = read_manifest(self.path)
        self.id = self.manifest.release_id

    @property
    def counts(self) -> dict[str, int]:
        """Return `rows_in`, `released` and `rejected`."""
        return self.manifest.counts.to_dict()

    @cached_property
    def movies(self) -> pa.Table:
        """Return the films, `tables.RELEASED_MOVIES`, sorted by movie_id."""
        return self.table("movies", tables.RELEASED_MOVIES)

    @cached_property
    def micro_genres(self) -> pa.Table:
        """Return the micro-genres, `tables.MICRO_GENRES`, sorted by cluster."""
        return self.table("micro_genres", tables.MICRO_GENRES)

    @cached_property
    def families(self) -> pa.Table:
        """Return the families, `tables.FAMILIES`, sorted by family."""
        return self.table("families", tables.FAMILIES)

    @cached_property
    def neighbours(self) -> pa.Table:
        """Return the nearest films of each film, `tables.NEIGHBOURS`."""
        return self.table("neighbours", tables.NEIGHBOURS)

    @cached_property
    def rejects(self) -> pa.Table:
        """Return the rejected rows and their reasons, `tables.REJECTS`."""
        return self.table("rejects", tables.REJECTS)

    @cached_property
    def embeddings(self) -> pa.Table:
        """Return one unit vector per film, `tables.EMBEDDINGS`, in the order of the index."""
        return self._vectors("embeddings", tables.EMBEDDINGS)

    @cached_property
    def centroids(self) -> pa.Table:
        """Return one unit vector per cluster, `tables.CENTROIDS`."""
        return self._vectors("centroids", lambda dim, _: tables.CENTROIDS(dim))

    @cached_property
    def report(self) -> Report:
        """Return the figures of the run, report.json."""
        path = self.file("report.json")
        try:
            values = json.loads(path.read_bytes())
            return Report.model_validate(values)
        except ValidationError as error:
            raise CorruptFileError(f"{path}: {_first_problem(error)}; mine again") from error
        except (OSError, ValueError) as error:
            raise CorruptFileError(f"{path} cannot be read: {error}; mine again") from error

    def file(self, name: str) -> Path:
        """Return the path of one file of the release, such as "report.html" or "index.faiss".

        Raises
        ------
        ReleaseError
            If the manifest does not list the file.
        CorruptFileError
            If the file is missing.
        """
        if name not in self.manifest.files:
            raise ReleaseError(f"release {self.path} has no {name}: mine again")
        path = checked_path(self.path, name)
        if not path.is_file():
            raise CorruptFileError(f"{path}: the file is missing; restore it, or mine again")
        return path

    def any_table(self, name: str) -> pa.Table:
        """Return a table without a check of its schema."""
        return pq.ParquetFile(self.file(f"{name}.parquet")).read()

    def table(self, name: str, schema: pa.Schema) -> pa.Table:
        """Return a table of the given schema.

        Parameters
        ----------
        name : str
            File name without ".parquet".
        schema : pyarrow.Schema
            Columns and types that the table must have. Columns that releases of earlier versions
            lack are filled; see `tables.add_later_columns`.

        Returns
        -------
        pyarrow.Table
            All rows.

        Raises
        ------
        ReleaseError
            If the release does not have the table, or the table has another schema.
        CorruptFileError
            If the file is missing, has another size than the manifest says, or cannot be read.
        """
        path = self._sized(name)
        with self._readable(path):
            # Open the path, not a Python file: Arrow's threads may release a Python file after
            # read() returns, and abort the process if it exits at that moment.
            found = tables.add_later_columns(pq.ParquetFile(path).read(), schema)
            return tables.validate(found, schema, name=name)

    def parts(self, name: str, schema: pa.Schema) -> StreamedTable:
        """Return a table whose row groups are read one after the other, in each iteration.

        Parameters
        ----------
        name : str
            File name without ".parquet".
        schema : pyarrow.Schema
            The columns to read, in any order, of the types that they must have. As in `table`,
            columns that releases of earlier versions lack are filled.

        Returns
        -------
        StreamedTable
            Its parts are row groups; of a property that was loaded before, its rows.

        Raises
        ------
        ReleaseError, CorruptFileError
            As `table`, here and while iterating.
        """
        loaded = self.__dict__.get(name)
        if loaded is not None:
            return StreamedTable(schema, len(loaded), lambda: [loaded.select(schema.names)])
        path = self._sized(name)
        with self._readable(path):
            parquet = pq.ParquetFile(path)
            rows, known = parquet.metadata.num_rows, set(parquet.schema_arrow.names)
            several = parquet.num_row_groups > 1

        def read() -> Iterator[pa.Table]:
            with self._readable(path):
                groups = pq.ParquetFile(path)
                columns = [field for field in schema.names if field in known]
                for group in range(groups.num_row_groups):
                    part = groups.read_row_group(group, columns=columns)
                    part = tables.add_later_columns(part, schema)
                    large = part.nbytes > _LARGE_BYTES
                    yield tables.validate(part, schema, name=name).select(schema.names).cast(schema)
                    del part
                    if large:  # otherwise the allocators keep the memory of several parts
                        release_memory()

        return StreamedTable(schema, rows, lambda: read_ahead(read()) if several else read())

    def films(self, ids: pa.Array) -> pa.Table:
        """Return the films with the given ids, `tables.RELEASED_MOVIES`, sorted by movie_id."""
        parts = self.parts("movies", tables.RELEASED_MOVIES)
        found = [part.filter(pc.is_in(part["movie_id"], value_set=ids)) for part in parts]
        return pa.concat_tables(found).combine_chunks()

    @cached_property
    def embedding_schema(self) -> pa.Schema:
        """Return `tables.EMBEDDINGS` with the length and number type of the vectors."""
        return tables.EMBEDDINGS(*self._vector_kind("embeddings"))

    def _sized(self, name: str) -> Path:
        """Return the path of a table, whose size is checked."""
        path = self.file(f"{name}.parquet")
        expected, size = self.manifest.files[path.name].bytes, path.stat().st_size
        if size != expected:
            raise CorruptFileError(
                f"{path}: {size} bytes, the manifest says {expected}; restore it, or mine again"
            )
        return path

    @contextmanager
    def _readable(self, path: Path) -> Iterator[None]:
        """Raise an error that says what to do for a file of another schema, or a damaged one."""
        try:
            yield
        except TableError as error:
            raise ReleaseError(f"release {self.path}: {error}; mine again") from error
        except (OSError, pa.ArrowException) as error:
            raise CorruptFileError(f"{path}: cannot be read: {error}; restore it") from error

    def _vectors(self, name: str, schema: Callable[[int, str], pa.Schema]) -> pa.Table:
        """A table of vectors, whose length and number type are those of its file."""
        return self.table(name, schema(*self._vector_kind(name)))

    def _vector_kind(self, name: str) -> tuple[int, str]:
        """Return the length and the number type of the vectors of a table."""
        path = self.file(f"{name}.parquet")
        try:
            found = pq.read_schema(path)
        except (OSError, pa.ArrowException) as error:
            raise CorruptFileError(f"{path}: cannot be read: {error}; restore it") from error
        vector = found.field("vector").type if "vector" in found.names else None
        if vector is None or not pa.types.is_fixed_size_list(vector):
            raise ReleaseError(f"release {self.path}: table {name!r} has no vectors; mine again")
        return vector.list_size, "float16" if vector.value_type == pa.float16() else "float32"


def _first_problem(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else str(first["msg"])
