"""Measure how long reading takes: from a file to clean rows, beside pandas on the same file.

    python -m benchmarks.scripts.reading --films 45000 --array-gb 1

Generates a catalogue as CSV, JSON array, XLSX and Parquet. The whole way is `read_catalogue` and
`clean`; "forms" is only the first part of it, from the file to columns of cells. pandas reads the
same file with `read_csv`, `read_json`, `read_excel(engine="calamine")` and `read_parquet`. It also
reads a JSON array of some GB in chunks, and records the peak of memory. Medians are written to
`benchmarks/results/reading.json`.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd

from benchmarks.lib.harness import RESULTS
from benchmarks.lib.machine import describe_machine
from pipeline.cleaning.clean import clean
from pipeline.ingest.partition import read_catalogue
from pipeline.settings import Settings
from pipeline.sources.forms import open_tables
from pipeline.storage.store import Store

_TEXT = """
a lighthouse keeper hides the stolen map from smugglers who come ashore at night while her
brother bets his shop that rain will stop before the village fair and nobody in this valley
has heard the song which an old robot sings, "never again", to every empty bed of the ward
"""
_WORDS = _TEXT.split()
_GENRES = ("Action", "Comedy", "Drama", "Horror", "Romance", "Science Fiction", "War", "Western")
_PANDAS: dict[str, Callable[[Path], object]] = {
    "csv": pd.read_csv,
    "json": pd.read_json,
    "xlsx": lambda path: pd.read_excel(path, engine="calamine"),
    "parquet": pd.read_parquet,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scripts.reading", description=__doc__
    )
    parser.add_argument("--films", type=int, default=45_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--array-gb", type=float, default=1.0, help="0 for no large array")
    parser.add_argument("--out", type=Path, default=RESULTS / "reading.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        files = _write_files(Path(folder), options.films)
        rows = [_measure(name, path, options.repeats) for name, path in files.items()]
        record: dict[str, Any] = {
            "machine": describe_machine(),
            "films": options.films,
            "repeats": options.repeats,
            "rows": rows,
        }
        if options.array_gb:
            array = Path(folder) / "array.json"
            _write_array(array, int(options.array_gb * 2**30))
            # In a process of its own: the peak of memory is that of a process.
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                record["json_array"] = pool.submit(_read_array, array).result()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(record, indent=1) + "\n")
    return 0


def _films(number: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield films as TMDB's tables have them."""
    rng = random.Random(seed)
    for i in range(number):
        yield {
            "id": i + 1,
            "title": " ".join(rng.choices(_WORDS, k=3)).title() + f" {i}",
            "original_language": "en",
            "release_date": f"{1930 + i % 90}-{1 + i % 12:02}-{1 + i % 28:02}",
            "genres": ", ".join(rng.sample(_GENRES, 2)),
            "overview": " ".join(rng.choices(_WORDS, k=55)),
            "tagline": " ".join(rng.choices(_WORDS, k=6)),
            "keywords": ", ".join(rng.sample(_WORDS, 4)).replace('"', ""),
            "director": f"Ana Lint {i % 4_000}",
            "cast": f"Bo Dorn {i % 9_000}, Éva Lint {i % 7_000}",
            "runtime": 70 + i % 80,
            "vote_average": round(rng.uniform(1, 10), 1),
            "vote_count": i % 5_000,
            "popularity": round(rng.expovariate(0.1), 3),
            "budget": 1_000 * (i % 9_999),
            "revenue": 3_000 * (i % 9_999),
        }


def _write_files(folder: Path, films: int) -> dict[str, Path]:
    frame = pd.DataFrame(list(_films(films)))
    paths = {name: folder / f"films.{name}" for name in _PANDAS}
    frame.to_csv(paths["csv"], index=False)
    frame.to_json(paths["json"], orient="records")
    frame.to_parquet(paths["parquet"])
    _write_xlsx(paths["xlsx"], frame)
    return paths


def _write_xlsx(path: Path, frame: pd.DataFrame) -> None:
    """Write one sheet; no library for it is needed elsewhere."""
    package = "http://schemas.openxmlformats.org/package/2006"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main_name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = (
        '<Relationships xmlns="{0}/relationships">'
        '<Relationship Id="r1" Type="{1}/{2}" Target="{3}"/></Relationships>'
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        archive.writestr(
            "_rels/.rels", link.format(package, office, "officeDocument", "xl/workbook.xml")
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            link.format(package, office, "worksheet", "worksheets/sheet1.xml"),
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main_name}" xmlns:r="{office}"><sheets>'
            '<sheet name="Films" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{main_name}"><sheetData>'.encode())
            for row in [tuple(frame), *frame.itertuples(index=False)]:
                sheet.write(f"<row>{''.join(map(_xlsx_cell, row))}</row>".encode())
            sheet.write(b"</sheetData></worksheet>")


def _xlsx_cell(value: object) -> str:
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _write_array(path: Path, size: int) -> None:
    block = [json.dumps(film) for film in _films(2_000)]
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[" + block[0])
        while stream.tell() < size:
            stream.write("," + ",".join(block))
        stream.write("]")


def _measure(name: str, path: Path, repeats: int) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {"whole": [], "forms": [], "pandas": []}
    films = 0
    for _ in range(repeats):  # in turns, so that a busy moment of the machine hits all
        began = time.perf_counter()
        films = _read_clean(path)
        seconds["whole"].append(time.perf_counter() - began)
        began = time.perf_counter()
        _read_forms(path)
        seconds["forms"].append(time.perf_counter() - began)
        began = time.perf_counter()
        _PANDAS[name](path)
        seconds["pandas"].append(time.perf_counter() - began)
    medians = {f"{key}_seconds": round(statistics.median(s), 3) for key, s in seconds.items()}
    whole, pandas = medians["whole_seconds"], medians["pandas_seconds"]
    return {
        "file": name,
        "bytes": path.stat().st_size,
        "clean_films": films,
        **medians,
        "films_a_second": round(films / whole),
        "times_pandas": round(whole / pandas, 2),
    }


def _read_clean(path: Path) -> int:
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        catalogue = read_catalogue(store.work, [f"files:{path}"], settings.source)
        return sum(
            clean(store.work.read(ref), settings.clean)["movies"].num_rows
            for ref in catalogue.partitions
        )


def _read_forms(path: Path) -> int:
    settings = Settings().source
    return sum(
        chunk.rows
        for table in open_tables(path, settings)
        for chunk in table.chunks(None, settings.chunk_rows)
    )


def _read_array(path: Path) -> dict[str, Any]:
    before = _peak_kib()
    began = time.perf_counter()
    rows = _read_forms(path)
    seconds = time.perf_counter() - began
    peak = _peak_kib()
    return {
        "bytes": path.stat().st_size,
        "rows": rows,
        "seconds": round(seconds, 1),
        "memory_before_mib": round(before / 1024),
        "peak_memory_mib": round(peak / 1024),
    }


def _peak_kib() -> int:
    """Peak of the memory of this process; `ru_maxrss` also counts that of its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    raise SystemExit(main())
