"""Figures of quality on one catalogue: names, held-out films, stability, speed and bytes.

    python -m benchmarks.scripts.quality CATALOGUE [--only run,held-out,stable,noise,encoding,bytes]

It writes `benchmarks/results/quality.json` and prints the figures. It takes about a quarter of an
hour on two cores for five thousand films.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cleaning.clean import clean
from pipeline.fileio.manifest import file_sha256
from pipeline.inference.assigner import Assigner
from pipeline.settings import CleanSettings, DaskSettings, EmbedSettings, SourceSettings
from pipeline.sources import open_source

RESULTS = Path(__file__).parents[1] / "results"
SAME = ("movies.parquet", "micro_genres.parquet", "neighbours.parquet")
# Stages that "all_else" leaves out: starting the workers with the model, and encoding the films.
LEFT_OUT = ("start-workers", "embed")
# Stages that encode keywords, phrases and names; part of "all_else", and also reported separately.
TERMS = (
    "keyword-vectors",
    "phrase-vectors",
    "names",
    "chosen-names",
    "family-phrase-vectors",
    "family-names",
    "family-chosen-names",
)


def mine(films: pa.Table, folder: Path, *options: str, dtype: str = "auto") -> Path:
    """Mine a table of MOVIES through the command line; return the folder of the release."""
    folder.mkdir(parents=True)
    pq.write_table(films.drop_columns(["source", "row"]), folder / "catalogue.parquet")
    source = f"files:{folder / 'catalogue.parquet'}"
    out = folder / "out"
    command = [
        sys.executable,
        "-m",
        "microgenres.cli.app",
        "mine",
        "--source",
        source,
        "--out",
        str(out),
    ]
    environment = {**os.environ, "MICROGENRES_EMBED__DTYPE": dtype}
    arguments = [*command, *options, "--json"]
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env=environment)
    return out / "releases" / (out / "latest").read_text().strip()


def read_report(release: Path) -> dict[str, Any]:
    """Return the content of report.json."""
    return dict(json.loads((release / "report.json").read_text()))


def draw(movie_id: str, salt: str = "") -> float:
    """Return a number in [0, 1) that depends on the id and the salt only."""
    digest = hashlib.blake2b(f"{salt}{movie_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def select_films(films: pa.Table, salt: str, low: float, high: float) -> pa.Table:
    """Return the films whose `draw` is in [low, high)."""
    ids = films.column("movie_id").to_pylist()
    return films.filter(pa.array([low <= draw(movie_id, salt) < high for movie_id in ids]))


def measure_run(films: pa.Table, folder: Path) -> dict[str, Any]:
    """Mine the catalogue; return figures of its report."""
    report = read_report(mine(films, folder))
    seconds = report["seconds"]
    rest = seconds["total"] - sum(seconds[name] for name in LEFT_OUT)
    terms = sum(seconds[name] for name in TERMS if name in seconds)
    return {
        "counts": report["counts"],
        "names": report["names"],
        "name_truth": report["name_truth"],
        "clusters": report["clusters"],
        "encoding_seconds": seconds["embed"],
        "all_else_seconds": rest,
        "all_else_share": rest / seconds["embed"],
        "encoding_of_terms_seconds": terms,
        "all_else_share_with_terms_as_encoding": (rest - terms) / (seconds["embed"] + terms),
        "seconds": seconds,
    }


def measure_held_out(films: pa.Table, folder: Path) -> dict[str, Any]:
    """Mine 80 % of the films and assign the rest; count micro-genres whose keywords fit there."""
    release = mine(select_films(films, "", 0.2, 1), folder)
    unseen = clean(select_films(films, "", 0, 0.2), CleanSettings())["movies"].to_pylist()
    placed = [film["cluster"] for film in Assigner(release).assign(unseen)]
    keywords = [{" ".join(k.lower().split()) for k in film["keywords"] or []} for film in unseen]
    base = Counter(word for words in keywords for word in words)
    genres = pq.read_table(release / "micro_genres.parquet").to_pylist()
    hits = judged = 0
    for genre in genres:
        rows = [row for row, cluster in enumerate(placed) if cluster == genre["cluster"]]
        if len(rows) < 5:
            continue
        judged += 1
        counts = Counter(word for row in rows for word in keywords[row])
        score = {
            word: n / len(rows) * np.log(n / len(rows) * len(unseen) / base[word])
            for word, n in counts.items()
            if n >= 2
        }
        best = sorted(score, key=lambda word: (-score[word], word))[:5]
        hits += bool(set(best) & set(genre["keywords"]))
    return {"micro_genres": len(genres), "judged": judged, "hits": hits, "share": hits / judged}


def measure_stability(films: pa.Table, folder: Path) -> dict[str, Any]:
    """Mine random 80 % samples in pairs; return the adjusted Rand index on their common films."""
    from sklearn.metrics import adjusted_rand_score

    pairs = []
    for pair in range(2):
        found = []
        for name in (f"{pair}a", f"{pair}b"):
            release = mine(select_films(films, name, 0, 0.8), folder / name)
            table = pq.read_table(release / "movies.parquet", columns=["movie_id", "cluster"])
            found.append(table.to_pandas().set_index("movie_id")["cluster"])
        both = found[0].to_frame("first").join(found[1].rename("second"), how="inner")
        ari = adjusted_rand_score(both["first"], both["second"])
        pairs.append({"ari": float(ari), "films": len(both), "k": [f.nunique() for f in found]})
    return {"pairs": pairs, "ari": statistics.mean(pair["ari"] for pair in pairs)}


def measure_noise(films: pa.Table, folder: Path) -> dict[str, Any]:
    """Mine with vectors in float32 and in bfloat16; compare names and micro-genres."""
    from sklearn.metrics import adjusted_rand_score

    found: list[np.ndarray] = []
    names: list[set[str]] = []
    for dtype in ("float32", "bfloat16"):
        release = mine(films, folder / dtype, dtype=dtype)
        table = pq.read_table(release / "movies.parquet", columns=["movie_id", "cluster"])
        found.append(table.sort_by("movie_id").column("cluster").to_numpy())
        genres = pq.read_table(release / "micro_genres.parquet", columns=["micro_genre_name"])
        names.append(set(genres.column("micro_genre_name").to_pylist()))
    return {
        "ari": float(adjusted_rand_score(*found)),
        "names_alike": len(names[0] & names[1]) / len(names[0]),
        "micro_genres": [len(own) for own in names],
    }


def measure_encoding(films: pa.Table, repeats: int) -> dict[str, Any]:
    """Compare our encoding on Dask workers with SentenceTransformer.encode defaults, in turn."""
    from pipeline.embedding.embed import embed, warm
    from pipeline.embedding.weights import identify, load
    from pipeline.execution.runner import (
        Piece,
        Stage,
        local_cluster,
        run_stage,
    )
    from pipeline.features.text import extract_features
    from pipeline.schemas.partitions import partition_count, partition_ids
    from pipeline.settings import FeatureSettings
    from pipeline.storage.work_store import WorkStore

    cleaned = clean(films, CleanSettings())["movies"]
    features = extract_features(cleaned, FeatureSettings())["features"]
    settings = EmbedSettings()
    model = identify(settings)
    peer = load(model.__class__(model.name, model.folder, model.revision, model.device, "float32"))
    texts = features.column("text").to_pylist()
    constants = {"revision": model.revision, "dtype": model.dtype}
    count = partition_count(len(features))
    owner = partition_ids(features.column("movie_id"), count)
    ours, theirs, cosine = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder, local_cluster(DaskSettings()) as client:
        store = WorkStore(Path(folder))
        refs = [
            store.commit(
                "texts",
                f"p{p}",
                "0" * 64,
                {"texts": features.filter(pa.array(owner == p))},
                rows_in=0,
                seconds=0.0,
            ).outputs["texts"]
            for p in range(count)
        ]
        pieces = [Piece(f"p{n:05d}", {"texts": (r,)}, constants) for n, r in enumerate(refs)]
        client.run(warm, settings, model.revision, model.dtype)
        peer.encode(texts[:64])
        for _ in range(repeats):
            start = time.perf_counter()
            done = run_stage(store, Stage.of(embed, settings), pieces, client=client, resume=False)
            ours.append(len(texts) / (time.perf_counter() - start))
            start = time.perf_counter()
            plain = peer.encode(texts, normalize_embeddings=True)
            theirs.append(len(texts) / (time.perf_counter() - start))
        vectors = store.read(done.refs("vectors"))
        row = dict(zip(vectors.column("text_hash").to_pylist(), range(len(vectors)), strict=True))
        from pipeline.schemas.vectors import matrix_of

        mine_rows = matrix_of(vectors)[[row[h] for h in features.column("text_hash").to_pylist()]]
        cosine = float((mine_rows * plain).sum(1).mean())
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return {
        "dtype": model.dtype,
        "documents_per_second": ours,
        "sentence_transformers": theirs,
        "ratio": ratio,
        "mean_cosine": cosine,
    }


def compare_bytes(films: pa.Table, folder: Path) -> dict[str, Any]:
    """Mine with two workers, and with one and shuffled rows; compare three files."""
    order = np.random.default_rng(5).permutation(len(films))
    runs = {
        "two workers": mine(films, folder / "two", "--workers", "2"),
        "one worker, rows shuffled": mine(
            films.take(pa.array(order)), folder / "one", "--workers", "1"
        ),
    }
    sums = {name: {f: file_sha256(release / f) for f in SAME} for name, release in runs.items()}
    first, second = sums.values()
    return {"same": first == second, "sha256": sums}


def main() -> None:
    """Run the benchmarks and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("catalogue", help="a file, as in --source files:FILE")
    parser.add_argument("--only", default="run,held-out,stable,noise,encoding,bytes")
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    source = open_source(f"files:{chosen.catalogue}", SourceSettings())
    films = pa.concat_tables([chunk.movies for chunk in source.read()])
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / "quality.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    results["machine"] = {
        "python": platform.python_version(),
        "cpu": _find_processor(),
        "system": platform.system(),
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        steps = {
            "run": lambda: measure_run(films, folder / "run"),
            "held-out": lambda: measure_held_out(films, folder / "held-out"),
            "stable": lambda: measure_stability(films, folder / "stable"),
            "noise": lambda: measure_noise(films, folder / "noise"),
            "encoding": lambda: measure_encoding(films, chosen.repeats),
            "bytes": lambda: compare_bytes(films, folder / "bytes"),
        }
        for name in chosen.only.split(","):
            results[name] = {"source": source.name, "rows": len(films), **steps[name]()}
            file.write_text(json.dumps(results, indent=2) + "\n")
            sys.stdout.write(f"{name}: {json.dumps(results[name])}\n")


def _find_processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":")[1].strip() for line in lines if "model name" in line), "unknown")


if __name__ == "__main__":
    main()
