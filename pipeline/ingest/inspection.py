"""What a source is, how its films would be read, and which of them cleaning would reject.

The rows go the same way as those of a mining: they join to films, side tables fill them, and they
are cleaned. So the number of films is that of a mining of this source.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.cleaning.clean import clean
from pipeline.errors import SourceError
from pipeline.ingest.catalogue_rows import CatalogueRows
from pipeline.ingest.losses import NOT_LOST
from pipeline.ingest.partition import cut_partitions
from pipeline.schemas.reading import combine_losses
from pipeline.settings import CleanSettings, SourceSettings
from pipeline.sources.inspection import inspect_source
from pipeline.sources.inspection_result import Inspection, RejectedRows, UnknownCells

__all__ = ["CleaningResult", "InspectedCatalogue", "inspect_catalogue"]


@dataclass(frozen=True)
class CleaningResult:
    """What joining and cleaning would do with the rows that can be read.

    Attributes
    ----------
    films : int
        Films after cleaning, as many as a mining has.
    rejected : tuple of RejectedRows
        Rows that cleaning would reject, the most frequent reason first.
    lost : int
        Number of these rows.
    repeated : RejectedRows or None
        Rows of films that another row describes more completely; None if there are none.
    cells : tuple of UnknownCells
        Cells that cleaning would cut or find impossible, the most frequent first.
    notes : tuple of str
        What a user should know, such as files that number their films independently.
    """

    films: int = 0
    rejected: tuple[RejectedRows, ...] = ()
    lost: int = 0
    repeated: RejectedRows | None = None
    cells: tuple[UnknownCells, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class InspectedCatalogue:
    """What a source is, and what would become of its rows.

    Attributes
    ----------
    inspection : Inspection
        The tables, as the source reads them.
    cleaning : CleaningResult
        What joining and cleaning would do.
    """

    inspection: Inspection
    cleaning: CleaningResult

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return self.inspection.to_dict() | {"cleaning": asdict(self.cleaning)}


def inspect_catalogue(
    spec: str, source: SourceSettings, cleaning: CleanSettings, *, rows: int = 5
) -> InspectedCatalogue:
    """Read, join and clean a source from its first to its last row; nothing stays on the disk.

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
    with tempfile.TemporaryDirectory(prefix="microgenres-inspect-") as folder:
        read = CatalogueRows(Path(folder))
        inspection = inspect_source(
            spec, source, rows=rows, see=lambda name, chunk: read.add(name, 0, chunk)
        )
        # titles and plots in tables apart are a problem of each table alone, but not of both
        fills = sum(table.role == "fills" for table in inspection.tables)
        others = {table.role for table in inspection.tables} - {"fills", "not read"}
        if inspection.problem and (others or fills <= 1):
            return InspectedCatalogue(inspection, CleaningResult())
        read.sources.append({"name": inspection.name, "rows": 0, "tables": []})
        try:
            read.settle(())
        except SourceError as error:
            problem = inspection.problem or str(error)
            return InspectedCatalogue(replace(inspection, problem=problem), CleaningResult())
        ids = read.ids()
        if not len(ids):
            return InspectedCatalogue(inspection, CleaningResult())
        inspection = replace(inspection, problem="")
        result = _clean(cut_partitions(read, ids), cleaning, read.notes)
        return InspectedCatalogue(inspection, result)


def _clean(
    partitions: Iterable[pa.Table], settings: CleanSettings, notes: Iterable[str]
) -> CleaningResult:
    """Clean partitions, one after the other."""
    films = 0
    counts: Counter[str] = Counter()
    first: dict[str, tuple[str, int, str]] = {}
    losses: list[pa.Table] = []
    for movies in partitions:
        cleaned = clean(movies, settings)
        films += len(cleaned["movies"])
        losses.append(cleaned["losses"])
        for reject in cleaned["rejects"].to_pylist():
            example = (reject["source"] or "", reject["row"] or 0, reject["detail"])
            first[reject["reason"]] = min(first.get(reject["reason"], example), example)
            counts[reject["reason"]] += 1
    found = {
        reason: RejectedRows(reason, rows, row, detail, file)
        for reason, rows in counts.most_common()
        for file, row, detail in [first[reason]]
    }
    repeated = [found.pop(reason) for reason in sorted(NOT_LOST & found.keys())]
    cells = combine_losses(losses).to_pylist()
    return CleaningResult(
        films=films,
        rejected=tuple(found.values()),
        lost=sum(entry.rows for entry in found.values()),
        repeated=repeated[0] if repeated else None,
        cells=tuple(
            UnknownCells(
                row["column"],
                row["loss"],
                row["cells"],
                row["example_row"],
                row["example"],
                row["detail"],
                row["source"] or "",
            )
            for row in sorted(cells, key=lambda row: -row["cells"])
        ),
        notes=tuple(notes),
    )
