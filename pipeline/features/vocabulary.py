"""The vocabulary: keywords that several films share, with the vector of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa

from pipeline.schemas.mining import VOCABULARY
from pipeline.settings import FeatureSettings

__all__ = ["select_vocabulary", "vocabulary_table"]


def select_vocabulary(
    counts: Iterable[pa.Table], settings: FeatureSettings, exclude: Callable[[str], bool]
) -> list[tuple[str, int]]:
    """Select the keywords of the vocabulary.

    Parameters
    ----------
    counts : iterable of pa.Table
        KEYWORD_COUNTS of each partition.
    settings : FeatureSettings
        `keyword_min_films` films at least carry a keyword; `keyword_vocabulary` keywords at most
        are selected.
    exclude : callable
        Whether a keyword says nothing about the theme of a film.

    Returns
    -------
    list of (str, int)
        Keyword and number of films, most frequent first, then by alphabet.

    Examples
    --------
    >>> counts = pa.table({"keyword": ["sequel", "spy", "war"], "films": [9, 4, 7]})
    >>> settings = FeatureSettings(keyword_min_films=2)
    >>> select_vocabulary([counts, counts], settings, lambda keyword: keyword == "sequel")
    [('war', 14), ('spy', 8)]
    """
    total: Counter[str] = Counter()
    for part in counts:
        keywords, films = (part.column(name).to_pylist() for name in ("keyword", "films"))
        total.update(dict(zip(keywords, films, strict=True)))
    shared = [
        (keyword, films)
        for keyword, films in total.items()
        if films >= settings.keyword_min_films and not exclude(keyword)
    ]
    return sorted(shared, key=lambda item: (-item[1], item[0]))[: settings.keyword_vocabulary]


def vocabulary_table(keywords: Sequence[tuple[str, int]], vectors: pa.Table) -> pa.Table:
    """Return VOCABULARY.

    Parameters
    ----------
    keywords : sequence of (str, int)
        Result of `select_vocabulary`.
    vectors : pa.Table
        Column vector (dim float16), row by row the same keywords.
    """
    dim = vectors.schema.field("vector").type.list_size
    columns = [
        [keyword for keyword, _ in keywords],
        [films for _, films in keywords],
        vectors.column("vector"),
    ]
    return pa.table(columns, schema=VOCABULARY(dim))
