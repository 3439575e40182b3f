"""How good the search is beside BM25, meaning alone and their fusion, as one JSON file.

`python -m benchmarks.scripts.search_quality RELEASE` writes
`benchmarks/results/search_quality.json`. The grades are in
`benchmarks/results/search_judgements.json`: the first ten films of each contender were pooled,
shuffled and read without knowing which contender found them (2 fits, 1 in part, 0 not). A film that
was not in the pool counts as 0. The figure is nDCG@10 (Järvelin and Kekäläinen 2002) with gains
2^grade - 1; intervals are of 95 %, over queries.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bm25s
import numpy as np

from benchmarks.lib.machine import describe_machine
from pipeline.release.lookup import find_release
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.search.analysis import Analyser, words_of
from serve.catalogue.search.engine import SearchEngine

RESULTS = Path(__file__).parents[1] / "results"
_FIRST = 10
_RRF = 60  # the constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)
_DRAWS = 5_000


def main() -> None:
    """Measure one release and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="the folder of a release, or an output folder")
    options = parser.parse_args()
    catalogue = Catalogue(find_release(options.release))
    stored = json.loads((RESULTS / "search_judgements.json").read_text(encoding="utf-8"))
    contenders = _contenders(catalogue)
    found = {
        name: np.array([_ndcg(find(one["query"]), one["grades"]) for one in stored["queries"]])
        for name, find in contenders.items()
    }
    kinds = np.array([one["kind"] for one in stored["queries"]])
    judges = np.array([one["judge"] for one in stored["queries"]])
    figures: dict[str, Any] = {
        "machine": describe_machine(),
        "judges": stored["judges"],
        "queries": len(kinds),
        "ndcg_at_10": {name: round(float(scores.mean()), 3) for name, scores in found.items()},
        "by_kind": {
            str(kind): {name: round(float(s[kinds == kind].mean()), 3) for name, s in found.items()}
            for kind in sorted(set(kinds))
        },
        "by_judge": {
            judge: {
                "queries": int(np.sum(judges == judge)),
                "ndcg_at_10": {
                    n: round(float(s[judges == judge].mean()), 3) for n, s in found.items()
                },
                "search_ahead_of": {
                    name: _difference((found["search"] - scores)[judges == judge])
                    for name, scores in found.items()
                    if name != "search"
                },
            }
            for judge in stored["judges"]
        },
    }
    (RESULTS / "search_quality.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))


def _contenders(catalogue: Catalogue) -> dict[str, Callable[[str], list[str]]]:
    """Return what finds the first films, as movie_ids, for a query."""
    engine = SearchEngine(catalogue)
    films = catalogue.released_films().select(
        ["movie_id", "title", "overview", "tagline", "keywords"]
    )
    rows = films.to_pylist()
    ids = [row["movie_id"] for row in rows]
    analyser = Analyser("en")

    def terms(text: str) -> list[str]:
        return [term for term in analyser.terms(words_of(text)) if term]

    texts = [
        " ".join(
            [r["title"] or "", r["overview"] or "", r["tagline"] or "", *(r["keywords"] or [])]
        )
        for r in rows
    ]
    index = bm25s.BM25(k1=1.2, b=0.75, method="lucene")
    index.index([terms(text) for text in texts], show_progress=False)
    vectors = engine.meaning.film_vectors(np.arange(len(ids)))

    def words(query: str) -> np.ndarray:
        known = [term for term in terms(query) if term in index.vocab_dict]
        return index.get_scores(known) if known else np.zeros(len(ids), np.float32)

    def meaning(query: str) -> np.ndarray:
        """Return the scores of the search by meaning of before: Rocchio, and nearest keywords."""
        vector = engine.meaning.vector(query)
        cosines = vectors @ vector
        moved = vector + 0.6 * vectors[np.argsort(-cosines)[:5]].mean(0)
        moved /= np.linalg.norm(moved)
        near = engine.meaning.keywords.closeness(vector, np.arange(len(ids)), cosines)
        return np.asarray(vectors @ moved + 0.3 * near)

    def fused(query: str) -> np.ndarray:
        total = np.zeros(len(ids))
        for scores in (words(query), meaning(query)):
            place = np.empty(len(ids))
            place[np.argsort(-scores, kind="stable")] = np.arange(len(ids))
            total += np.where(scores > 0, 1 / (_RRF + 1 + place), 0)
        return total

    def first(score: Callable[[str], np.ndarray]) -> Callable[[str], list[str]]:
        def find(query: str) -> list[str]:
            scores = score(query)
            best = np.argsort(-scores, kind="stable")[:_FIRST]
            return [ids[row] for row in best if scores[row] > 0]

        return find

    return {
        "search": lambda query: [ids[row] for row in engine.rank(query).rows[:_FIRST]],
        "bm25": first(words),
        "meaning": first(meaning),
        "reciprocal rank fusion": first(fused),
    }


def _ndcg(found: Sequence[str], grades: dict[str, int]) -> float:
    ideal = _gain(sorted(grades.values(), reverse=True)[:_FIRST])
    return _gain([grades.get(movie_id, 0) for movie_id in found[:_FIRST]]) / ideal


def _gain(grades: Sequence[int]) -> float:
    return float(sum((2**grade - 1) / np.log2(place + 2) for place, grade in enumerate(grades)))


def _difference(values: np.ndarray) -> dict[str, float]:
    rng = np.random.default_rng(2026)
    means = values[rng.integers(0, len(values), (_DRAWS, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {"mean": round(float(values.mean()), 3), "low": round(low, 3), "high": round(high, 3)}


if __name__ == "__main__":
    main()
