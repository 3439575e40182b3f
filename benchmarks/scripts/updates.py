"""The cost of many small updates in succession, and of one update compared with a mining.

    python -m benchmarks.scripts.updates --only many --out DIR --updates 1000 --slice 300
    python -m benchmarks.scripts.updates --only hundred --out DIR --source files:A --source files:B

`many` starts with half of the bundled sample and a model of some kilobytes. Each update adds,
changes or withdraws some films, chosen by a seeded generator; every tenth update prunes old
releases. At the end, a mining of the last catalogue must have the same films. Finished updates stay
in DIR: with `--slice` the command stops after N seconds, and the same command resumes.

`hundred` mines a catalogue through the command line, unless DIR contains the release, and updates
it after 100 films have changed.

    python -m benchmarks.scripts.updates --only thousand --out DIR --release RELEASE --sizes 1000000

`thousand` copies the films of a mined release, with noise, to releases of the given numbers of
films, and updates each after 1,000 films have changed: from the changed films alone, and from the
whole catalogue. It measures the time of the command and the memory of its processes. All write
benchmarks/results/updates.json.
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

from benchmarks.lib.enlarged_release import ENLARGED, enlarge_for_updates, write_changes
from benchmarks.lib.machine import describe_machine
from benchmarks.lib.memory_sampler import run_sampled
from benchmarks.lib.mined_release import catalogue, mined_release, write_catalogue
from benchmarks.lib.small_model import build_model
from flows.runtime.status import prune_folder
from flows.services.prefect_server import prefect_server
from flows.update.flow import update_flow
from pipeline.fileio.manifest import file_sha256
from pipeline.release.lookup import find_release
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.mining import MOVIES
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore
from pipeline.storage.verify import verify_release

RESULTS = Path(__file__).parents[1] / "results" / "updates.json"
PRUNE_EVERY, KEEP = 10, 3
PARTS = ("many", "hundred", "thousand")
CHANGED = 1_000

Rows = dict[str, dict[str, Any]]


@dataclass
class Progress:
    """Figures of the finished updates.

    Attributes
    ----------
    seconds : list of float
        Seconds of each update.
    bytes, files, releases : list of int
        Bytes, files and releases of the output folder after each prune.
    """

    seconds: list[float] = field(default_factory=list)
    bytes: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    releases: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Progress:
        """Read the figures from a JSON file; return empty ones if it does not exist."""
        return cls(**json.loads(path.read_text())) if path.exists() else cls()


def generate_catalogues(updates: int, films: int, seed: int) -> Iterator[Rows]:
    """Yield the first catalogue, then the catalogue of each update, by id.

    Parameters
    ----------
    updates : int
        Number of updates.
    films : int
        Changes in each.
    seed : int
        Seed of the changes.
    """
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
    """Run many updates, then compare with a mining of the last catalogue.

    Parameters
    ----------
    updates, films : int
        Number of updates, and of changes in each.
    folder : Path
        Folder for the model, the releases and the progress; a second call resumes.
    slice_seconds : float, optional
        Stop after this time.
    seed : int
        Seed of the changes.

    Returns
    -------
    dict or None
        The figures; None if it stopped before the last update.

    Raises
    ------
    AssertionError
        If the films, their texts or the counts differ from the mining, or `prune` leaves too many
        releases.
    """
    model, out = folder / "model" / "whole", folder / "out"
    if not model.is_dir():
        build_model(folder / "model")
    begun = time.monotonic()
    steps = generate_catalogues(updates, films, seed)
    last = next(steps)
    if not (out / "latest").exists():
        mined_release(out, model, _table(last))
    progress = Progress.read(folder / "progress.json")
    for number, held in enumerate(steps, 1):
        last = held
        if number <= len(progress.seconds):
            continue
        if slice_seconds is not None and time.monotonic() - begun > slice_seconds:
            sys.stdout.write(f"{number - 1} of {updates} updates are done: run the command again\n")
            return None
        _update(out, folder, held, number, progress)
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
    assert max(progress.releases, default=0) <= KEEP + 1  # one more: the parent of the oldest
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


def _update(out: Path, folder: Path, held: Rows, number: int, progress: Progress) -> None:
    source = write_catalogue(folder / "now.parquet", _table(held))
    begun = time.perf_counter()
    update_flow([source], str(out))
    progress.seconds.append(round(time.perf_counter() - begun, 4))
    if number % PRUNE_EVERY == 0:
        prune_folder(out, KEEP, dry_run=False)
        files = [path for path in out.rglob("*") if path.is_file()]
        progress.bytes.append(sum(path.stat().st_size for path in files))
        progress.files.append(len(files))
        progress.releases.append(len(list((out / "releases").glob("[!.]*"))))


def _table(rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(list(rows.values()), MOVIES)


def _seconds(found: list[float]) -> dict[str, float]:
    quantiles = {"median": 0.5, "p95": 0.95, "most": 1.0}
    return {name: round(float(np.quantile(found, at)), 3) for name, at in quantiles.items()}


def _ends(values: list[int]) -> dict[str, int]:
    return {"first": values[0], "most": max(values), "last": values[-1]} if values else {}


def hundred(sources: list[str], folder: Path, repeats: int, seed: int = 2026) -> dict[str, Any]:
    """Mine a catalogue, change 100 of its films, and update the release.

    A third of the films is withdrawn, a third is new, and the rest has changed texts. Both
    catalogues are one Parquet file, so that reading costs the same.

    Parameters
    ----------
    sources : list of str
        Catalogues, as for `--source`.
    folder : Path
        Folder for the catalogues and releases; a mining in it is reused.
    repeats : int
        Repetitions of the update.
    seed : int
        Seed of the changes.
    """
    out, first = folder / "out", folder / "first.parquet"
    catalogues = [open_source(source, SourceSettings()) for source in sources]
    films = pa.concat_tables([c.movies for source in catalogues for c in source.read()])
    films = _drop_repeated(films)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(films))
    late, gone, changed = order[:33], set(order[33:66].tolist()), set(order[66:100].tolist())
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
    if mined.manifest.kind == "updated":  # of an earlier attempt
        mined = ReleasedTables(store.folder(mined.manifest.mined))
    rows = films.to_pylist()
    for row in changed:
        rows[row] = rows[row] | {"overview": f"{rows[row]['overview']} Nothing is as it was."}
    later = [row for number, row in enumerate(rows) if number not in gone]
    now = write_catalogue(folder / "later.parquet", pa.Table.from_pylist(later, MOVIES))
    found = []
    for _ in range(repeats):
        store.point_latest(mined.id)
        for path in (out / "releases").glob("[!.]*"):
            if path.name != mined.id:
                shutil.rmtree(path)
        shutil.rmtree(out / "work" / "update-vectors", ignore_errors=True)
        # a new process: loading the libraries and the model is part of the cost
        begun = time.perf_counter()
        command = [sys.executable, "-m", "microgenres.cli.app", "update", "--source", now]
        done = subprocess.run(
            [*command, "--out", str(out), "--json"], check=True, stdout=subprocess.PIPE
        )
        found.append((time.perf_counter() - begun, json.loads(done.stdout)))
    report = ReleasedTables(store.folder()).report
    seconds = mined.report.seconds
    whole = {
        "total": seconds["total"],
        "embed": seconds["embed"],
        # an earlier run did a part, so the total is too small for a mining
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


def thousand(release: Path, folder: Path, sizes: list[int]) -> list[dict[str, Any]]:
    """Update enlarged releases after 1,000 of their films have changed.

    Parameters
    ----------
    release : Path
        A mined release, or its output folder.
    folder : Path
        Folder for the enlarged releases, which are reused.
    sizes : list of int
        Numbers of films.

    Returns
    -------
    list of dict
        For each size and way of reading: `films`, `read` ("changes" or "catalogue"), `update` (the
        films that changed), `seconds` of the command, `seconds_of_its_steps`, and the peak memory
        in MiB of the flow's process and of the largest worker.
    """
    found = []
    for films in sizes:
        out = folder / str(films)
        if not (out / "latest").exists():
            shutil.rmtree(out, ignore_errors=True)
            enlarge_for_updates(find_release(release), out, films)
        only, whole = write_changes(out, films, CHANGED)
        store = ReleaseStore(out)
        for read, source in (("changes", only), ("catalogue", whole)):
            store.point_latest(ENLARGED)
            for path in (out / "releases").glob("[!.]*"):
                if path.name != ENLARGED:
                    shutil.rmtree(path)
            shutil.rmtree(out / "work", ignore_errors=True)
            words = ["update", "--source", f"files:{source}", "--out", str(out), "--json"]
            words += ["--only-changes"] if read == "changes" else []
            measured = run_sampled("benchmarks.lib.mining_run", words, out / f"{read}.log")
            report = ReleasedTables(store.folder()).report
            found.append(
                {
                    "films": films,
                    "read": read,
                    "update": report.to_dict()["update"],
                    "seconds": round(measured["wall_seconds"], 1),
                    "seconds_of_its_steps": report.seconds,
                    "driver_mib": round(measured["driver_mib"]),
                    "worker_mib": round(measured["worker_mib"]),
                }
            )
    return found


def _drop_repeated(films: pa.Table) -> pa.Table:
    """Return the first row of each film id."""
    ids = films.column("movie_id").to_pylist()
    place: dict[str, int] = {}
    for row, movie_id in enumerate(ids):
        place.setdefault(movie_id, row)
    return films.take(pa.array(sorted(place.values()))).combine_chunks()


def main() -> None:
    """Run the benchmarks and write the figures."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("--only", default="many", help=f"some of {', '.join(PARTS)}")
    options.add_argument(
        "--out", type=Path, required=True, help="a folder for the work, which is not deleted"
    )
    options.add_argument("--updates", type=int, default=1_000)
    options.add_argument("--films", type=int, default=10, help="films that change in each update")
    options.add_argument("--slice", type=float, help="seconds after which `many` stops")
    options.add_argument("--source", action="append", help="a catalogue for `hundred`")
    options.add_argument(
        "--repeats", type=int, default=3, help="repetitions of the update of `hundred`"
    )
    options.add_argument("--release", type=Path, help="a mined release for `thousand`")
    options.add_argument(
        "--sizes", default="100000", help="numbers of films of `thousand`, separated by commas"
    )
    options.add_argument("--results", type=Path, default=RESULTS)
    chosen = options.parse_args()
    known = json.loads(chosen.results.read_text()) if chosen.results.exists() else {}
    for part in chosen.only.split(","):
        folder = chosen.out / part
        folder.mkdir(parents=True, exist_ok=True)
        if part == "many":
            with prefect_server(folder / "prefect-server.log"):
                found = many(chosen.updates, chosen.films, folder, slice_seconds=chosen.slice)
        elif part == "hundred":
            found = hundred(chosen.source or ["sample"], folder, chosen.repeats)
        elif part == "thousand":
            if chosen.release is None:
                options.error("--only thousand needs a mined release: --release FOLDER")
            sizes = [int(size) for size in chosen.sizes.split(",")]
            found = {
                "updates": thousand(chosen.release, folder, sizes),
                "machine": describe_machine(),
            }
        else:
            options.error(f"--only {part}: there are {', '.join(PARTS)}")
        if found is not None:
            known[part] = found | {"python": platform.python_version()}
            chosen.results.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
            sys.stdout.write(json.dumps(known[part], indent=1) + "\n")


if __name__ == "__main__":
    main()
