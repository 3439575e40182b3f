"""An update gives what a mining of the same catalogue with the same centroids would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.lib.mined_release import catalogue, mined_release, settings_of, write_catalogue
from benchmarks.lib.small_model import build_model
from pipeline.cleaning.clean import clean
from pipeline.embedding.embed import encode
from pipeline.embedding.weights import identify
from pipeline.errors import ReleaseError
from pipeline.features.text import compose_texts
from pipeline.ingest.partition import read_catalogue
from pipeline.ingest.row_hash import hash_rows
from pipeline.neighbours.index import build_index
from pipeline.neighbours.search import nearest_films
from pipeline.release.reader import ReleasedTables
from pipeline.schemas.mining import MICRO_GENRES, MOVIES
from pipeline.schemas.partitions import partition_count, partition_ids
from pipeline.schemas.release_manifest import ShelfLimits
from pipeline.schemas.vectors import matrix_of, parts_of
from pipeline.settings import Settings
from pipeline.storage.work_store import WorkStore
from pipeline.update.apply import apply_changes, text_vectors
from pipeline.update.changes import (
    Changes,
    compare_films,
    compare_rows,
    films_to_place,
    removed_films,
)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Whole:
    """An updated release with its tables in memory."""

    tables: dict[str, pa.Table]
    index: pa.Table
    films: pa.Table
    points_of: Callable[[np.ndarray], np.ndarray]


class Base:
    """A mined release of 240 films, and the catalogues that follow it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: Settings = settings_of(build_model(folder / "model"))
        self.rows: Rows = catalogue().slice(0, 240).to_pylist()
        mined = mined_release(folder / "out", Path(self.settings.embed.model), self.table())
        self.release = ReleasedTables(mined)
        self.number = 0

    def table(self, rows: Sequence[dict[str, Any]] | None = None) -> pa.Table:
        return pa.Table.from_pylist(list(self.rows if rows is None else rows), MOVIES)

    def changes(self, rows: Sequence[dict[str, Any]], *, only_changes: bool = False) -> Changes:
        self.number += 1
        source = write_catalogue(self.folder / f"c{self.number}.parquet", self.table(rows))
        store = WorkStore(self.folder / "out")
        read = read_catalogue(store, [source], self.settings.source)
        hashed = [hash_rows(store.read(ref))["rows"] for ref in read.partitions]
        changed = compare_rows(
            self.release,
            hashed,
            removed_films([source], self.settings.source),
            only_changes=only_changes,
        )
        cleaned = clean(changed.select(store.read(read.partitions)), self.settings.clean)
        return compare_films(
            self.release,
            changed,
            cleaned["movies"],
            cleaned["rejects"],
            store.read(read.rejects),
            read.sources,
            only_changes=only_changes,
        )

    def updated(self, changes: Changes) -> Whole:
        placed = compose_texts(films_to_place(changes), self.settings.features)
        vectors = text_vectors(self.release, placed["text_hash"])
        texts = dict(zip(placed["text_hash"].to_pylist(), placed["text"].to_pylist(), strict=True))
        fresh = sorted(texts.keys() - vectors.keys())
        rows = encode([texts[h] for h in fresh], identify(self.settings.embed))
        rounded = rows.astype(np.float16).astype(np.float32)
        now = apply_changes(
            self.release, changes, placed, vectors | dict(zip(fresh, rounded, strict=True))
        )
        tables = {
            name: pa.concat_tables(parts_of(table)).combine_chunks()
            for name, table in now.tables.items()
        }
        return Whole(tables, now.index, now.films, now.points_of)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return Base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def mixed(base: Base) -> tuple[Rows, Changes, Whole]:
    """Five films are gone, four have another text, three other votes, six are new."""
    rows = [dict(row) for row in base.rows[5:]]
    for row in rows[:4]:
        row["overview"] = f"{row['overview']} Years later a letter arrives."
    for row in rows[4:7]:
        row["vote_average"], row["vote_count"] = 6.5, 1_000
    rows += catalogue().slice(240, 6).to_pylist()
    changes = base.changes(rows)
    return rows, changes, base.updated(changes)


def test_the_same_catalogue_has_no_changes(base: Base) -> None:
    changes = base.changes(base.rows)
    assert changes.same
    assert changes.rows_in == 240
    assert changes.rows.num_rows == 240


def test_rows_in_another_order_are_no_change(base: Base) -> None:
    order = np.random.default_rng(4).permutation(len(base.rows))
    assert base.changes([base.rows[row] for row in order]).same


def test_changes_are_found(mixed: tuple[Rows, Changes, Whole], base: Base) -> None:
    _, changes, _ = mixed
    ids = [row["movie_id"] for row in base.rows]
    assert changes.withdrawn == sorted(ids[:5])
    assert changes.changed == sorted(ids[5:12])
    assert len(changes.added) == 6
    assert changes.placed == sorted([*changes.added, *ids[5:9]])
    assert changes.rows_in == 241 == changes.rows.num_rows


def test_films_and_texts_are_those_of_a_mining(
    mixed: tuple[Rows, Changes, Whole], base: Base, tmp_path: Path
) -> None:
    rows, _, now = mixed
    mined = ReleasedTables(
        mined_release(tmp_path, Path(base.settings.embed.model), base.table(rows))
    )
    for name in ("title", "overview", "vote_average", "keywords", "movie_id"):
        assert now.tables["movies"][name].to_pylist() == mined.movies[name].to_pylist(), name
    # order, texts and vectors of the index too, although they are computed in another way
    assert now.tables["embeddings"]["movie_id"] == mined.embeddings["movie_id"]
    assert now.tables["embeddings"]["text_hash"] == mined.embeddings["text_hash"]
    assert matrix_of(now.tables["embeddings"]) == pytest.approx(
        matrix_of(mined.embeddings), abs=2e-3
    )
    assert (
        now.tables["rows"]["row_hash"] == mined.table("rows", now.tables["rows"].schema)["row_hash"]
    )


def test_unchanged_films_keep_every_value(mixed: tuple[Rows, Changes, Whole], base: Base) -> None:
    _, changes, now = mixed
    moved = {*changes.placed, *changes.withdrawn}
    old = {row["movie_id"]: row for row in base.release.movies.to_pylist()}
    for row in now.tables["movies"].to_pylist():
        if row["movie_id"] in moved:
            continue
        before = old[row["movie_id"]]
        if row["movie_id"] in changes.changed:
            assert row["vote_count"] == 1_000
            before = before | {"vote_average": 6.5, "vote_count": 1_000}
        assert row == before
    kept = ["cluster", "micro_genre_id", "micro_genre_name", "keywords", "family"]
    assert now.tables["micro_genres"].select(kept).equals(base.release.micro_genres.select(kept))
    assert sum(now.tables["micro_genres"]["films"].to_pylist()) == 241


def test_names_are_measured_for_new_films_and_changed_facts(base: Base) -> None:
    """Each name asks for two genres; the films that stay are those that the mining measured."""
    release = ReleasedTables(base.release.path)
    labels = [
        row | {"form_genres": ["Horror", "Action"], "description": "One.", "alternatives": ["Two"]}
        for row in release.micro_genres.to_pylist()
    ]
    release.micro_genres = pa.Table.from_pylist(labels, MICRO_GENRES)
    films = release.movies
    position = films.schema.get_field_index("name_true")
    mined = pa.array([True] * len(films), pa.bool_())
    release.movies = films.set_column(position, films.schema.field("name_true"), mined)
    rows = [dict(row) for row in base.rows]
    rows[0] |= {"genres": ["Romance"]}
    rows[1] |= {"genres": ["Horror"], "year": 1931}
    rows[2] |= {"vote_count": 12}  # its genres stay
    rows[3] |= {"overview": f"{rows[3]['overview']} A letter arrives.", "genres": ["Romance"]}
    rows.append(catalogue().slice(300, 1).to_pylist()[0] | {"genres": ["Action"]})
    before, base.release = base.release, release
    try:
        now = base.updated(base.changes(rows)).tables
    finally:
        base.release = before
    true = dict(
        zip(*(now["movies"][n].to_pylist() for n in ("movie_id", "name_true")), strict=True)
    )
    expected = [False, True, True, False, True]
    assert [true[row["movie_id"]] for row in (*rows[:4], rows[-1])] == expected
    assert sum(true.values()) == len(rows) - 2, "the other films are as they were"
    for row in now["micro_genres"].to_pylist():
        own = [
            film["name_true"]
            for film in now["movies"].to_pylist()
            if film["cluster"] == row["cluster"]
        ]
        assert row["name_truth"] == pytest.approx(sum(own) / len(own) if own else 0.0)
        assert (row["description"], row["alternatives"]) == ("One.", ["Two"])


def test_films_are_placed_by_what_the_names_say(base: Base) -> None:
    """All names say a letter; those of the last micro-genre a comedy, the others horror."""
    release = ReleasedTables(base.release.path)
    comedies = len(release.centroids) - 1
    release.micro_genres = pa.Table.from_pylist(
        [
            row | {"subjects": ["letter"], "form_genres": [["Horror"], ["Comedy"]][c == comedies]}
            for c, row in enumerate(release.micro_genres.to_pylist())
        ],
        MICRO_GENRES,
    )
    limits = ShelfLimits(reach=2.0, near_enough=2.0, untagged=2.0)
    release.manifest = release.manifest.model_copy(update={"shelves": limits})
    elsewhere = [
        n
        for n, cluster in enumerate(
            {row["movie_id"]: row["cluster"] for row in release.movies.to_pylist()}[r["movie_id"]]
            for r in base.rows
        )
        if cluster != comedies
    ]
    rows = [dict(row) for row in base.rows]
    moved, stays, edited = (rows[n] for n in elsewhere[:3])
    moved |= {"overview": f"{moved['overview']} A letter arrives.", "genres": ["Comedy"]}
    stays |= {"overview": f"{stays['overview']} A letter arrives.", "genres": ["Horror"]}
    edited |= {"year": 1931}  # what its name says was not true before either
    new = catalogue().slice(300, 1).to_pylist()[0]
    rows.append(new | {"genres": ["Komödie"], "keywords": ["letters"]})
    before, base.release = base.release, release
    try:
        changes = base.changes(rows)
        now = base.updated(changes).tables
    finally:
        base.release = before
    assert set(changes.placed) == {f["movie_id"] for f in (moved, stays, edited, new)}
    films = {film["movie_id"]: film for film in now["movies"].to_pylist()}
    for row, cluster_is in ((moved, True), (new, True), (stays, False)):
        film = films[row["movie_id"]]
        assert (film["cluster"] == comedies) is cluster_is
        assert film["name_true"] is True
    assert films[new["movie_id"]]["margin"] < 0, "another centroid is nearer"
    assert films[edited["movie_id"]]["name_true"] is False, "the nearest, since no name is true"
    assert films[edited["movie_id"]]["margin"] >= 0


def test_names_of_an_earlier_version_are_not_measured(
    mixed: tuple[Rows, Changes, Whole],
) -> None:
    _, _, now = mixed
    assert now.tables["movies"]["name_true"].null_count == 241
    assert set(now.tables["micro_genres"]["name_truth"].to_pylist()) == {None}


def test_films_are_in_the_micro_genre_of_the_nearest_centroid(
    mixed: tuple[Rows, Changes, Whole], base: Base
) -> None:
    _, _, now = mixed
    centroids = matrix_of(now.tables["centroids"])
    cosine = now.points_of(np.arange(now.films.num_rows)) @ centroids.T
    movies = now.tables["movies"]
    assert movies["cluster"].to_numpy().tolist() == cosine.argmax(1).tolist()
    assert movies["similarity"].to_numpy() == pytest.approx(cosine.max(1), abs=1e-5)
    weak = movies["similarity"].to_numpy() < base.release.manifest.weak_below
    assert movies["weak"].to_pylist() == weak.tolist()
    assert np.isfinite(movies["x"].to_numpy()).all()


def test_the_neighbours_are_those_of_a_search_for_every_film(
    mixed: tuple[Rows, Changes, Whole], base: Base
) -> None:
    _, _, now = mixed
    embeddings = now.tables["embeddings"]
    index = build_index(embeddings, base.settings.neighbours, len(embeddings))["index"]
    assert index.equals(now.index)
    everyone = embeddings.select(["movie_id"])
    found = nearest_films(embeddings, everyone, index, base.settings.neighbours)["neighbours"]
    order = [("movie_id", "ascending"), ("rank", "ascending")]
    whole, ours = found.sort_by(order), now.tables["neighbours"]
    assert ours.select(["movie_id", "rank"]).equals(whole.select(["movie_id", "rank"]))
    near, wanted = ours["similarity"].to_numpy(), whole["similarity"].to_numpy()
    assert near == pytest.approx(wanted, abs=1e-6)
    same = np.array(ours["neighbour_id"].to_pylist()) == np.array(whole["neighbour_id"].to_pylist())
    gap = np.minimum(np.abs(np.diff(wanted, prepend=2)), np.abs(np.diff(wanted, append=2)))
    assert (same | (gap < 1e-6)).all(), "only films that are equally near may swap ranks"


def test_with_only_changes_other_films_stay(base: Base) -> None:
    retitled = dict(base.rows[7]) | {"title": "Another Title"}
    unusable = dict(base.rows[9]) | {"overview": "TBA"}
    fresh = catalogue().slice(300, 1).to_pylist()
    changes = base.changes([retitled, unusable, *fresh], only_changes=True)
    assert changes.changed == [retitled["movie_id"]]
    assert changes.withdrawn == []
    assert list(changes.retained) == [unusable["movie_id"]], "rejected is not gone"
    assert changes.added == [fresh[0]["movie_id"]]
    assert changes.rows_in == 242 == 241 + len(changes.rejects)
    assert changes.rejects["reason"].to_pylist() == ["missing_overview"]


def test_rejects_name_the_current_row_numbers(base: Base) -> None:
    twice = dict(base.rows[3]) | {"tagline": None, "keywords": None}
    first = base.changes([*base.rows, twice])
    detail = first.rejects.to_pylist()[0]
    assert (detail["row"], detail["reason"]) == (241, "duplicate_id")
    assert detail["detail"].startswith("kept: row 4 of ")


def test_a_release_without_rows_is_an_error_with_advice(base: Base) -> None:
    files = base.release.manifest.files
    entry = files.pop("rows.parquet")
    try:
        with pytest.raises(ReleaseError, match=r"no rows\.parquet: mine again"):
            base.changes(base.rows)
    finally:
        files["rows.parquet"] = entry


@pytest.mark.parametrize(
    "wrong",
    [
        lambda row: row | {"overview": row["overview"] + "!"},
        lambda row: row | {"keywords": [*(row["keywords"] or []), "x"]},
        lambda row: row | {"keywords": ["".join(row["keywords"] or ["x"])]},
        lambda row: row | {"tagline": ""},
        lambda row: row | {"vote_count": 1},
        lambda row: row | {"genres": []},
        lambda row: row | {"genres": None},
    ],
)
def test_a_change_in_any_cell_changes_the_hash(
    base: Base, wrong: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    row = base.rows[0]
    other = wrong(dict(row))
    assert other != row
    one, two = (hash_rows(base.table([r]))["rows"]["row_hash"][0] for r in (row, other))
    assert one != two
    moved = dict(row) | {"source": "elsewhere", "row": 9}
    assert hash_rows(base.table([moved]))["rows"]["row_hash"][0] == one


def test_the_index_has_the_order_of_the_partitions(
    mixed: tuple[Rows, Changes, Whole],
) -> None:
    _, changes, now = mixed
    ids = now.tables["embeddings"]["movie_id"].to_pylist()
    partition = partition_ids(ids, partition_count(changes.rows.num_rows))
    assert ids == [i for _, i in sorted(zip(partition.tolist(), ids, strict=True))]
