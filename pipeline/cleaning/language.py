"""The language of each film's overview, and how well films of each language fit.

The model that comes with this package reads English. Films told in another language are placed by
the few words that it knows, so they are marked, and their fit is shown beside that of the others.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.stage import stage

__all__ = ["fit_by_language", "languages", "warm"]

_SURE = 0.65  # English overviews of real catalogues lie above it, but for some of a few words


@stage("languages", inputs=("movies",), outputs=("languages",))
def languages(movies: pa.Table) -> dict[str, pa.Table]:
    """The language of the overviews of one partition: {"languages": LANGUAGES}.

    Parameters
    ----------
    movies : columns movie_id and overview.

    `text_language` is ISO 639-1 (or -3 where there is no shorter code) by py3langid (Lui and
    Baldwin 2012), or null where its confidence is below 0.65, as for a handful of words.
    """
    identifier = _identifier()
    found = [identifier.classify(text or "") for text in movies.column("overview").to_pylist()]
    confidence = np.array([sure for _, sure in found], np.float32)
    told = [code if sure >= _SURE else None for code, sure in found]
    columns = [
        movies.column("movie_id").combine_chunks(),
        pa.array(told, pa.string()),
        pa.array(confidence, pa.float32()),
    ]
    return {"languages": pa.table(columns, schema=LANGUAGES)}


def fit_by_language(movies: pa.Table, spoken: pa.Table) -> list[dict[str, Any]]:
    """How well the films of each language fit, the language of most films first.

    Parameters
    ----------
    movies : RELEASED_MOVIES. spoken : LANGUAGES of the same films, in any order.

    Returns
    -------
    for each: `language` (None: not told), `films`, `share` of all films, `mean_similarity`
    (cosine to the own centroid), `mean_margin` (None with one micro-genre), `weak_share`.
    """
    known = spoken.column("movie_id").combine_chunks()
    place = pc.index_in(movies.column("movie_id").combine_chunks(), value_set=known)
    told_in = spoken.column("text_language").combine_chunks().take(place)
    code = told_in.dictionary_encode("encode")  # null is a language of its own
    numbers = code.indices.to_numpy()
    grouped: dict[str | None, np.ndarray] = {
        language: np.flatnonzero(numbers == number)
        for number, language in enumerate(code.dictionary.to_pylist())
    }
    similarity = movies.column("similarity").to_numpy().astype(np.float64)
    margin = movies.column("margin").to_numpy(zero_copy_only=False).astype(np.float64)
    weak = movies.column("weak").to_numpy(zero_copy_only=False).astype(bool)
    told = []
    for language, rows in sorted(grouped.items(), key=lambda item: (-len(item[1]), item[0] or "")):
        margins = margin[rows]
        told.append(
            {
                "language": language,
                "films": len(rows),
                "share": len(rows) / len(movies),
                "mean_similarity": float(similarity[rows].mean()),
                "mean_margin": None if np.isnan(margins).all() else float(np.nanmean(margins)),
                "weak_share": float(weak[rows].mean()),
            }
        )
    return told


def warm() -> None:
    """Load py3langid's model into this process, so that the first film does not wait for it."""
    _identifier()


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
