"""What micro-genres are made of: keywords, decades, genre lists, and how near they are.

Figures are of a sample of the films, so that their number does not grow with the catalogue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.vectors import matrix_of

__all__ = ["Composition", "about_release", "compose", "heat"]

LARGEST = 24  # micro-genres of a table
_GENRES = 12  # genre labels
_KEYWORDS = 5  # of a micro-genre
# settings that change what is mined; all are in manifest.json
_SECTIONS = ("features", "cluster", "label", "neighbours")
_PLAIN = (int, float, str)
_LEVELS = 6  # shades of a heat map


@dataclass(frozen=True)
class Composition:
    """Tables of the report; each cell is a text and a shade from 0 to 5.

    Attributes
    ----------
    about : list of (str, str)
        What made the release: date, sources, settings.
    keywords : list of (str, list of (str, str, str))
        Micro-genre; keyword, weight, and length of its bar in percent.
    decades, genres, similarity : (list of str, list of (str, list of (str, int)))
        Heads of the columns; micro-genre and cells.
    tree : list of (str, str, list of (str, str))
        Family and its films; its micro-genres and their films.
    sample : int
        Number of films that were counted.
    """

    about: list[tuple[str, str]] = field(default_factory=list)
    keywords: list[tuple[str, list[tuple[str, str, str]]]] = field(default_factory=list)
    decades: tuple[list[str], list[tuple[str, list[tuple[str, int]]]]] = ([], [])
    genres: tuple[list[str], list[tuple[str, list[tuple[str, int]]]]] = ([], [])
    similarity: tuple[list[str], list[tuple[str, list[tuple[str, int]]]]] = ([], [])
    tree: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    sample: int = 0


def about_release(manifest: ReleaseManifest) -> list[tuple[str, str]]:
    """Return date, sources, seed, settings, model and versions of a release, as label and text."""
    document = manifest.to_dict()
    settings, model, versions = document["settings"], document["model"], document["versions"]
    found = [
        ("Date of the run", str(document.get("created_at") or "not recorded")),
        ("Seed", str(settings.get("seed", "not recorded"))),
    ]
    for source in document["sources"]:
        digest = str(source.get("sha256", ""))[:16]
        found.append(
            (
                f"Source {source.get('name', '')}",
                f"{source.get('rows', '?')} rows, SHA-256 {digest}",
            )
        )
    about = [str(model.get(part, ""))[:20] for part in ("name", "dtype", "device", "revision")]
    found.append(("Model", ", ".join(about)))
    for section in _SECTIONS:
        values = settings.get(section) or {}
        plain = [
            f"{n} = {v}" for n, v in sorted(values.items()) if isinstance(v, int | float | str)
        ]
        if plain:
            found.append((f"Settings: {section}", ", ".join(plain)))
    found.append(("Versions", ", ".join(f"{name} {versions[name]}" for name in sorted(versions))))
    return found


def heat(value: float, most: float) -> int:
    """Return the shade of a value from 0 to 5.

    Examples
    --------
    >>> [heat(value, 0.5) for value in (0.0, 0.01, 0.2, 0.5)]
    [0, 1, 3, 5]
    """
    if value <= 0 or most <= 0:
        return 0
    return min(_LEVELS - 1, 1 + int(value / most * (_LEVELS - 1)))


def compose(
    micro_genres: pa.Table,
    families: pa.Table,
    centroids: pa.Table,
    films: pa.Table,
    about: Sequence[tuple[str, str]] = (),
) -> Composition:
    """Return the tables of a release.

    Parameters
    ----------
    micro_genres, families : Table
        MICRO_GENRES and FAMILIES.
    centroids : Table
        CENTROIDS.
    films : Table
        A sample of the films: columns cluster, year, genres and keywords.
    about : sequence of (str, str)
        What made the release.
    """
    rows = sorted(micro_genres.to_pylist(), key=lambda row: (-(row["films"] or 0), row["cluster"]))
    shown = rows[:LARGEST]
    sample = films.to_pylist()
    by_cluster: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for film in sample:
        by_cluster[film["cluster"]].append(film)
    return Composition(
        about=list(about),
        keywords=_keywords(shown, by_cluster, sample),
        decades=_decades(shown, by_cluster),
        genres=_genres(shown, by_cluster, sample),
        similarity=_similarity(shown, centroids),
        tree=_tree(rows, families.to_pylist()),
        sample=len(sample),
    )


def _keywords(
    shown: Sequence[Mapping[str, Any]],
    by_cluster: Mapping[int, Sequence[Mapping[str, Any]]],
    sample: Sequence[Mapping[str, Any]],
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the most telling keywords: share of the films times the logarithm of the lift."""
    everywhere = Counter(word for film in sample for word in set(film["keywords"] or ()))
    found = []
    for row in shown:
        own = by_cluster.get(row["cluster"], ())
        counts = Counter(word for film in own for word in set(film["keywords"] or ()))
        weights = []
        for word, films in counts.items():
            share = films / len(own)
            lift = share / (everywhere[word] / len(sample))
            if films > 1 and lift > 1:
                weights.append((share * float(np.log(lift)), word))
        best = sorted(weights, key=lambda pair: (-pair[0], pair[1]))[:_KEYWORDS]
        if best:
            most = best[0][0]
            cells = [(word, f"{w:.2f}", f"{w / most * 100:.1f}") for w, word in best]
            found.append((row["micro_genre_name"], cells))
    return found


def _decades(
    shown: Sequence[Mapping[str, Any]], by_cluster: Mapping[int, Sequence[Mapping[str, Any]]]
) -> tuple[list[str], list[tuple[str, list[tuple[str, int]]]]]:
    """Return the share of the films of each micro-genre that each decade has."""
    years = [f["year"] for films in by_cluster.values() for f in films if f["year"] is not None]
    if not years:
        return [], []
    decades = list(range(min(years) // 10 * 10, max(years) + 1, 10))
    counted = []
    for row in shown:
        own = [f["year"] for f in by_cluster.get(row["cluster"], ()) if f["year"] is not None]
        counts = Counter(year // 10 * 10 for year in own)
        shares = [counts[decade] / len(own) if own else 0.0 for decade in decades]
        counted.append((row["micro_genre_name"], shares))
    return [f"{decade}s" for decade in decades], _shaded(counted)


def _genres(
    shown: Sequence[Mapping[str, Any]],
    by_cluster: Mapping[int, Sequence[Mapping[str, Any]]],
    sample: Sequence[Mapping[str, Any]],
) -> tuple[list[str], list[tuple[str, list[tuple[str, int]]]]]:
    """Return the share of the films of each micro-genre that bear each genre of the catalogue."""
    counts = Counter(label for film in sample for label in film["genres"] or ())
    labels = [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:_GENRES]]
    counted = []
    for row in shown:
        own = by_cluster.get(row["cluster"], ())
        bear = Counter(label for film in own for label in set(film["genres"] or ()))
        shares = [bear[label] / len(own) if own else 0.0 for label in labels]
        counted.append((row["micro_genre_name"], shares))
    return labels, _shaded(counted) if labels else []


def _similarity(
    shown: Sequence[Mapping[str, Any]], centroids: pa.Table
) -> tuple[list[str], list[tuple[str, list[tuple[str, int]]]]]:
    """Return the cosine of the centroids of each two micro-genres."""
    place = {cluster: at for at, cluster in enumerate(centroids.column("cluster").to_pylist())}
    known = [row for row in shown if row["cluster"] in place]
    if len(known) < 2:
        return [], []
    vectors = matrix_of(centroids)[[place[row["cluster"]] for row in known]]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    apart = cosines[~np.eye(len(known), dtype=bool)]
    most = float(apart.max())
    found = []
    for at, row in enumerate(known):
        cells = [
            ("", 0) if at == other else (f"{value:.2f}", heat(float(value), most))
            for other, value in enumerate(cosines[at])
        ]
        found.append((row["micro_genre_name"], cells))
    return [str(number) for number in range(1, len(known) + 1)], found


def _tree(
    rows: Sequence[Mapping[str, Any]], families: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    found = []
    for family in sorted(families, key=lambda one: (-(one["films"] or 0), one["family_name"])):
        own = [row for row in rows if row["family"] == family["family"]]
        leaves = [(row["micro_genre_name"], f"{row['films']:,}") for row in own]
        found.append((family["family_name"], f"{family['films'] or 0:,}", leaves))
    return found


def _shaded(
    counted: Sequence[tuple[str, Sequence[float]]],
) -> list[tuple[str, list[tuple[str, int]]]]:
    most = max((share for _, shares in counted for share in shares), default=0.0)
    return [
        (name, [("" if not share else f"{share:.0%}", heat(share, most)) for share in shares])
        for name, shares in counted
    ]
