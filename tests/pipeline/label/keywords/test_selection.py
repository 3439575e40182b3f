"""Keywords: typical of the cluster, distinct, diverse, and in many of its films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from pipeline.label.keywords.candidates import CANDIDATES
from pipeline.label.keywords.selection import KEYWORDS, select_keywords
from pipeline.label.terms.holdings import HOLDINGS
from pipeline.label.words.lexicon import normal_form
from pipeline.schemas.mining import CENTROIDS
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import LabelSettings

DIM = 4
FIVE = LabelSettings()


def unit(*values: float) -> np.ndarray:
    row = np.array([*values, *[0.0] * (DIM - len(values))], np.float32)
    return row / np.linalg.norm(row)


def chosen(
    gains: Mapping[int, Mapping[str, float]],
    vectors: Mapping[str, np.ndarray] | None = None,
    means: Sequence[np.ndarray] = (unit(1), unit(0, 1)),
    held: Mapping[int, Sequence[Sequence[str]]] | None = None,
    settings: LabelSettings = FIVE,
) -> pa.Table:
    """KEYWORDS of clusters whose candidates have these gains and vectors."""
    rows = [
        {"cluster": cluster, "term": term, "share": 0.5, "gain": gain, "keyword_gain": 0.0}
        for cluster, terms in gains.items()
        for term, gain in terms.items()
    ]
    terms = sorted({row["term"] for row in rows})
    known = vectors or {}
    matrix = np.array([known.get(term, unit(1, 1, 1)) for term in terms], np.float32)
    looked = [
        {"cluster": cluster, "held": [list(terms).index(term) for term in film]}
        for cluster, terms in gains.items()
        for film in (held or {}).get(cluster, [[]])
    ]
    return select_keywords(
        pa.Table.from_pylist(rows, CANDIDATES),
        pa.table([terms, column_of_vectors(matrix, "float16")], names=["term", "vector"]),
        pa.table(
            [pa.array(range(len(means)), pa.int32()), column_of_vectors(np.array(means))],
            schema=CENTROIDS(DIM),
        ),
        pa.Table.from_pylist(looked, HOLDINGS),
        settings,
    )["keywords"]


def words(table: pa.Table, cluster: int = 0, *, five: bool = True) -> list[str]:
    return [
        row["keyword"]
        for row in table.to_pylist()
        if row["cluster"] == cluster and (row["chosen"] or not five)
    ]


THEMES = {
    "submarine": 0.9,
    "torpedo": 0.8,
    "cold war": 0.7,
    "navy": 0.6,
    "mutiny": 0.5,
    "sonar": 0.4,
    "iceberg": 0.3,
    "harbour": 0.2,
    "anchor": 0.1,
}


def test_five_keywords_are_chosen_and_the_other_candidates_follow() -> None:
    table = chosen({0: THEMES})
    assert table.schema == KEYWORDS
    assert len(words(table)) == 5
    assert words(table)[:3] == ["submarine", "torpedo", "cold war"]  # the highest scores
    assert sorted(words(table, five=False)) == sorted(THEMES)
    assert table.column("rank").to_pylist() == list(range(9))
    assert table.column("chosen").to_pylist() == [True] * 5 + [False] * 4


def test_fewer_candidates_than_keywords() -> None:
    assert words(chosen({0: {"submarine": 0.9, "torpedo": 0.8}})) == ["submarine", "torpedo"]
    assert words(chosen({0: {"submarine": 0.9}})) == ["submarine"]


def test_number_of_keywords_is_a_setting() -> None:
    for count in (1, 3, 7):
        assert len(words(chosen({0: THEMES}, settings=LabelSettings(keywords=count)))) == count


def test_no_two_keywords_differ_in_order_number_or_inflection_only() -> None:
    table = chosen(
        {
            0: {
                "submarine": 0.9,
                "submarines": 0.89,
                "cold war": 0.8,
                "war in the cold": 0.79,
                "wolf hunt": 0.7,
                "wolves hunted": 0.69,
                "spy": 0.6,
                "spies": 0.59,
                "navy": 0.1,
            }
        }
    )
    everything = words(table, five=False)
    forms = [normal_form(word) for word in everything]
    assert len(set(forms)) == len(forms)
    assert sorted(words(table)) == ["cold war", "navy", "spy", "submarine", "wolf hunt"]


def test_contrast_prefers_terms_that_siblings_lack() -> None:
    means = [unit(1, 0.2), unit(1, -0.2), unit(0, 0, 1)]
    vectors = {"boat": unit(1), "submarine": unit(1, 1)}
    table = chosen({0: {"boat": 0.5, "submarine": 0.5}}, vectors, means)
    assert words(table) == ["submarine", "boat"]
    first, second = table.column("contrast").to_pylist()
    assert first > second
    own, others = unit(1, 1) @ means[0], [unit(1, 1) @ mean for mean in means[1:]]
    assert abs(first - (own - np.mean(others))) < 1e-3  # vectors of phrases are float16


def test_a_single_cluster_has_no_siblings() -> None:
    vectors = {"anchor": unit(0, 1), "sonar": unit(1)}
    table = chosen({0: dict.fromkeys(vectors, 0.5)}, vectors, [unit(1)])
    assert words(table) == ["sonar", "anchor"]
    assert table.column("contrast").to_pylist()[0] == 1.0


def test_keywords_together_cover_many_films() -> None:
    named = {0: {"sub": 1.0, "boat": 0.99, "ship": 0.98, "train": 0.9}}
    held = {0: [["sub", "boat", "ship"]] * 6 + [["train"]] * 4}
    settings = LabelSettings(keywords=2)
    assert words(chosen(named, held=held, settings=settings)) == ["sub", "train"]
    assert words(chosen(named, settings=settings)) == ["sub", "boat"]


def test_mmr_chooses_a_different_term_for_the_last_place() -> None:
    gains = {0: {"boat": 1, "ship": 0.9, "ferry": 0.8, "yacht": 0.7, "canoe": 0.6, "ghost": 0.5}}
    vectors = dict.fromkeys(gains[0], unit(1, 0.1)) | {"ghost": unit(1, 0, 3)}
    picked = words(chosen(gains, vectors, settings=LabelSettings(keywords=4)))
    assert picked[:3] == ["boat", "ship", "ferry"]
    assert picked[3] == "ghost"


def test_clusters_of_a_group_are_independent() -> None:
    gains = {0: THEMES, 1: {"ghost": 0.9, "haunted house": 0.7, "sonar": 0.1}}
    together = chosen(gains)
    for cluster, own in gains.items():
        alone = chosen({cluster: own})
        assert words(together, cluster, five=False) == words(alone, cluster, five=False)


def test_equal_scores_are_ordered_by_the_alphabet() -> None:
    terms = ["sonar", "anchor", "mutiny"]
    one = chosen({0: dict.fromkeys(terms, 0.5)})
    other = chosen({0: dict.fromkeys(terms[::-1], 0.5)})
    assert words(one) == words(other)
    assert words(one)[0] == "anchor"


def test_a_cluster_without_words_in_its_candidates_has_no_keywords() -> None:
    table = chosen({0: {"???": 0.9}, 1: {"ghost": 0.5}})
    assert words(table, 0, five=False) == []
    assert words(table, 1) == ["ghost"]


def test_no_keyword_is_banned() -> None:
    themes = {**THEMES, "softcore": 1.5}
    assert "softcore" not in words(chosen({0: themes}), five=False)
    assert "submarine" in words(chosen({0: themes}))


def test_terms_of_a_cluster_without_a_theme_cover_its_films_too() -> None:
    """No term is in many of its films, so that the rare ones with a high score are not enough."""
    rare, frequent = list(THEMES)[:7], ["harbour", "anchor"]
    films: list[list[str]] = [[term] for term in rare]
    films += [["harbour"]] * 8 + [["anchor"]] * 6 + [[]] * 80
    found = words(chosen({0: THEMES}, held={0: films}))
    assert set(frequent) <= set(found)
