"""Many small updates in a row against one mining: the same films in the end, and at what cost.

    python -m benchmarks.updates --updates 1000 --films 10

Starts with half of the bundled sample; each update adds, changes or withdraws some films, chosen
by a seeded generator. Every tenth time old releases are pruned. Writes
benchmarks/results/updates.json.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from flows.pruning import prune_folder
from flows.update import bring
from pipeline.released import ReleasedTables
from pipeline.store import Store, verify_release
from pipeline.tables import MOVIES
from tests.mined_release import catalogue, mined_release, settings_of, write_catalogue
from tests.pipeline.small_model import build_model

RESULTS = Path(__file__).with_name("results") / "updates.json"
PRUNE_EVERY, KEEP = 10, 3

Rows = dict[str, dict[str, Any]]


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


def run(updates: int, films: int, folder: Path, seed: int = 2026) -> dict[str, Any]:
    """Update again and again, then compare with a mining of the last catalogue.

    Raises
    ------
    AssertionError
        when the films, their texts or the counts are not those of the mining.
    """
    model = build_model(folder / "model")
    settings, out = settings_of(model), folder / "out"
    steps = catalogues(updates, films, seed)
    first = next(steps)
    mined_release(out, model, pa.Table.from_pylist(list(first.values()), MOVIES))
    seconds, sizes, last = [], [], first
    for number, held in enumerate(steps, 1):
        last = held
        source = write_catalogue(
            folder / "now.parquet", pa.Table.from_pylist(list(held.values()), MOVIES)
        )
        begun = time.perf_counter()
        bring([source], str(out), settings)
        seconds.append(time.perf_counter() - begun)
        if number % PRUNE_EVERY == 0:
            prune_folder(out, KEEP, dry_run=False)
            sizes.append(sum(p.stat().st_size for p in out.rglob("*") if p.is_file()))
    updated = ReleasedTables(Store(out).release())
    verify_release(updated.path)
    mined = ReleasedTables(
        mined_release(folder / "mined", model, pa.Table.from_pylist(list(last.values()), MOVIES))
    )
    columns = ["movie_id", "title", "overview", "vote_average", "vote_count", "keywords"]
    assert updated.movies.select(columns).equals(mined.movies.select(columns))
    texts = ["movie_id", "text_hash"]
    assert updated.embeddings.select(texts).equals(mined.embeddings.select(texts))
    assert updated.counts["rows_in"] == mined.counts["rows_in"]
    kept = len(list((out / "releases").glob("[!.]*")))
    return {
        "updates": updates,
        "films_each": films,
        "films": len(updated.movies),
        "same_films_as_one_mining": True,
        "seconds_per_update": {
            "median": round(float(np.median(seconds)), 3),
            "p95": round(float(np.quantile(seconds, 0.95)), 3),
        },
        "releases_left": kept,
        "folder_bytes_after_prune": {"first": sizes[0], "last": sizes[-1]} if sizes else None,
        "generation": updated.manifest["generation"],
    }


def main() -> None:
    """Measure, and write down what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--updates", type=int, default=1_000)
    parser.add_argument("--films", type=int, default=10)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(chosen.updates, chosen.films, Path(folder))
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known["many_updates"] = found | {"machine": platform.machine()}
    RESULTS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
