"""Count the micro-genres that keep their id when a slightly changed catalogue is mined again.

    python -m benchmarks.scripts.identity CATALOGUE --out DIR --seeds 1,2,3

It mines the catalogue into DIR/first. For each seed it mines again, with the same command and into
a copy of that folder, after one per cent of the films have changed: a third withdrawn, a third
added, a third with the overview of another film. Minings in DIR are reused, so seeds can be
measured one by one. It writes benchmarks/results/identity.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.lineage.matching import count_events
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.lineage import LINEAGE
from pipeline.settings import SourceSettings
from pipeline.sources import open_source
from pipeline.storage.release_store import ReleaseStore

RESULTS = Path(__file__).parents[1] / "results" / "identity.json"
LATE_SHARE = 0.01  # of the catalogue: films that only a later catalogue has
CONTINUING = ("kept", "renamed")


def mine(films: pa.Table, folder: Path, out: Path, options: list[str]) -> ReleasedTables:
    """Mine a table through the command line.

    Parameters
    ----------
    films : Table of MOVIES
        The catalogue.
    folder : Path
        Folder for its file.
    out : Path
        Output folder.
    options : list of str
        Options of `microgenres mine`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "catalogue.parquet"
    pq.write_table(films.drop_columns(["source", "row"]), path)
    command = [sys.executable, "-m", "microgenres.cli.app", "mine", "--source", f"files:{path}"]
    subprocess.run(
        [*command, "--out", str(out), *options, "--json"], check=True, stdout=subprocess.DEVNULL
    )
    return ReleasedTables(ReleaseStore(out).folder())


def split_late_films(films: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the catalogue to mine first, and the films to add later, both MOVIES."""
    order = np.random.default_rng(0).permutation(len(films))
    late = np.zeros(len(films), bool)
    late[order[: round(LATE_SHARE * len(films))]] = True
    return films.filter(pa.array(~late)), films.filter(pa.array(late))


def change_films(first: pa.Table, late: pa.Table, share: float, seed: int) -> pa.Table:
    """Return the first catalogue with a share of its films changed.

    Parameters
    ----------
    first, late : Table of MOVIES
        From `split_late_films`.
    share : float
        Share of the films that change, 0 to 1.
    seed : int
        Seed of the choice.
    """
    rng = np.random.default_rng(seed)
    each = max(1, round(share * len(first) / 3))
    chosen = rng.permutation(len(first))
    gone, rewritten, sources = (chosen[part * each : (part + 1) * each] for part in range(3))
    rows = first.to_pylist()
    for film, source in zip(rewritten.tolist(), sources.tolist(), strict=True):
        rows[film] = rows[film] | {
            name: rows[source][name] for name in ("overview", "keywords", "tagline")
        }
    left = [row for number, row in enumerate(rows) if number not in set(gone.tolist())]
    added = late.take(pa.array(rng.permutation(len(late))[:each])).to_pylist()
    return pa.Table.from_pylist([*left, *added], first.schema)


def compare_releases(before: ReleasedTables, now: ReleasedTables) -> dict[str, Any]:
    """Return how many ids, names and films of a release its successor has."""
    assert now.manifest.parent == before.id
    ids, names = (
        [set(release.micro_genres.column(column).to_pylist()) for release in (before, now)]
        for column in ("micro_genre_id", "micro_genre_name")
    )
    lineage = now.table("lineage", LINEAGE)
    generation = now.manifest.generation
    own = [row for row in lineage.to_pylist() if row["generation"] == generation]
    continuing = [row for row in own if row["event"] in CONTINUING]
    assert {row["micro_genre_id"] for row in continuing} == ids[0] & ids[1]
    place: list[dict[str, str]] = []
    for release in (before, now):
        genre = dict(
            zip(
                *(
                    release.micro_genres.column(n).to_pylist()
                    for n in ("cluster", "micro_genre_id")
                ),
                strict=True,
            )
        )
        films = release.movies.select(["movie_id", "cluster"]).to_pylist()
        place.append({film["movie_id"]: genre[film["cluster"]] for film in films})
    both = place[0].keys() & place[1].keys()
    return {
        "micro_genres": [len(side) for side in ids],
        "k": [release.report.k.chosen for release in (before, now)],
        "ids_kept": len(ids[0] & ids[1]),
        "share_of_ids_kept": len(ids[0] & ids[1]) / len(ids[0]),
        "share_of_names_kept": len(names[0] & names[1]) / len(names[0]),
        "films_in_both": len(both),
        "share_of_films_with_the_same_id": sum(place[0][i] == place[1][i] for i in both)
        / len(both),
        "events": count_events(lineage, generation),
        "median_overlap_of_those_that_go_on": float(
            np.median([row["share_of_previous"] for row in continuing])
        ),
    }


def main() -> None:
    """Run the benchmark and write the figures."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    options.add_argument("catalogue", help="a file, as in --source files:FILE")
    options.add_argument(
        "--out", type=Path, required=True, help="a folder for the work, which is not deleted"
    )
    options.add_argument("--seeds", default="1,2", help="seeds of the choice of films that change")
    options.add_argument("--share", type=float, default=0.01, help="share of the films that change")
    options.add_argument("--results", type=Path, default=RESULTS)
    chosen, passed_on = options.parse_known_args()  # other options are for `microgenres mine`
    source = open_source(f"files:{chosen.catalogue}", SourceSettings())
    films, late = split_late_films(pa.concat_tables([chunk.movies for chunk in source.read()]))
    first = chosen.out / "first"
    if not (first / "out" / "latest").exists():
        mine(films, first, first / "out", passed_on)
    before = ReleasedTables(ReleaseStore(first / "out").folder())
    known = json.loads(chosen.results.read_text()) if chosen.results.exists() else {}
    for seed in (int(word) for word in chosen.seeds.split(",") if word):
        folder = chosen.out / f"seed-{seed}"
        if not (folder / "catalogue.parquet").exists():
            shutil.copytree(first / "out", folder / "out")
        now = ReleasedTables(ReleaseStore(folder / "out").folder())
        if now.id == before.id:
            now = mine(
                change_films(films, late, chosen.share, seed), folder, folder / "out", passed_on
            )
        found = {"films_changed": chosen.share} | compare_releases(before, now)
        known[f"seed {seed}"] = found
        chosen.results.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        sys.stdout.write(f"seed {seed}: {json.dumps(found)}\n")


if __name__ == "__main__":
    main()
