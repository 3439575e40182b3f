"""Clean movies to what is embedded and counted: the text, its numbers, its keywords, TF-IDF.

The text is whole sentences, as a sentence encoder was trained on; nothing is stop-worded.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.mining import FEATURES
from pipeline.schemas.stage import stage
from pipeline.schemas.vectors import column_of_vectors
from pipeline.settings import FeatureSettings

__all__ = [
    "KEYWORD_COUNTS",
    "amounts",
    "compose_text",
    "features",
    "fit_tfidf",
    "normal_keyword",
    "texts_of",
    "tfidf",
    "warm",
]

# In how many films of the partition each keyword stands; adds up over partitions.
KEYWORD_COUNTS = pa.schema([("keyword", pa.string()), ("films", pa.int64())])

_SENTENCE_ENDS = (".", "!", "?", "…", '"', "'", ")")


def compose_text(
    overview: str, tagline: str | None, keywords: Sequence[str], settings: FeatureSettings
) -> str:
    """The text that the model reads: overview, tagline, keywords, each as a sentence."""
    parts = [overview]
    if settings.use_tagline and tagline:
        parts.append(tagline)
    if settings.use_keywords and keywords:
        parts.append(", ".join(keywords[: settings.max_keywords]))
    return " ".join(p if p.endswith(_SENTENCE_ENDS) else f"{p}." for p in parts if p)


def texts_of(movies: pa.Table, settings: FeatureSettings) -> pa.Table:
    """The columns movie_id, text and text_hash of FEATURES alone, which cost little."""
    texts = [
        compose_text(movie["overview"], movie["tagline"], movie["keywords"] or [], settings)
        for movie in movies.select(["overview", "tagline", "keywords"]).to_pylist()
    ]
    columns = [
        movies.column("movie_id").combine_chunks(),
        pa.array(texts, pa.string()),
        pa.array([_hash_of(text) for text in texts], pa.string()),
    ]
    return pa.table(columns, names=["movie_id", "text", "text_hash"])


def amounts(movies: pa.Table) -> pa.Table:
    """How much is told of each film: the columns desc_length, num_keywords and has_tagline of
    FEATURES alone, which cost little."""
    tagline = movies.column("tagline")
    has = pc.fill_null(pc.greater(pc.utf8_length(tagline), 0), fill_value=False)
    counts = pc.fill_null(pc.list_value_length(movies.column("keywords")), 0)
    return pa.table(
        {
            "desc_length": pc.cast(pc.utf8_length(movies.column("overview")), pa.int32()),
            "num_keywords": pc.cast(counts, pa.int32()),
            "has_tagline": has,
        }
    )


def normal_keyword(keyword: str) -> str:
    """A keyword as it is compared: lower case, single spaces."""
    return " ".join(keyword.lower().split())


@stage("features", inputs=("movies",), outputs=("features", "keyword_counts"))
def features(movies: pa.Table, settings: FeatureSettings) -> dict[str, pa.Table]:
    """Text, numeric features and keyword counts of one partition.

    Returns
    -------
    {"features": FEATURES in the order of `movies`, "keyword_counts": KEYWORD_COUNTS by keyword}
    """
    from textblob import TextBlob

    overviews = movies.column("overview").to_pylist()
    sentiment = [float(TextBlob(overview).sentiment.polarity) for overview in overviews]
    made = {"sentiment_score": pa.array(sentiment, pa.float64())}
    for part in (texts_of(movies, settings), amounts(movies)):
        made |= dict(zip(part.column_names, part.columns, strict=True))
    counts: Counter[str] = Counter()
    for keywords in movies.column("keywords").to_pylist():
        counts.update({normal_keyword(keyword) for keyword in keywords or ()})
    ordered = sorted(counts.items())
    columns = [[keyword for keyword, _ in ordered], [films for _, films in ordered]]
    return {
        "features": pa.table([made[name] for name in FEATURES.names], schema=FEATURES),
        "keyword_counts": pa.table(columns, schema=KEYWORD_COUNTS),
    }


def warm() -> None:
    """Load TextBlob's lexicon into this process, so that the first film does not wait for it."""
    from textblob import TextBlob

    TextBlob("good").sentiment  # noqa: B018 - read for what it loads


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@stage("tfidf", inputs=("features",), outputs=("tfidf",))
def fit_tfidf(features: pa.Table, settings: FeatureSettings, seed: int) -> dict[str, pa.Table]:
    """Fit TF-IDF with 1-3-grams and its reduction by truncated SVD on a sample of films.

    Returns
    -------
    {"tfidf": term (string), idf (float64), vector (`tfidf_components` float32)}: `vector` is the
    term's row of the right singular vectors (latent semantic analysis, Deerwester et al. 1990).
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = features.column("text").to_pylist()
    least = min(settings.tfidf_min_films, max(1, len(texts) // 10))
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 3),
        stop_words="english",
        sublinear_tf=True,
        min_df=least,
        max_df=min(1.0, max(settings.tfidf_max_share, (least + 1) / max(1, len(texts)))),
        max_features=settings.tfidf_max_features,
    )
    weights = vectorizer.fit_transform(texts)
    width = max(1, min(settings.tfidf_components, *(side - 1 for side in weights.shape)))
    with np.errstate(invalid="ignore"):  # the share of variance explained, where there is none
        svd = TruncatedSVD(width, random_state=seed % 2**32).fit(weights)
    terms = vectorizer.get_feature_names_out().tolist()
    columns = [
        pa.array(terms, pa.string()),
        pa.array(vectorizer.idf_, pa.float64()),
        column_of_vectors(svd.components_.T),
    ]
    return {"tfidf": pa.table(columns, names=["term", "idf", "vector"])}


def tfidf(texts: Iterable[str], model: Mapping[str, np.ndarray]) -> np.ndarray:
    """Reduced TF-IDF vectors, (texts, components) float32, of unit length (or zero).

    Parameters
    ----------
    model : {"term": (t,) object, "idf": (t,) float64, "vector": (t, components) float32}
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    counter = CountVectorizer(ngram_range=(1, 3), stop_words="english", vocabulary=model["term"])
    counts = counter.transform(texts).astype(np.float64)
    counts.data = 1 + np.log(counts.data)
    weighted = normalize(counts.multiply(model["idf"]).tocsr())
    return np.asarray(normalize(weighted @ model["vector"]), np.float32)
