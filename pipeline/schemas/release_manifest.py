"""The manifest of a release, `manifest.json`: its files, its origin and the settings of its run."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from pipeline.errors import ReleaseError
from pipeline.schemas.document import Document, Number
from pipeline.schemas.reading_summary import ReadingSummary

__all__ = ["ReleaseCounts", "ReleaseManifest", "ReleasedFile", "ReleasedModel", "ShelfLimits"]

Section = TypeVar("Section", bound=BaseModel)


class ReleasedFile(Document):
    """One file of a release."""

    sha256: str
    """SHA-256 of the content, in hexadecimal."""
    bytes: int
    """Size of the file."""
    rows: int | None = None
    """Number of rows of a Parquet file."""


class ReleaseCounts(Document):
    """How many rows were read, and what became of them: rows_in = released + rejected."""

    rows_in: int = 0
    """Rows read from the sources."""
    released: int = 0
    """Rows of movies.parquet."""
    rejected: int = 0
    """Rows of rejects.parquet."""


class ReleasedModel(Document):
    """The model that encoded the texts."""

    name: str | None = None
    """Name or path in the settings."""
    revision: str | None = None
    """Hash of the weights and the tokenizer."""
    dim: int | None = None
    """Length of a vector."""
    dtype: str | None = None
    """Number type of the computation; also of updates of the release, `assign` and the API."""
    device: str | None = None
    """Device of the computation, `cpu` or `cuda`."""
    dtype_reason: str | None = None
    """Why this number type was used."""
    float32_gflops: Number | None = None
    """Speed of the model's products in float32 on the slowest worker, in GFLOP/s; null if nothing
    was measured, since `embed.dtype` is set or the workers have GPUs."""
    bfloat16_gflops: Number | None = None
    """The same in bfloat16."""


class ShelfLimits(Document):
    """How near a micro-genre takes a film that arrives after the mining, in cosine.

    They were measured on the films of the mining, which were moved by the same rule; see
    `pipeline.inference.shelf_rule`.
    """

    reach: Number
    """How much less near than the nearest micro-genre another one may be whose name is true."""
    near_enough: Number
    """Similarity from which a film belongs to a micro-genre though it says no subject of it."""
    untagged: Number
    """The same for a film without keywords, whose silence proves less."""


class ReleaseManifest(Document):
    """Content of `manifest.json`."""

    release_id: str
    """Identifies the content: one id always means the same tables."""
    schema_version: int
    """Version of the layout of a release."""
    kind: str = "mined"
    """`mined` or `updated`."""
    parent: str | None = None
    """Id of the release that this one follows, null for the first."""
    mined: str | None = None
    """For an update: id of the release whose clusters it uses."""
    generation: int = 0
    """Number of releases before this one, along `parent`."""
    created_at: str | None = None
    """Time of publication, ISO 8601 in UTC."""
    content: str | None = None
    """Hash of the input, the settings and the results of a mining run."""
    counts: ReleaseCounts = Field(default_factory=ReleaseCounts)
    """Numbers of rows."""
    files: dict[str, ReleasedFile] = Field(default_factory=dict)
    """The files of the release, by their path in its folder."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """Settings of the mining run, by section."""
    weak_below: Number | None = None
    """Similarity to the centroid below which a film is weak, -1 to 1."""
    shelves: ShelfLimits | None = None
    """How later films are placed; null in releases of earlier versions, where the nearest
    micro-genre takes each."""
    keyword_uses: dict[str, int] = Field(default_factory=dict)
    """Uses of keywords in the catalogue: all, and those outside the vocabulary."""
    columns: dict[str, dict[str, str]] = Field(default_factory=dict, alias="schema")
    """For each table, the Arrow type of each column."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Versions of Python and the main libraries."""
    model: ReleasedModel = Field(default_factory=ReleasedModel)
    """The model that encoded the texts."""
    sources: list[dict[str, Any]] = Field(default_factory=list)
    """The catalogues: path, SHA-256, number of rows and what else a source records."""
    source_order: list[str] = Field(default_factory=list)
    """Names of the sources of this release and of those before it, the oldest first."""
    partition_count: int | None = None
    """Number of partitions of the mining run."""
    reading: ReadingSummary | None = None
    """What reading the catalogues gave and lost; of an update, what it read."""
    unreadable_rows: dict[str, int] = Field(default_factory=dict)
    """For an update: unreadable rows without id by source, when each was last read as a whole."""
    retained_films: int | None = None
    """For an update: films whose rows could not be read, so that they are as they were before."""

    def weak_threshold(self) -> float:
        """Return `weak_below`.

        Raises
        ------
        ReleaseError
            If the manifest does not have it.
        """
        if self.weak_below is None:
            raise ReleaseError(
                f"release {self.release_id} lacks 'weak_below' in its manifest; mine again"
            )
        return float(self.weak_below)

    def read_settings(self, section: str, kind: type[Section]) -> Section:
        """Return one section of the settings of the run.

        Parameters
        ----------
        section : str
            Name of the section, such as "embed".
        kind : type
            Class of the section. A setting missing from the manifest has its default.

        Raises
        ------
        ReleaseError
            If the manifest does not have the section, or a setting is invalid.

        Examples
        --------
        >>> from pipeline.settings import NeighbourSettings
        >>> manifest = ReleaseManifest(
        ...     release_id="3f9c1d2a", schema_version=1, settings={"neighbours": {"count": 7}}
        ... )
        >>> manifest.read_settings("neighbours", NeighbourSettings).count
        7
        """
        if section not in self.settings:
            raise ReleaseError(
                f"release {self.release_id} lacks the settings of {section!r} in its manifest; "
                "mine again"
            )
        try:
            return kind.model_validate(self.settings[section])
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join([section, *map(str, first["loc"])])
            raise ReleaseError(
                f"release {self.release_id}: setting {name} = {first['input']!r} in its manifest: "
                f"{first['msg']}; mine again, or use the version of microgenres that mined it"
            ) from error
