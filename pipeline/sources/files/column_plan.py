"""The plan of a table: which of its columns give which columns of MOVIES, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pipeline.schemas import mining as tables
from pipeline.sources.files.evidence import Evidence
from pipeline.sources.files.nested import Paths

__all__ = ["KEYS", "TARGETS", "ColumnPlan", "ColumnUse"]

TARGETS = tuple(name for name in tables.MOVIES.names if name not in ("source", "row"))
KEYS = ("imdb_id", "tmdb_id")  # columns of ROW_KEYS


@dataclass(frozen=True)
class ColumnUse:
    """The columns of a file that give one column of MOVIES, of ROW_KEYS, or the type of a row.

    Attributes
    ----------
    names : tuple of str
        Columns of the file; the first cell that is not missing is used.
    reason : str
        Why they were chosen.
    gather : bool
        Whether to join the lists of all columns instead.
    scales : Mapping of str to float
        Column of the file -> factor of its numbers, where it is not 1.
    separators : Mapping of str to str
        Column of the file -> the only separator of its lists, where it has one.
    day_first : frozenset of str
        Columns whose dates with slashes begin with the day.
    weak : bool
        Whether the name means something else in many files.
    unclear_order : frozenset of str
        Columns whose dates with slashes do not show whether the day or the month comes first.
    """

    names: tuple[str, ...]
    reason: str
    gather: bool = False
    scales: Mapping[str, float] = field(default_factory=dict)
    separators: Mapping[str, str] = field(default_factory=dict)
    day_first: frozenset[str] = frozenset()
    weak: bool = False
    unclear_order: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ColumnPlan:
    """How to read the rows of one table.

    Attributes
    ----------
    uses : Mapping of str to ColumnUse
        Column of MOVIES, `imdb_id`, `tmdb_id` or `type` -> columns of the file.
    not_used : Mapping of str to str
        Column of the file that gives nothing -> why; empty if its name says nothing.
    paths : Mapping of str to tuple of str
        Column within the objects of another column, such as `imdb.rating` -> the path to it.
    users : str
        Column of users, where the rows are their ratings or tags; else empty.
    examples : Mapping of str to object
        Column of the file -> its first cell that is not missing.
    evidence : Mapping of str to Evidence
        Column of the file -> its first cells.
    job : str
        Column of the jobs of persons, in a side table with a person in each row; else empty.
    pending : frozenset of str
        Columns whose first cells are empty and that are named like one of MOVIES; see
        `late_columns`.
    currency : str
        Column of the currency of the amounts in each row; empty if there is none.
    """

    uses: Mapping[str, ColumnUse]
    not_used: Mapping[str, str]
    paths: Paths
    users: str = ""
    examples: Mapping[str, object] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    job: str = ""
    pending: frozenset[str] = frozenset()
    currency: str = ""

    @property
    def wanted(self) -> list[str]:
        """Columns of the table that must be read, sorted."""
        names = {name for use in self.uses.values() for name in use.names}
        names |= self.pending | ({self.job, self.currency} - {""})
        return sorted({self.paths[name][0] if name in self.paths else name for name in names})

    @property
    def has_films(self) -> bool:
        """Whether the table has titles and overviews."""
        return "title" in self.uses and "overview" in self.uses

    def without_weak(self) -> ColumnPlan:
        """Return the plan without columns whose names mean something else in many files."""
        weak = {name: use for name, use in self.uses.items() if use.weak}
        uses = {name: use for name, use in self.uses.items() if not use.weak}
        unused = {n: f"may be {target}" for target, use in weak.items() for n in use.names}
        return replace(self, uses=uses, not_used={**self.not_used, **unused})

    @property
    def has_id(self) -> bool:
        """Whether the table has an id of any authority."""
        return any(name in self.uses for name in ("movie_id", *KEYS))
