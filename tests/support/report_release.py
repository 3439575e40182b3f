"""An invented release for the tests of its report page."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa

from pipeline.report.html import FILM_MAP
from pipeline.schemas import mining as tables

Release = tuple[dict[str, Any], pa.Table, pa.Table, pa.Table]

FAMILIES = {
    "Crime and Justice": [
        "Courtroom Drama",
        "Mafia Family Saga",
        "Elaborate Heist",
        "Serial-Killer Manhunt",
        "Prison Escape",
        "Newsroom Investigation",
    ],
    "Monsters and Haunting": [
        "Haunted-House Horror",
        "Vampire Romance",
        "Zombie Outbreak",
        "Demonic Possession",
        "Shark Attack",
        "Giant Monster",
    ],
    "War and Espionage": [
        "Submarine Cold-War Thriller",
        "Cold-War Spy",
        "Trench Warfare",
        "Resistance Fighter",
    ],
    "Space and Time": [
        "Time Loop",
        "Space Mission in Peril",
        "Alien Invasion",
        "Artificial Intelligence Rebellion",
    ],
    "Love and Family": [
        "Wedding Comedy",
        "Coming-of-Age Summer",
        "Widower's Second Chance",
        "High-School Prom Romance",
    ],
    "Stage and Kitchen": ["Ballet Dancer", "Musician Biography", "Chef and Restaurant"],
    "Sport": ["Boxing Drama", "Motor Racing"],
    "Frontier": ["Gunslinger Western"],
}
FIRST = ["The Last", "A Quiet", "Iron", "Midnight", "Under the", "Return of the", "Seven", "Silver"]
SECOND = [
    "Harbour",
    "Verdict",
    "Winter",
    "Signal",
    "Orchard",
    "Crossing",
    "Empire",
    "Tide",
    "Train",
]
NASTY = "Rock & Roll <b>\"High\"</b> </script><script>alert(1)</script> %{x} $5 & 'more'"


def release(films: int = 1500, seed: int = 7) -> Release:
    """Return the report, micro-genres, families and film map of about `films` films."""
    dice = random.Random(seed)
    names = [(family, name) for family, group in FAMILIES.items() for name in group]
    shares = [dice.uniform(0.4, 2.2) for _ in names]
    sizes = [max(12, round(films * share / sum(shares))) for share in shares]
    genres: list[dict[str, Any]] = []
    points = []
    homes = {family: (dice.uniform(-9, 9), dice.uniform(-6, 6)) for family in FAMILIES}
    for cluster, ((family, name), size) in enumerate(zip(names, sizes, strict=True)):
        x, y = (at + dice.gauss(0, 2.4) for at in homes[family])
        titles = [f"{dice.choice(FIRST)} {dice.choice(SECOND)}" for _ in range(size)]
        years = [dice.randint(1931, 2016) for _ in range(size)]
        points += [
            (
                f"{cluster:03d}-{n:04d}",
                titles[n],
                years[n],
                cluster,
                x + dice.gauss(0, 0.7),
                y + dice.gauss(0, 0.7),
            )
            for n in range(size)
        ]
        word = name.lower().split()
        genres.append(
            dict(
                cluster=cluster,
                micro_genre_id=f"mg-{cluster:04d}",
                micro_genre_name=name,
                micro_genre_keybert=" / ".join(word),
                keywords=[*word, "small town", "betrayal", "rescue mission"][:5],
                family=list(FAMILIES).index(family),
                family_name=family,
                films=size,
                weak_films=size // 12,
                exemplar_ids=["1", "2", "3"],
                exemplars=[f"{titles[n]} ({years[n]})" for n in range(3)],
                mean_similarity=0.6,
                nearest_cluster=0,
                vote_average=round(dice.uniform(5.2, 7.4), 2),
                first_year=min(years),
                last_year=max(years),
                description=f"Films about {name.lower()}." if cluster % 2 else None,
                alternatives=[f"{name} Films", f"Tales of {name}"] if cluster % 2 else [],
                name_truth=0.5 + cluster % 5 / 10 if cluster else None,
            )
        )
    families = [
        dict(
            family=n,
            family_name=family,
            keywords=["loyalty", "danger"],
            micro_genres=len(group),
            films=sum(g["films"] for g in genres if g["family"] == n),
        )
        for n, (family, group) in enumerate(FAMILIES.items())
    ]
    columns = list(zip(*points, strict=True))
    return (
        figures_of(sum(sizes), dice),
        pa.Table.from_pylist(genres, tables.MICRO_GENRES),
        pa.Table.from_pylist(families, tables.FAMILIES),
        pa.table([pa.array(c, f.type) for c, f in zip(columns, FILM_MAP, strict=True)], FILM_MAP),
    )


def figures_of(films: int, dice: random.Random) -> dict[str, Any]:
    fields = [name for name in tables.MOVIES.names if name not in ("source", "row")]
    full = {name: dice.choice([1.0, 0.98, 0.86, 0.63]) for name in fields}
    curve = [
        {
            "k": k,
            "inertia": 900 - 62 * k**0.5,
            "relative_gain": 0.3 / k**0.5,
            "silhouette": 0.04 + 0.05 * k / (k + 30) - k * 1e-4,
            "stability": 0.62 - 0.001 * k if k % 20 == 0 else None,
        }
        for k in range(10, 81, 5)
    ]
    return {
        "release_id": "2026-11-21-3f9c1d2a",
        "title": "Micro-genres of a catalogue",
        "attribution": "Overviews written for this project; titles and years are facts.",
        "licence": "CC BY 4.0",
        "counts": {
            "rows_in": films + 18,
            "released": films,
            "rejected": 18,
            "micro_genres": 30,
            "families": 8,
            "weak_films": 121,
        },
        "data_quality": {
            "rows_in": films + 18,
            "films": films,
            "retention": films / (films + 18),
            "rejects": {"missing_overview": 11, "duplicate_id": 5, "impossible_year": 2},
            "completeness": {n: {"read": v * 0.97, "kept": v} for n, v in full.items()},
            "missing_patterns": [
                {"missing": [], "films": films - 300, "share": 0.8},
                {"missing": ["tagline"], "films": 200, "share": 0.13},
                {"missing": ["tagline", "keywords", "cast"], "films": 80, "share": 0.05},
            ],
            "other_patterns": 20,
            "overview_words": [
                {
                    "from": 10 * n,
                    "to": 10 * n + 9 if n < 20 else None,
                    "films": 220 - 2 * (n - 6) ** 2,
                }
                for n in range(1, 21)
                if 2 * (n - 6) ** 2 < 220
            ],
            "years": {str(y): 3 + (y - 1930) // 3 for y in range(1931, 2017)} | {"unknown": 4},
        },
        "k": {
            "chosen": 30,
            "rule": "most stable k with about 50 films per micro-genre",
            "elbow": 25,
            "best_silhouette_k": 50,
            "curve": curve,
        },
        "clusters": {
            "cosine_silhouette": 0.0712,
            "points_silhouette": 0.186,
            "davies_bouldin": 3.214,
            "calinski_harabasz": 41.62,
            "inertia": 612.4,
            "seed_ari": 0.58,
            "genre_purity": 0.437,
            "length_variance_explained": 0.119,
            "smallest": 12,
            "median": 47,
            "largest": 93,
        },
        "name_truth": {
            "whole": 0.655,
            "subject": 0.71,
            "form": 0.884,
            "adjective": None,
            "names_true_of_60": 0.7333,
            "forms_true_of_60": 1.0,
            "without_form": 0.2,
            "without_subject": 0.1,
            "thin_micro_genres": 2,
            "thin_films": 61,
        },
        "names": {
            "own_centroid_share": 0.974,
            "unique_share": 1.0,
            "keyword_coverage": 0.743,
            "near_duplicate_pairs": [],
            "boilerplate_keywords": [],
            "person_keywords": [],
        },
        "comparison": [
            {
                "method": "agglomerative",
                "clusters": 30,
                "cosine_silhouette": 0.052,
                "outlier_share": 0.0,
                "ari_with_ours": 0.41,
            },
            {
                "method": "HDBSCAN",
                "clusters": 19,
                "cosine_silhouette": -0.021,
                "outlier_share": 0.56,
                "ari_with_ours": None,
            },
        ],
        "neighbours": {"index": "Flat, inner product", "recall_at_10": 1.0, "count": 10},
        "embedding": {
            "model": "all-MiniLM-L6-v2",
            "revision": "8b3219a92973c328a8e22fadcfa821b5dc",
            "device": "cpu",
            "dtype": "bfloat16",
            "dtype_reason": "on the slowest worker, products in bfloat16 are 2.41 times as fast",
            "float32_gflops": 87.0,
            "bfloat16_gflops": 209.7,
            "films": films,
            "unique_texts": films - 2,
            "seconds": 31.4,
            "texts_per_second": 212.7,
        },
        "seconds": {
            "sources": 0.42,
            "clean": 1.3,
            "features": 2.8,
            "embed": 31.4,
            "cluster": 9.75,
            "neighbours": 0.6,
            "label": 6.2,
            "taxonomy": 0.3,
            "report": 4.4,
        },
        "languages": [
            {
                "language": code,
                "films": n,
                "share": n / films,
                "mean_similarity": near,
                "mean_margin": margin,
                "weak_share": weak,
            }
            for code, n, near, margin, weak in [
                ("en", films - 60, 0.61, 0.09, 0.0312),
                ("de", 30, 0.44, 0.05, 0.2),
                (None, 15, 0.4, None, 0.4),
                *((f"x{m}", 1, 0.3, 0.02, 1.0) for m in range(15)),
            ]
        ],
        "explanations": {
            "clusters.cosine_silhouette": "From -1 to 1; films of one micro-genre lie closer to "
            "one another than to the next. Stories overlap, so 0.05 to 0.1 is usual.",
            "names.own_centroid_share": "Share of names whose vector is nearest to the centroid "
            "of the micro-genre that they name.",
            "neighbours.recall_at_10": "Share of the ten true nearest films that the index finds.",
        },
    }


def hostile(films_wanted: int) -> Release:
    """Return a release whose catalogue texts all contain HTML and scripts."""
    report, genres, families, films = release(films_wanted)
    report["title"] = report["release_id"] = report["licence"] = NASTY
    report["data_quality"]["rejects"] = {NASTY: 1}
    report["explanations"]["clusters.inertia"] = NASTY

    def replace(table: pa.Table, name: str) -> pa.Table:
        at = table.schema.get_field_index(name)
        kind = table.schema.field(name).type
        value: Any = [NASTY] if pa.types.is_list(kind) else NASTY
        return table.set_column(at, name, pa.array([value] * table.num_rows, kind))

    texts = ("micro_genre_name", "family_name", "keywords", "exemplars", "alternatives")
    for name in (*texts, "description"):
        genres = replace(genres, name)
    return report, genres, families, replace(films, "title")
