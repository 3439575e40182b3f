"""A release of nine films, committed by the release store, for tests of code that reads one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.fileio.parquet import write_table
from pipeline.schemas import mining as tables
from pipeline.storage.release_store import ReleaseStore

DIM = 4
# movie_id, title, year, cluster, similarity, weak; sorted by movie_id as in every release
FILMS: Sequence[tuple[str, str | None, int | None, int, float, bool]] = (
    ("1250", "[REC]", 2007, 1, 0.71, False),
    ("2007", "Halloween", 1978, 1, 0.83, False),
    ("300", "Das Boot", 1981, 0, 0.91, False),
    ("5", "Halloween", 2018, 1, 0.64, False),
    ("6", "Amélie", 2001, 2, 0.55, False),
    ("7", "300", 2007, 2, 0.31, True),
    ("8", "The Hunt for Red October", 1990, 0, 0.88, False),
    ("9", "千と千尋の神隠し", 2001, 2, 0.4, False),
    ("x1", "Amelie", None, 2, 0.5, False),
)
# Other fields of some films; the remaining films have a title only.
FACTS: dict[str, dict[str, Any]] = {
    "1250": {
        "genres": ["Horror"],
        "keywords": ["found footage", "quarantine"],
        "directors": ["Jaume Balagueró"],
        "language": "es",
        "vote_average": 7.1,
        "vote_count": 4_000,
        "popularity": 20.0,
        "release_date": "2007-11-23",
    },
    "2007": {
        "genres": ["Horror", "Thriller"],
        "language": "en",
        "vote_average": 7.6,
        "vote_count": 5_000,
        "popularity": 50.0,
        "poster_path": "/halloween.jpg",
    },
    "300": {
        "genres": ["War", "Drama"],
        "keywords": ["submarine", "world war ii"],
        "directors": ["Wolfgang Petersen"],
        "cast": ["Jürgen Prochnow"],
        "language": "de",
        "vote_average": 8.1,
        "vote_count": 2_000,
        "popularity": 30.0,
        "tagline": "=SUM(A1) is no formula",
    },
    "5": {"genres": ["Horror"], "language": "en", "vote_average": 6.4, "vote_count": 3_000},
    "6": {"genres": ["Comedy"], "language": "fr", "vote_average": 7.9, "popularity": 40.0},
    "8": {"genres": ["Thriller"], "language": "en", "vote_average": 7.4, "popularity": 35.0},
    "9": {"genres": ["Fantasy"], "language": "ja", "vote_average": 8.5, "popularity": 60.0},
}
GENRES = (
    ("mg-sub", "Submarine Cold-War Thriller", ["submarine", "cold war", "torpedo"]),
    ("mg-slash", "Small-Town [Slasher] Horror", ["slasher", "masked killer", "babysitter"]),
    ("mg-odd", "Whimsical Wonder", ["whimsical", "wonder", "bathhouse"]),
)
# What is known of the names of some micro-genres.
PARTS: dict[int, dict[str, Any]] = {
    1: {
        "alternatives": ["Masked-Killer [Slashers]", "Babysitter Horror"],
        "description": "A masked killer stalks a small town: Halloween, [REC].",
        "subjects": ["slasher"],
        "subject_terms": ["slasher", "masked killer"],
        "form_genres": ["Horror"],
        "name_truth": 0.75,
        "subject_truth": 0.75,
        "form_truth": 1.0,
        "name_source": "kept",
    },
    2: {"facets": ["language:ja"], "name_truth": 0.25, "adjective_truth": 0.25, "thin": True},
}
REPORT: dict[str, Any] = {
    "release_id": "tiny-1",
    "title": "Tiny [films]",
    "attribution": "",
    "licence": "facts",
    "counts": {"rows_in": 10, "released": 9, "rejected": 1, "micro_genres": 3, "families": 2},
    "data_quality": {
        "rows_in": 10,
        "retention": 0.9,
        "completeness": {"tagline": {"read": 0.5, "kept": 0.6}},
        "years": {"1978": 1},
    },
    "k": {"chosen": 3, "rule": "leaf size", "curve": [{"k": 2, "inertia": 9.5, "stability": None}]},
    "clusters": {"cosine_silhouette": 0.123456, "seed_ari": 0.5},
    "name_truth": {"whole": 0.6, "subject": None, "names_true_of_60": 0.5},
    "names": {"own_centroid_share": 1.0, "near_duplicate_pairs": [], "keyword_coverage": 0.75},
    "neighbours": {"index": "flat", "recall_at_10": 1.0},
    "seconds": {"embed": 2.0, "cluster": 0.5},
    "explanations": {"clusters.cosine_silhouette": "Nearer 1 is tighter."},
}


def build_release(root: Path, *, schema_version: Any = 1, release_id: str = "tiny-1") -> Path:
    """Commit the release into the output folder `root`; return its folder."""
    store = ReleaseStore(root)
    folder = store.begin(release_id)
    for name, table in _tables().items():
        write_table(folder / f"{name}.parquet", table)
    (folder / "report.json").write_text(json.dumps(REPORT), encoding="utf-8")
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    counts = {"rows_in": 10, "released": len(FILMS), "rejected": 1}
    manifest = {"release_id": release_id, "schema_version": schema_version, "counts": counts}
    return store.commit(folder, release_id, manifest)


def _tables() -> dict[str, pa.Table]:
    ids = [film[0] for film in FILMS]
    vectors = [[1.0, 0.0, 0.0, 0.0]] * len(FILMS)
    embeddings = {
        "movie_id": ids,
        "text_hash": ["0" * 64] * len(ids),
        "model_revision": ["r"] * len(ids),
        "vector": vectors,
    }
    near = [("300", 1, "8"), ("300", 2, "2007"), ("300", 3, "7"), ("8", 1, "300")]
    return {
        "movies": pa.Table.from_pylist([_film(*f) for f in FILMS], tables.RELEASED_MOVIES),
        "micro_genres": pa.Table.from_pylist(
            [genre(cluster) for cluster in range(len(GENRES))], tables.MICRO_GENRES
        ),
        "families": pa.Table.from_pylist(
            [{"family": 0, "family_name": "Tense", "keywords": [], "micro_genres": 2, "films": 5}],
            tables.FAMILIES,
        ),
        # In reverse order: readers must sort by rank.
        "neighbours": pa.Table.from_pylist(
            [
                {"movie_id": a, "rank": rank, "neighbour_id": b, "similarity": 1 - rank / 10}
                for a, rank, b in reversed(near)
            ],
            tables.NEIGHBOURS,
        ),
        "rejects": pa.Table.from_pylist(
            [{"source": "sample", "row": 10, "reason": "missing_overview"}], tables.REJECTS
        ),
        "embeddings": pa.Table.from_pydict(embeddings, tables.EMBEDDINGS(DIM)),
        "centroids": pa.Table.from_pydict(
            {"cluster": [0, 1, 2], "vector": vectors[:3]}, tables.CENTROIDS(DIM)
        ),
    }


def _film(
    movie_id: str, title: str | None, year: int | None, cluster: int, similarity: float, weak: bool
) -> dict[str, Any]:
    return {
        "movie_id": movie_id,
        "title": title,
        "year": year,
        "cluster": cluster,
        "micro_genre_name": GENRES[cluster][1],
        "micro_genre_keybert": " / ".join(GENRES[cluster][2]),
        "family_name": "Tense",
        "similarity": similarity,
        "runner_up": (cluster + 1) % 3,
        "margin": 0.1,
        "weak": weak,
        "overview": f"About {title}.",
        "family": 0,
        "x": float(cluster),
        "y": similarity,
    } | FACTS.get(movie_id, {})


def genre(cluster: int) -> dict[str, Any]:
    """Return a row of `MICRO_GENRES`."""
    micro_genre_id, name, keywords = GENRES[cluster]
    films = sorted((f for f in FILMS if f[3] == cluster), key=lambda film: -film[4])
    years = [film[2] for film in films if film[2] is not None]
    return {
        "cluster": cluster,
        "micro_genre_id": micro_genre_id,
        "micro_genre_name": name,
        "micro_genre_keybert": " / ".join(keywords),
        "keywords": keywords,
        "family": 0,
        "family_name": "Tense",
        "films": len(films),
        "weak_films": sum(film[5] for film in films),
        "exemplar_ids": [film[0] for film in films[:3]],
        "exemplars": [f"{film[1]} ({film[2]})" for film in films[:3]],
        "mean_similarity": 0.7,
        "nearest_cluster": (cluster + 1) % 3,
        "vote_average": 7.25,
        "first_year": min(years),
        "last_year": max(years),
        "alternatives": [],
        "subjects": [],
        "subject_terms": [],
        "form_genres": [],
        "every_genre": False,
        "facets": [],
        "thin": False,
    } | PARTS.get(cluster, {})
