"""What a source is, how its films would be read, and which of them cleaning would reject."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from pipeline.cleaning.clean import clean
from pipeline.ingest.losses import NOT_LOST
from pipeline.schemas.reading import combine_losses
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources import SourceChunk
from pipeline.sources.inspection import Inspection, RejectedRows, UnknownCells, inspect_source

__all__ = ["CleaningResult", "InspectedCatalogue", "inspect_catalogue"]


@dataclass(frozen=True)
class CleaningResult:
    """What cleaning would do with the rows that can be read.

    Attributes
    ----------
    films : int
        Films after cleaning.
    rejected : tuple of RejectedRows
        Rows that cleaning would reject, the most frequent reason first.
    lost : int
        Number of these rows without the duplicates, whose film another row gives.
    cells : tuple of UnknownCells
        Cells that cleaning would cut or find impossible, the most frequent first.
    """

    films: int = 0
    rejected: tuple[RejectedRows, ...] = ()
    lost: int = 0
    cells: tuple[UnknownCells, ...] = ()


@dataclass(frozen=True)
class InspectedCatalogue:
    """What a source is, and what would become of its rows.

    Attributes
    ----------
    inspection : Inspection
        The tables, as the source reads them.
    cleaning : CleaningResult
        What cleaning would do.
    """

    inspection: Inspection
    cleaning: CleaningResult

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return self.inspection.to_dict() | {"cleaning": asdict(self.cleaning)}


def inspect_catalogue(
    spec: str, source: SourceSettings, cleaning: CleanSettings, *, rows: int = 5
) -> InspectedCatalogue:
    """Read and clean a source from its first to its last row; write nothing.

    Parameters
    ----------
    spec : str
        A source such as `films.csv`; see `pipeline.sources.open_source`.
    source : SourceSettings
        How to read it.
    cleaning : CleanSettings
        How to clean it.
    rows : int
        Most films to show of each table.

    Returns
    -------
    InspectedCatalogue
        Without a cleaning if no films can be read.

    Raises
    ------
    SourceError
        If the source does not exist, or a file is damaged.

    Examples
    --------
    >>> inspect_catalogue("sample", SourceSettings(), CleanSettings()).cleaning.films
    531
    """
    cleaner = _Cleaner(cleaning)
    inspection = inspect_source(spec, source, rows=rows, see=cleaner.add)
    if inspection.problem:
        return InspectedCatalogue(inspection, CleaningResult())
    return InspectedCatalogue(inspection, cleaner.result())


class _Cleaner:
    """Cleans the chunks of a source, one after the other; a film of several chunks counts once."""

    def __init__(self, settings: CleanSettings) -> None:
        self._settings = settings
        self._ids: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._first: dict[str, tuple[int, str]] = {}
        self._losses: list[pa.Table] = []

    def add(self, chunk: SourceChunk) -> None:
        cleaned = clean(chunk.movies, self._settings)
        for movie_id in cleaned["movies"]["movie_id"].to_pylist():
            if movie_id in self._ids:
                self._count("duplicate_id", 0, f"a row above has the id {movie_id!r} too")
            self._ids.add(movie_id)
        for reject in cleaned["rejects"].to_pylist():
            self._count(reject["reason"], reject["row"], reject["detail"])
        self._losses.append(cleaned["losses"])

    def _count(self, reason: str, row: int, detail: str) -> None:
        self._counts[reason] += 1
        self._first.setdefault(reason, (row, detail))

    def result(self) -> CleaningResult:
        cells = combine_losses(self._losses).to_pylist()
        return CleaningResult(
            films=len(self._ids),
            rejected=tuple(
                RejectedRows(reason, rows, *self._first[reason])
                for reason, rows in self._counts.most_common()
            ),
            lost=sum(rows for reason, rows in self._counts.items() if reason not in NOT_LOST),
            cells=tuple(
                UnknownCells(
                    row["column"],
                    row["loss"],
                    row["cells"],
                    row["example_row"],
                    row["example"],
                    row["detail"],
                )
                for row in sorted(cells, key=lambda row: -row["cells"])
            ),
        )
