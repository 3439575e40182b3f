"""A release of forty films from the real stages, with titles that need correct escaping."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.cleaning.language import detect_languages
from pipeline.cluster.assign import assign
from pipeline.features.fit_space import fit_space
from pipeline.features.space import place
from pipeline.fileio.atomic import write_bytes
from pipeline.fileio.parquet import write_table
from pipeline.neighbours.index import build_index, index_bytes
from pipeline.neighbours.search import nearest_films
from pipeline.publish import tables as publish
from pipeline.report.figures import film_map
from pipeline.schemas import mining as tables
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import FeatureSettings, NeighbourSettings
from pipeline.storage.release_store import ReleaseStore
from tests.support.films import EXACT, THEMES, exact, mined

# Titles of the first films; the others are "Film 8", "Film 9", ...
TITLES = (
    "Das Boot",
    'The "Quoted" One\'s Tale',
    "[REC] (a.*b)+? \\d",
    "<script>alert(1)</script>",
    "فيلم عن الغواصة",
    "100%_sure; DROP TABLE film; --",
    "千と千尋の神隠し",
    "=HYPERLINK(1)",
)
FAMILIES = ("Tense", "Tender")
LANGUAGES = ("en", "fr", "de")


# What is known of the names of some micro-genres.
PARTS: dict[int, dict[str, Any]] = {
    0: {
        "alternatives": ["Torpedo <Dramas>", "Naval Thrillers"],
        "description": "Crews of submarines are hunted: Das Boot.",
        "subjects": ["submarine"],
        "subject_terms": ["submarine", "u-boat"],
        "form_genres": ["War"],
        "name_truth": 0.5,
        "subject_truth": 0.75,
        "form_truth": 1.0,
        "name_source": "mined",
    }
}
RELEASE_ID = "served-1"


def build(root: Path) -> Path:
    """Commit the release into the output folder `root`; return its folder."""
    inputs = mined()
    movies = _catalogue(inputs.movies)
    settings = FeatureSettings()
    languages = detect_languages(movies)["languages"]
    films = (movies, inputs.features, inputs.embeddings, inputs.vocabulary)
    space = fit_space(*films, settings, languages)["space"]
    points = place(*films, space, settings, languages=languages)
    positions = matrix_of(points["points"])
    sums = np.stack([positions[inputs.theme == c].sum(0) for c in range(len(THEMES))])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    centroids = pa.table(
        [pa.array(range(len(THEMES)), pa.int32()), column_of_vectors(sums)],
        schema=tables.CENTROIDS(sums.shape[1]),
    )
    assigned = publish.mark_weak(assign(points["points"], centroids)["assignments"], 0.1)
    labels = [
        {
            "cluster": c,
            "micro_genre_id": name.lower().replace(" ", "-"),
            "micro_genre_name": name,
            "keywords": name.lower().split(),
            "family": c // 2,
            "family_name": FAMILIES[c // 2],
        }
        | PARTS.get(c, {})
        for c, name in enumerate(THEMES)
    ]
    genres = publish.micro_genres(movies, assigned, labels, sums)
    places = film_map(positions, sums, assigned["cluster"].to_numpy(), 1)
    near = NeighbourSettings()
    index = build_index(inputs.embeddings, near, len(movies))["index"]
    all_ids = inputs.embeddings.select(["movie_id"])
    released = {
        "movies": publish.released_movies(movies, assigned, genres, places, _name_true(assigned)),
        "micro_genres": genres,
        "families": publish.families(genres, {}),
        "neighbours": nearest_films(inputs.embeddings, all_ids, index, near)["neighbours"],
        "embeddings": inputs.embeddings,
        "rejects": tables.REJECTS.empty_table(),
        "centroids": centroids,
        "space": space,
        "vocabulary": inputs.vocabulary,
    }
    return _commit(root, released, index)


def _catalogue(movies: pa.Table) -> pa.Table:
    rows: list[dict[str, Any]] = movies.to_pylist()
    for number, row in enumerate(rows):
        row["title"] = TITLES[number] if number < len(TITLES) else f"Film {number}"
        row["year"] = None if number == 9 else 1960 + number
        row["genres"] = [("War", "Crime", "Horror", "Comedy")[number // 10], "Drama"][
            : 1 + number % 2
        ]
        row["language"] = LANGUAGES[number % 3]
        row["vote_average"] = None if number % 7 == 6 else 4.0 + number / 10
        row["vote_count"] = 100 * number
        row["popularity"] = float((number * 17) % 40)
        row["directors"] = ["Agnès Varda"] if number % 5 == 0 else None
        row["release_date"] = f"{1960 + number}-05-04"
    return pa.Table.from_pylist(rows, movies.schema)


def _name_true(assigned: pa.Table) -> pa.Array:
    """Every second film has the name of the first micro-genre; of the others nothing is known."""
    clusters = assigned["cluster"].to_pylist()
    true = [row % 2 == 0 if cluster in PARTS else None for row, cluster in enumerate(clusters)]
    return pa.array(true, pa.bool_())


def _commit(root: Path, released: dict[str, pa.Table], index: pa.Table) -> Path:
    store = ReleaseStore(root)
    folder = store.begin(RELEASE_ID)
    for table, rows in released.items():
        write_table(folder / f"{table}.parquet", rows.combine_chunks())
    write_bytes(folder / "index.faiss", b"".join(index_bytes(index)))
    films = len(released["movies"])
    report = {
        "release_id": RELEASE_ID,
        "title": "Served",
        "name_truth": {"whole": 0.5, "subject": 0.75, "names_true_of_60": 0.0},
        "names": {"unique_share": 1.0},
        "clusters": {},
    }
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (folder / "report.html").write_text("<html></html>", encoding="utf-8")
    manifest = {
        "release_id": RELEASE_ID,
        "schema_version": 1,
        "counts": {"rows_in": films, "released": films, "rejected": 0},
        "settings": {
            "features": FeatureSettings().model_dump(mode="json"),
            "embed": EXACT.model_dump(mode="json"),
            "neighbours": NeighbourSettings().model_dump(mode="json"),
        },
        "weak_below": -1.0,
        "shelves": {"reach": 0.9, "near_enough": 0.99, "untagged": 0.99},
        "model": {"name": "all-MiniLM-L6-v2", "revision": exact().revision, "dim": 384},
    }
    return store.commit(folder, RELEASE_ID, manifest)
