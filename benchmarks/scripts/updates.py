"""Many small updates in a row against one mining, and one update beside a mining: what they cost.

    python -m benchmarks.scripts.updates --only many --out DIR [--updates 1000] [--films 10] [--slice 300]
    python -m benchmarks.scripts.updates --only hundred --out DIR --source files:A --source files:B

`many` starts with half of the bundled sample and a model of some kilobytes; each update adds,
changes or withdraws some films, chosen by a seeded generator, and every tenth time old releases are
pruned. It ends with one mining of the last catalogue, which must have the same films. What is done
stays in DIR: with `--slice` it stops after so many seconds, and the same command goes on.

`hundred` mines a catalogue through the command line, unless DIR holds the release, then brings it
up to date with 100 films changed. Both write benchmarks/results/updates.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.lib.mined_release import catalogue, mined_release, settings_of, write_catalogue
from benchmarks.lib.small_model import build_model
from flows.runtime.status import prune_folder
from flows.update.flow import bring
from pipeline.fileio.manifest import file_sha256
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.mining import MOVIES
from pipeline.settings import Settings, SourceSettings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release

RESULTS = Path(__file__).parents[1] / "results" / "updates.json"
PRUNE_EVERY, KEEP = 10, 3
PARTS = ("many", "hundred")

Rows = dict[str, dict[str, Any]]


@dataclass
class Progress:
    """What is done of many updates; bytes and files are those of the whole folder after a prune."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    releases: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Progress:
        return cls(**json.loads(path.read_text())) if path.exists() else cls()


def catalogues(updates: int, films: int, seed: int) -> Iterator[Rows]:
    """The catalogue before the first update, then as it stands after each, by id."""
    rng = np.random.default_rng(seed)
    whole: Rows = {row["movie_id"]: row for row in catalogue().to_pylist()}
    ids = sorted(whole)
    held: Rows = {i: dict(whole[i]) for i in ids[: len(ids) // 2]}
    yield held
    for number in range(updates):
        for _ in range(films):
            movie_id = ids[int(rng.integers(len(ids)))]
            if movie_id not in held:
                held[movie_id] = dict(whole[movie_id])
            elif len(held) > len(ids) // 4 and rng.random() < 0.4:
                del held[movie_id]
            elif rng.random() < 0.5:
                film = whole[movie_id]
                held[movie_id] = film | {"overview": f"{film['overview']} It is year {number}."}
            else:
                held[movie_id] = held[movie_id] | {"vote_average": 5.0, "vote_count": number + 1}
        yield held


def many(
    updates: int, films: int, folder: Path, *, slice_seconds: float | None = None, seed: int = 2026
) -> dict[str, Any] | None:
    """Update again and again, then compare with a mining of the last catalogue.

    Returns
    -------
    What was measured, or None where `slice_seconds` were over before the last update.

    Raises
    ------
    AssertionError
        when the films, their texts or the counts are not those of the mining, or more releases
        stand than `prune` is to keep.
    """
    model, out = folder / "model" / "whole", folder / "out"
    if not model.is_dir():
        build_model(folder / "model")
    settings, begun = settings_of(model), time.monotonic()
    steps = catalogues(updates, films, seed)
    last = next(steps)
    if not (out / "latest").exists():
        mined_release(out, model, _table(last))
    progress = Progress.read(folder / "progress.json")
    for number, held in enumerate(steps, 1):
        last = held
        if number <= len(progress.seconds):
            continue
        if slice_seconds is not None and time.monotonic() - begun > slice_seconds:
            sys.stdout.write(f"{number - 1} of {updates} updates are done; go on\n")
            return None
        _one(out, folder, settings, held, number, progress)
        (folder / "progress.json").write_text(json.dumps(asdict(progress)))
    updated = ReleasedTables(ReleaseStore(out).folder())
    verify_release(updated.path)
    shutil.rmtree(folder / "mined", ignore_errors=True)
    mined = ReleasedTables(mined_release(folder / "mined", model, _table(last)))
    columns = ["movie_id", "title", "overview", "vote_average", "vote_count", "keywords"]
    assert updated.movies.select(columns).equals(mined.movies.select(columns))
    texts = ["movie_id", "text_hash"]
    assert updated.embeddings.select(texts).equals(mined.embeddings.select(texts))
    assert updated.counts["rows_in"] == mined.counts["rows_in"]
    assert max(progress.releases, default=0) <= KEEP + 1  # and the parent of the oldest of them
    return {
        "updates": updates,
        "films_each": films,
        "films": len(updated.movies),
        "same_films_as_one_mining": True,
        "generation": updated.manifest.generation,
        "seconds_per_update": _seconds(progress.seconds),
        "seconds_of_the_first_and_last_tenth": [
            round(float(np.median(part)), 3)
            for part in np.array_split(np.array(progress.seconds), 10)[:: min(9, updates)]
        ],
        "after_prune": {
            "kept": KEEP,
            "most_releases": max(progress.releases, default=None),
            "bytes": _ends(progress.bytes),
            "files": _ends(progress.files),
        },
    }


def _one(
    out: Path, folder: Path, settings: Settings, held: Rows, number: int, progress: Progress
) -> None:
    source = write_catalogue(folder / "now.parquet", _table(held))
    begun = time.perf_counter()
    bring([source], str(out), settings)
    progress.seconds.append(round(time.perf_counter() - begun, 4))
    if number % PRUNE_EVERY == 0:
        prune_folder(out, KEEP, dry_run=False)
        found = [path for path in out.rglob("*") if path.is_file()]
        progress.bytes.append(sum(path.stat().st_size for path in found))
        progress.files.append(len(found))
        progress.releases.append(len(list((out / "releases").glob("[!.]*"))))


def _table(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(list(rows.values()), MOVIES)


def _seconds(found: list[float]) -> dict[str, float]:
    quantiles = {"median": 0.5, "p95": 0.95, "most": 1.0}
    return {name: round(float(np.quantile(found, at)), 3) for name, at in quantiles.items()}


def _ends(values: list[int]) -> dict[str, int]:
    return {"first": values[0], "most": max(values), "last": values[-1]} if values else {}


def hundred(sources: list[str], folder: Path, repeats: int, seed: int = 2026) -> dict[str, Any]:
    """Mine a catalogue, change 100 of its films, and bring the release up to date.

    A third is withdrawn, a third new, and the rest told in other words. The catalogue is one
    Parquet file both times, so that what reading costs is the same.
    """
    out, first = folder / "out", folder / "first.parquet"
    opened = [open_source(source, SourceSettings()) for source in sources]
    films = pa.concat_tables([c.movies for source in opened for c in source.read()])
    films = _each_once(films)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(films))
    late, gone, retold = order[:33], set(order[33:66].tolist()), set(order[66:100].tolist())
    begins = np.ones(len(films), bool)
    begins[late] = False
    source = write_catalogue(first, films.filter(pa.array(begins)))
    if not (out / "latest").exists():
        command = [sys.executable, "-m", "microgenres.cli.app", "mine", "--source", source]
        subprocess.run(
            [*command, "--out", str(out), "--json"], check=True, stdout=subprocess.DEVNULL
        )
    store = ReleaseStore(out)
    mined = ReleasedTables(store.folder())
    if mined.manifest.kind == "updated":  # of an earlier try
        mined = ReleasedTables(store.folder(mined.manifest.mined))
    rows = films.to_pylist()
    for row in retold:
        rows[row] = rows[row] | {"overview": f"{rows[row]['overview']} Nothing is as it was."}
    later = [row for number, row in enumerate(rows) if number not in gone]
    now = write_catalogue(folder / "later.parquet", pa.Table.from_pylist(later, MOVIES))
    found = []
    for _ in range(repeats):
        store.point_latest(mined.id)
        for path in (out / "releases").glob("[!.]*"):
            if path.name != mined.id:
                shutil.rmtree(path)
        shutil.rmtree(out / "work" / "update-embed", ignore_errors=True)
        # a process of its own: loading the libraries and the model is part of what it costs
        begun = time.perf_counter()
        command = [sys.executable, "-m", "microgenres.cli.app", "update", "--source", now]
        told = subprocess.run(
            [*command, "--out", str(out), "--json"], check=True, stdout=subprocess.PIPE
        )
        found.append((time.perf_counter() - begun, json.loads(told.stdout)))
    report = ReleasedTables(store.folder()).report
    seconds = mined.report.seconds
    whole = {
        "total": seconds["total"],
        "embed": seconds["embed"],
        # then a part was done before, and the total says too little of a mining
        "resumed": mined.report.embedding.texts_per_second is None,
    }
    median = float(np.median([taken for taken, _ in found]))
    return {
        "films": len(mined.movies),
        "update": found[-1][1]["update"],
        "seconds_of_the_command": [round(taken, 2) for taken, _ in found],
        "seconds_of_its_steps": report.seconds,
        "mining_seconds": whole,
        "share_of_mining_afresh": round(median / seconds["total"], 4),
        "catalogue_sha256": file_sha256(first),
    }


def _each_once(films: pa.Table) -> pa.Table:
    """Of films that several catalogues have, the first."""
    ids = films.column("movie_id").to_pylist()
    place: dict[str, int] = {}
    for row, movie_id in enumerate(ids):
        place.setdefault(movie_id, row)
    return films.take(pa.array(sorted(place.values()))).combine_chunks()


def main() -> None:
    """Measure, and write down what was measured."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("--only", default="many", help=f"of {', '.join(PARTS)}")
    options.add_argument("--out", type=Path, required=True, help="a folder that is kept")
    options.add_argument("--updates", type=int, default=1_000)
    options.add_argument("--films", type=int, default=10, help="that change in each update")
    options.add_argument("--slice", type=float, help="seconds after which `many` stops for now")
    options.add_argument("--source", action="append", help="a catalogue for `hundred`")
    options.add_argument("--repeats", type=int, default=3, help="of the update of `hundred`")
    options.add_argument("--results", type=Path, default=RESULTS)
    chosen = options.parse_args()
    known = json.loads(chosen.results.read_text()) if chosen.results.exists() else {}
    for part in chosen.only.split(","):
        folder = chosen.out / part
        folder.mkdir(parents=True, exist_ok=True)
        if part == "many":
            found = many(chosen.updates, chosen.films, folder, slice_seconds=chosen.slice)
        elif part == "hundred":
            found = hundred(chosen.source or ["sample"], folder, chosen.repeats)
        else:
            options.error(f"--only {part}: there are {', '.join(PARTS)}")
        if found is not None:
            known[part] = found | {"python": platform.python_version()}
            chosen.results.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
            sys.stdout.write(json.dumps(known[part], indent=1) + "\n")


if __name__ == "__main__":
    main()
