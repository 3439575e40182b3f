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
from pipeline.sources import open_source
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
    inspection = inspect_source(spec, source, rows=rows)
    if inspection.problem:
        return InspectedCatalogue(inspection, CleaningResult())
    return InspectedCatalogue(inspection, _clean(spec, source, cleaning))


def _clean(spec: str, source: SourceSettings, settings: CleanSettings) -> CleaningResult:
    """Clean a source chunk by chunk: a film of several chunks counts once."""
    counts: Counter[str] = Counter()
    first: dict[str, tuple[int, str]] = {}
    losses: list[pa.Table] = []
    ids: set[str] = set()
    for chunk in open_source(spec, source).read():
        if chunk.fills:
            continue
        cleaned = clean(chunk.movies, settings)
        again = 0
        for movie_id in cleaned["movies"]["movie_id"].to_pylist():
            again += movie_id in ids
            ids.add(movie_id)
        counts["duplicate_id"] += again
        for reject in cleaned["rejects"].to_pylist():
            counts[reject["reason"]] += 1
            first.setdefault(reject["reason"], (reject["row"], reject["detail"]))
        if "losses" in cleaned:
            losses.append(cleaned["losses"])
    first.setdefault("duplicate_id", (0, "a row of an earlier part has the same id"))
    return CleaningResult(
        films=len(ids),
        rejected=tuple(
            RejectedRows(reason, rows, *first[reason])
            for reason, rows in counts.most_common()
            if rows
        ),
        lost=sum(rows for reason, rows in counts.items() if reason not in NOT_LOST),
        cells=tuple(
            UnknownCells(
                row["column"],
                row["loss"],
                row["cells"],
                row["example_row"],
                row["example"],
                row["detail"],
            )
            for row in sorted(combine_losses(losses).to_pylist(), key=lambda row: -row["cells"])
        ),
    )
