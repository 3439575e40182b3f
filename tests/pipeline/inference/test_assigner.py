"""Films are assigned to the micro-genres of a release that the same functions built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.cluster.assign import assign
from pipeline.errors import ModelError, ReleaseError
from pipeline.features.fit_space import fit_space
from pipeline.features.space import place
from pipeline.features.text import fit_tfidf
from pipeline.inference.assigner import Assigner
from pipeline.schemas.mining import CENTROIDS, MICRO_GENRES
from pipeline.schemas.vectors import column_of_vectors, matrix_of
from pipeline.settings import EmbedSettings, FeatureSettings
from tests.support.films import EXACT, THEMES, exact, mined


def build(
    folder: Path,
    *,
    mode: str = "embedding",
    themes: int = len(THEMES),
    weak_below: float = -1.0,
    embed: EmbedSettings = EXACT,
) -> pa.Table:
    """Write the files that the assigner reads, one micro-genre per theme; return assignments."""
    films = mined()
    settings = FeatureSettings.model_validate({"mode": mode})
    space = fit_space(films.movies, films.features, films.embeddings, films.vocabulary, settings)
    terms = None if mode == "embedding" else fit_tfidf(films.features, settings, 1)["tfidf"]
    points = place(
        films.movies,
        films.features,
        films.embeddings,
        films.vocabulary,
        space["space"],
        settings,
        terms,
    )["points"]
    cluster = films.theme % themes
    sums = np.stack([matrix_of(points)[cluster == c].sum(0) for c in range(themes)])
    sums /= np.linalg.norm(sums, axis=1, keepdims=True)
    columns = [pa.array(range(themes), pa.int32()), column_of_vectors(sums)]
    centroids = pa.table(columns, schema=CENTROIDS(sums.shape[1]))
    genres = [{"cluster": c, "micro_genre_name": THEMES[c]} for c in range(themes)]
    tables = {
        "centroids": centroids,
        "vocabulary": films.vocabulary,
        "space": space["space"],
        "micro_genres": pa.Table.from_pylist(genres, MICRO_GENRES),
        "tfidf": terms,
    }
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        if table is not None:
            pq.write_table(table, folder / f"{name}.parquet")
    manifest = {
        "release_id": "r1",
        "schema_version": 1,
        "files": {},
        "settings": {
            "features": settings.model_dump(mode="json"),
            "embed": embed.model_dump(mode="json"),
        },
        "weak_below": weak_below,
        "model": {"revision": exact().revision},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return assign(points, centroids)["assignments"]


def released_films() -> list[dict[str, Any]]:
    wanted = ["overview", "keywords", "tagline"]
    found: list[dict[str, Any]] = mined().movies.select(wanted).to_pylist()
    return found


def edit_manifest(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) | changes
    present = {name: value for name, value in manifest.items() if value is not None}
    path.write_text(json.dumps(present), encoding="utf-8")


class TestAssign:
    @pytest.mark.parametrize("mode", ["embedding", "embedding+tfidf", "full"])
    def test_a_film_of_the_release_gets_its_own_assignment(self, tmp_path: Path, mode: str) -> None:
        expected = build(tmp_path, mode=mode)
        found = Assigner(tmp_path).assign(released_films()[::3])
        for name in ("cluster", "runner_up"):
            assert [film[name] for film in found] == expected[name].to_pylist()[::3]
        for name in ("similarity", "margin"):
            values = [film[name] for film in found]
            np.testing.assert_allclose(values, expected[name].to_numpy()[::3], atol=2e-4)
        own = [film["cluster"] for film in found] == mined().theme[::3]
        assert own.mean() >= 0.9

    def test_a_new_film_gets_a_micro_genre(self, tmp_path: Path) -> None:
        build(tmp_path)
        overviews = [
            "The crew of a nuclear submarine hears a torpedo in the dark water. Cut off from the "
            "fleet and leaking, the captain must decide whether to surface among enemy destroyers "
            "or to lie silent on the sea floor while the air runs out.",
            "A lawyer defends an innocent man before a hostile judge and a jury that has made up "
            "its mind. With the only witness in hiding, the trial turns on a cross-examination "
            "that could free the accused or send his counsel to prison.",
        ]
        sub, court = Assigner(tmp_path).assign([{"overview": text} for text in overviews])
        assert (sub["cluster"], sub["micro_genre_name"]) == (0, THEMES[0])
        assert (court["cluster"], court["micro_genre_name"]) == (1, THEMES[1])
        assert sub["runner_up_name"] == THEMES[sub["runner_up"]] != THEMES[0]
        assert sub["margin"] > 0

    def test_the_assignment_of_a_film_does_not_depend_on_other_films(self, tmp_path: Path) -> None:
        build(tmp_path)
        assigner, films = Assigner(tmp_path), released_films()[:5]
        together = assigner.assign(films)
        for film, expected in zip(films, together, strict=True):
            (alone,) = assigner.assign([film])
            assert alone["cluster"] == expected["cluster"]
            assert alone["similarity"] == pytest.approx(expected["similarity"], abs=2e-4)

    def test_films_below_the_threshold_are_weak(self, tmp_path: Path) -> None:
        similarity = build(tmp_path)["similarity"].to_numpy()[:12]
        bound = float(np.sort(similarity)[3:5].mean())
        edit_manifest(tmp_path, weak_below=bound)
        found = Assigner(tmp_path).assign(released_films()[:12])
        assert [film["weak"] for film in found] == (similarity < bound).tolist()
        assert sum(film["weak"] for film in found) == 4

    def test_with_one_micro_genre_there_is_no_runner_up(self, tmp_path: Path) -> None:
        build(tmp_path, themes=1)
        (film,) = Assigner(tmp_path).assign(released_films()[:1])
        assert film["cluster"] == 0
        assert film["runner_up"] is film["runner_up_name"] is film["margin"] is None

    def test_no_films_give_no_assignments(self, tmp_path: Path) -> None:
        build(tmp_path)
        assert Assigner(tmp_path).assign([]) == []

    def test_a_release_mined_on_a_gpu_works_without_one(self, tmp_path: Path) -> None:
        build(tmp_path, embed=EmbedSettings(device="cuda", dtype="float32"))
        (film,) = Assigner(tmp_path).assign(released_films()[:1])
        assert film["cluster"] == 0


class TestErrors:
    @pytest.mark.parametrize(
        "name",
        [
            "manifest.json",
            "centroids.parquet",
            "vocabulary.parquet",
            "space.parquet",
            "micro_genres.parquet",
            "tfidf.parquet",
        ],
    )
    def test_a_missing_file_is_named(self, tmp_path: Path, name: str) -> None:
        build(tmp_path, mode="full")
        (tmp_path / name).unlink()
        with pytest.raises(ReleaseError, match=name):
            Assigner(tmp_path)

    @pytest.mark.parametrize("name", ["manifest.json", "space.parquet"])
    def test_a_truncated_file_is_rejected(self, tmp_path: Path, name: str) -> None:
        build(tmp_path)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-9])
        with pytest.raises(ReleaseError, match="cannot be read"):
            Assigner(tmp_path)

    def test_an_incomplete_manifest_is_rejected(self, tmp_path: Path) -> None:
        build(tmp_path)
        edit_manifest(tmp_path, weak_below=None)
        with pytest.raises(ReleaseError, match="lacks 'weak_below'"):
            Assigner(tmp_path)

    def test_another_model_is_rejected_and_both_are_named(self, tmp_path: Path) -> None:
        build(tmp_path)
        edit_manifest(tmp_path, model={"revision": "e" * 64})
        with pytest.raises(ModelError, match="eeeeeeeeeeee") as raised:
            Assigner(tmp_path)
        assert exact().revision[:12] in str(raised.value)


def test_the_origin_of_a_film_is_passed_on(tmp_path: Path) -> None:
    build(tmp_path)
    film = released_films()[0]
    plain = Assigner(tmp_path).assign([film])[0]
    space = pq.read_table(tmp_path / "space.parquet")
    width = len(matrix_of(mined().embeddings)[0])
    effect = {"name": "origin:country:JP", "shape": [width], "values": [0.05] * width}
    pq.write_table(
        pa.concat_tables([space, pa.Table.from_pylist([effect], space.schema)]),
        tmp_path / "space.parquet",
    )
    assigner = Assigner(tmp_path)
    unknown, elsewhere, there = (
        assigner.assign([film | {"countries": countries}])[0]
        for countries in ([], ["Atlantis", "FR"], ["Japan"])
    )
    assert unknown == elsewhere == plain
    assert there["similarity"] != plain["similarity"]
