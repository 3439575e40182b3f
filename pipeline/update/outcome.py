"""What an update measures and records: novelty, drift, lineage, report and manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cleaning import profile
from pipeline.cleaning.language import fit_by_language
from pipeline.cleaning.text_repair import count_words
from pipeline.lineage.matching import Match, count_events, lineage_table
from pipeline.lineage.previous_release import PreviousRelease
from pipeline.publish.tables import attributed
from pipeline.release.reader import ReleasedTables
from pipeline.report.figures import assemble
from pipeline.report.name_truth import name_truth_figures
from pipeline.report.summary import count_reasons, release_counts
from pipeline.schemas.lineage import BASELINE, DRIFT
from pipeline.schemas.mining import CLEAN_MOVIES
from pipeline.schemas.reading_summary import ReadingSummary
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.vectors import matrix_of, parts_of, unit_rows
from pipeline.settings import DriftSettings, IdentitySettings, NoveltySettings, PublishSettings
from pipeline.update.apply import UpdatedRelease
from pipeline.update.changes import Changes
from pipeline.update.drift import Drift, compute_drift, drift_table, keyword_uses
from pipeline.update.novelty import find_novel, propose_micro_genres

__all__ = [
    "drift_history",
    "find_novel_films",
    "measure_drift",
    "missing_texts",
    "retained_examples",
    "update_lineage",
    "update_manifest",
    "update_report",
]

# Sections that an update takes from the report of the release it follows: they were measured when
# that was mined, and an update moves no centroid and names nothing.
_CARRIED = ("k", "comparison", "names", "clusters", "embedding")
_EXAMPLES = 10  # retained films that the report names


def missing_texts(texts: pa.Table, vectors: Mapping[str, np.ndarray]) -> pa.Table:
    """Return the distinct texts without a vector, sorted by hash.

    Parameters
    ----------
    texts : pa.Table
        String columns text_hash and text.
    vectors : Mapping of str to ndarray of shape (dim,), float32
        Known vectors by the hash of their text.

    Returns
    -------
    pa.Table
        Columns text_hash and text.

    Examples
    --------
    >>> texts = pa.table({"text_hash": ["b", "a", "b"], "text": ["two", "one", "two"]})
    >>> missing_texts(texts, {"a": np.zeros(3)}).to_pylist()
    [{'text_hash': 'b', 'text': 'two'}]
    """
    pairs = zip(texts["text_hash"].to_pylist(), texts["text"].to_pylist(), strict=True)
    missing = sorted({h: text for h, text in pairs if h not in vectors}.items())
    columns = [[h for h, _ in missing], [text for _, text in missing]]
    return pa.table([pa.array(c, pa.string()) for c in columns], names=["text_hash", "text"])


def find_novel_films(
    updated: UpdatedRelease,
    settings: NoveltySettings,
    encode: Callable[[Sequence[str]], np.ndarray],
    language: str = "auto",
) -> dict[str, Any]:
    """Find films that fit no micro-genre well, and the micro-genres that they would make.

    Parameters
    ----------
    updated : UpdatedRelease
        The tables of the next release; the table `novel` is added to them.
    settings : NoveltySettings
        When a film counts as novel, and how many make a proposal.
    encode : callable
        Texts to unit vectors, float32 of shape (n_texts, dim).
    language : str
        Language of the names of proposals; see `label.language`.

    Returns
    -------
    dict
        `films` (count), `share` of all films (0 to 1) and `proposals`, for the report.
    """
    baseline = updated.whole("baseline").cast(BASELINE)
    novel, groups = find_novel(updated.films, updated.points_of, baseline, settings)
    updated.tables["novel"] = novel
    labels = updated.whole("micro_genres").sort_by("cluster")
    proposed = propose_micro_genres(
        updated.tables["movies"],
        updated.keywords,
        updated.vectors_of,
        groups,
        updated.text_means,
        labels["micro_genre_name"].to_pylist(),
        encode,
        language,
    )
    share = len(novel) / max(1, len(updated.films))
    return {"films": len(novel), "share": share, "proposals": proposed}


def measure_drift(
    before: ReleasedTables,
    updated: UpdatedRelease,
    novelty: Mapping[str, Any],
    settings: DriftSettings,
) -> Drift:
    """Measure how far the catalogue has drifted since the last mining.

    Parameters
    ----------
    before : ReleasedTables
        The release that is updated.
    updated : UpdatedRelease
        Tables and points of the next release.
    novelty : Mapping of str to Any
        Result of `find_novel_films`.
    settings : DriftSettings
        The threshold of each figure.
    """
    centroids = matrix_of(updated.whole("centroids"))
    clusters = updated.films["cluster"].to_numpy()
    filled = np.bincount(clusters, minlength=len(centroids)) > 0
    uses = {
        "mined": before.manifest.keyword_uses,
        "now": keyword_uses(updated.keywords(), updated.whole("vocabulary")),
    }
    return compute_drift(
        updated.whole("baseline"),
        clusters,
        updated.films["similarity"].to_numpy(),
        # what is left of the sum of a micro-genre without films is rounding
        unit_rows(np.where(filled[:, None], updated.point_sums, 0.0), dtype=None),
        centroids,
        uses,
        {"novel": novelty["share"], "proposals": len(novelty["proposals"])},
        settings,
    )


def drift_history(before: ReleasedTables, drift: Drift, generation: int, decision: str) -> pa.Table:
    """Return DRIFT of all updates since the last mining, this update last.

    Parameters
    ----------
    before : ReleasedTables
        The release that is updated.
    drift : Drift
        Figures of this update.
    generation : int
        Generation of the next release.
    decision : str
        What follows: "none", "mining due" or "mining started".
    """
    path = before.path / "drift.parquet"
    earlier = before.table("drift", DRIFT) if path.is_file() else DRIFT.empty_table()
    return pa.concat_tables([earlier, drift_table(drift, generation, before.id, decision)])


def update_lineage(
    previous: PreviousRelease, updated: UpdatedRelease, settings: IdentitySettings, generation: int
) -> pa.Table:
    """Return LINEAGE of an update: the centroids are unchanged, so each micro-genre continues.

    Parameters
    ----------
    previous : PreviousRelease
        The release that is updated.
    updated : UpdatedRelease
        Tables and points of the next release.
    settings : IdentitySettings
        Thresholds; none of them ends a micro-genre here.
    generation : int
        Generation of the next release.
    """
    names = previous.ids_and_names
    unchanged = {cluster: cluster for cluster in range(len(names))}
    centroids = previous.films.centroids
    match = Match(unchanged, _shared_films(previous, updated.films), centroids @ centroids.T)
    return lineage_table(match, names, names, previous.ended_lineage, generation, settings)


def _shared_films(previous: PreviousRelease, films: pa.Table) -> np.ndarray:
    """Number of films by the micro-genre of before (rows) and of now (columns), (k, k) int64."""
    k = len(previous.films.centroids)
    ids = previous.films.movie_ids
    ids = ids if isinstance(ids, pa.Array) else pa.array(ids, pa.string())
    place = pc.index_in(films["movie_id"].combine_chunks(), value_set=ids)
    known = pc.is_valid(place).to_numpy(zero_copy_only=False)
    was = previous.films.cluster[place.drop_null().to_numpy()]
    pairs = was * k + films["cluster"].to_numpy()[known]
    return np.bincount(pairs, minlength=k * k).reshape(k, k)


def update_report(
    before: ReleasedTables,
    changes: Changes,
    updated: UpdatedRelease,
    *,
    release_id: str,
    generation: int,
    texts_encoded: int,
    drift: Drift,
    decision: str,
    novelty: Mapping[str, Any],
    publish: PublishSettings,
    reading: ReadingSummary,
) -> dict[str, Any]:
    """Return the quality report of an update, without its run times."""
    parent, films, rejects = before.report.to_dict(), updated.films, updated.whole("rejects")
    micro_genres = updated.whole("micro_genres")
    mined = before.manifest.mined or before.id
    reasons = count_reasons(rejects)
    return assemble(
        {
            "release_id": release_id,
            "title": publish.title,
            "attribution": attributed(publish, changes.sources, parent.get("attribution") or ""),
            "licence": publish.licence,
            "counts": release_counts(
                changes.rows_in, films, rejects, micro_genres, updated.whole("families")
            ),
            "data_quality": _data_quality(
                parent, parts_of(updated.tables["movies"]), reasons, changes.rows_in
            ),
            "reading": reading.to_dict(),
            **{name: parent[name] for name in _CARRIED if name in parent},
            "name_truth": name_truth_figures(micro_genres),
            "carried": {"from": mined, "sections": [n for n in _CARRIED if n in parent]},
            "neighbours": parent["neighbours"],
            "languages": fit_by_language(films, updated.whole("languages")),
            "lineage": count_events(updated.whole("lineage"), generation),
            "update": {
                "parent": before.id,
                "mined": mined,
                "added": len(changes.added),
                "changed": len(changes.changed),
                "withdrawn": len(changes.withdrawn),
                "retained": len(changes.retained),
                "retained_examples": retained_examples(films, changes.retained, _EXAMPLES),
                "placed": len(changes.placed),
                "texts_encoded": texts_encoded,
            },
            "novelty": dict(novelty),
            "drift": {
                "figures": drift.figures,
                "thresholds": drift.thresholds,
                "past": drift.past,
                "decision": decision,
                "grown": drift.grown,
            },
        }
    )


def update_manifest(
    before: ReleasedTables,
    changes: Changes,
    updated: UpdatedRelease,
    report: Mapping[str, Any],
    generation: int,
    known_sources: Sequence[str],
) -> ReleaseManifest:
    """Return the manifest of an update: the manifest of its parent, with the new values."""
    carried = {n: v for n, v in before.manifest.to_dict().items() if n not in ("files", "content")}
    document = carried | {
        "release_id": report["release_id"],
        "kind": "updated",
        "parent": before.id,
        "mined": before.manifest.mined or before.id,
        "generation": generation,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "counts": {n: report["counts"][n] for n in ("rows_in", "released", "rejected")},
        "schema": {
            name: {field.name: str(field.type) for field in table.schema}
            for name, table in updated.tables.items()
        },
        "sources": [
            # what the tables are is in `reading`
            {name: value for name, value in source.items() if name != "tables"}
            for source in changes.sources
        ],
        "source_order": list(
            dict.fromkeys([*known_sources, *(str(source["name"]) for source in changes.sources)])
        ),
        "reading": report["reading"],
        "unreadable_rows": changes.unreadable,
        "retained_films": len(changes.retained),
    }
    return ReleaseManifest.model_validate(document)


def retained_examples(movies: pa.Table, retained: Mapping[str, str], most: int) -> list[str]:
    """Return some retained films, each with the reason: "Heat (1995): films.csv row 7: ...".

    Parameters
    ----------
    movies : pa.Table
        Columns movie_id, title and year of the released films.
    retained : Mapping of str to str
        Id -> why its row cannot be read.
    most : int
        Most films to name, the first by id.

    Examples
    --------
    >>> movies = pa.table({"movie_id": ["1"], "title": ["Heat"], "year": [1995]})
    >>> retained_examples(movies, {"1": "a.csv row 7: missing_overview, no overview"}, 3)
    ['Heat (1995): a.csv row 7: missing_overview, no overview']
    """
    ids = pa.array(sorted(retained)[:most], pa.string())
    films = movies.filter(pc.is_in(movies["movie_id"], value_set=ids)).sort_by("movie_id")
    examples = []
    for film in films.select(["movie_id", "title", "year"]).to_pylist():
        year = "" if film["year"] is None else f" ({film['year']})"
        examples.append(f"{film['title'] or film['movie_id']}{year}: {retained[film['movie_id']]}")
    return examples


def _data_quality(
    parent: Mapping[str, Any],
    movies: Iterable[pa.Table],
    reasons: dict[str, int],
    rows_in: int,
) -> dict[str, Any]:
    """Profile the released films; figures that need the raw rows are those of the mining."""
    counted = []
    unknown: list[str] = []
    for part in movies:
        films = part
        unknown = [name for name in profile.FIELDS if name not in part.column_names]
        for name in unknown:
            films = films.append_column(name, pa.nulls(len(part), CLEAN_MOVIES.field(name).type))
        words = np.array([count_words(text) for text in films["overview"].to_pylist()], np.int64)
        counted.append(profile.profile(CLEAN_MOVIES.empty_table(), films, words))
    quality = profile.combine(counted, reasons, rows_in)
    for name, share in parent["data_quality"]["completeness"].items():
        own = quality["completeness"][name]
        own["read"] = share["read"]
        own["kept"] = share["kept"] if name in unknown else own["kept"]
    return quality
