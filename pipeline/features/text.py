"""From clean movies to what is embedded and counted: text, numbers, keywords, TF-IDF.

The text consists of whole sentences, like those a sentence encoder is trained on; no stop words are
removed.
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
    "compose_text",
    "compose_texts",
    "extract_features",
    "fit_tfidf",
    "measure_amounts",
    "normalize_keyword",
    "tfidf_vectors",
]

# Number of films of the partition with each keyword; the counts of partitions can be added.
KEYWORD_COUNTS = pa.schema([("keyword", pa.string()), ("films", pa.int64())])

_SENTENCE_ENDS = (".", "!", "?", "…", '"', "'", ")")


def compose_text(
    overview: str, tagline: str | None, keywords: Sequence[str], settings: FeatureSettings
) -> str:
    """Return the text that the model reads: overview, tagline, keywords, each as a sentence.

    Examples
    --------
    >>> compose_text("A crew dives", "No way out!", ["submarine", "war"], FeatureSettings())
    'A crew dives. No way out! submarine, war.'
    """
    parts = [overview]
    if settings.use_tagline and tagline:
        parts.append(tagline)
    if settings.use_keywords and keywords:
        parts.append(", ".join(keywords[: settings.max_keywords]))
    return " ".join(p if p.endswith(_SENTENCE_ENDS) else f"{p}." for p in parts if p)


def compose_texts(movies: pa.Table, settings: FeatureSettings) -> pa.Table:
    """Return the text of each film, without the slower features.

    Parameters
    ----------
    movies : Table
        Columns movie_id, overview, tagline and keywords.
    settings : FeatureSettings
        Which parts the text has.

    Returns
    -------
    Table
        The columns movie_id, text and text_hash of FEATURES, in the order of `movies`.
    """
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


def measure_amounts(movies: pa.Table) -> pa.Table:
    """Return how much text each film has, without the slower features.

    Parameters
    ----------
    movies : Table
        Columns overview, tagline and keywords.

    Returns
    -------
    Table
        The columns desc_length (characters), num_keywords and has_tagline of FEATURES, in the
        order of `movies`.
    """
    tagline = movies.column("tagline")
    has_tagline = pc.fill_null(pc.greater(pc.utf8_length(tagline), 0), fill_value=False)
    counts = pc.fill_null(pc.list_value_length(movies.column("keywords")), 0)
    return pa.table(
        {
            "desc_length": pc.cast(pc.utf8_length(movies.column("overview")), pa.int32()),
            "num_keywords": pc.cast(counts, pa.int32()),
            "has_tagline": has_tagline,
        }
    )


def normalize_keyword(keyword: str) -> str:
    """Return a keyword in lower case, with single spaces, as keywords are compared.

    Examples
    --------
    >>> normalize_keyword(" Cold  War")
    'cold war'
    """
    return " ".join(keyword.lower().split())


@stage("features", version=2, inputs=("movies",), outputs=("features", "keyword_counts"))
def extract_features(movies: pa.Table, settings: FeatureSettings) -> dict[str, pa.Table]:
    """Extract text, numeric features and keyword counts of one partition.

    Parameters
    ----------
    movies : Table
        CLEAN_MOVIES.
    settings : FeatureSettings
        Which parts the text has, and whether the mode needs the sentiment.

    Returns
    -------
    dict of str to Table
        "features": FEATURES, in the order of `movies`; `sentiment_score` is null except in the mode
        "full". "keyword_counts": KEYWORD_COUNTS, by keyword.
    """
    overviews = movies.column("overview").to_pylist()
    sentiment = _sentiments(overviews) if settings.mode == "full" else [None] * len(overviews)
    column_of = {"sentiment_score": pa.array(sentiment, pa.float64())}
    for part in (compose_texts(movies, settings), measure_amounts(movies)):
        column_of |= dict(zip(part.column_names, part.columns, strict=True))
    counts: Counter[str] = Counter()
    for keywords in movies.column("keywords").to_pylist():
        counts.update({normalize_keyword(keyword) for keyword in keywords or ()})
    ordered = sorted(counts.items())
    columns = [[keyword for keyword, _ in ordered], [films for _, films in ordered]]
    return {
        "features": pa.table([column_of[name] for name in FEATURES.names], schema=FEATURES),
        "keyword_counts": pa.table(columns, schema=KEYWORD_COUNTS),
    }


def _sentiments(overviews: Sequence[str]) -> list[float]:
    """TextBlob's polarity of texts, -1 to 1; the import loads its lexicon."""
    from textblob import TextBlob

    return [float(TextBlob(overview).sentiment.polarity) for overview in overviews]


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@stage("tfidf", version=2, inputs=("features",), outputs=("tfidf",))
def fit_tfidf(features: pa.Table, settings: FeatureSettings, seed: int) -> dict[str, pa.Table]:
    """Fit TF-IDF of 1-grams to 3-grams and its truncated SVD on a sample of films.

    Parameters
    ----------
    features : Table
        FEATURES of the sample.
    settings : FeatureSettings
        Limits of the vocabulary, and the number of components.
    seed : int
        Seed of the SVD.

    Returns
    -------
    dict of str to Table
        "tfidf": term (string), idf (float64), vector (`tfidf_components` float32): the term's row
        of the right singular vectors. No rows if no term is left, as for texts that consist of
        stop words, or for limits that leave out every term.

    Notes
    -----
    Latent semantic analysis: Deerwester et al. 1990, JASIS 41.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = features.column("text").to_pylist()
    min_films = min(settings.tfidf_min_films, max(1, len(texts) // 10))
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 3),
        stop_words="english",
        sublinear_tf=True,
        min_df=min_films,
        max_df=min(1.0, max(settings.tfidf_max_share, (min_films + 1) / max(1, len(texts)))),
        max_features=settings.tfidf_max_features,
    )
    try:
        weights = vectorizer.fit_transform(texts)
    except ValueError:
        # The settings are valid: the vocabulary is empty after stop words, or after the limits on
        # the number of films.
        return {"tfidf": _tfidf_table([], np.zeros(0), np.zeros((0, 1), np.float32))}
    terms = vectorizer.get_feature_names_out().tolist()
    if len(terms) == 1:  # the SVD of one column is that column
        return {"tfidf": _tfidf_table(terms, vectorizer.idf_, np.ones((1, 1), np.float32))}
    width = max(1, min(settings.tfidf_components, *(side - 1 for side in weights.shape)))
    with np.errstate(invalid="ignore"):  # a single film has no variance to divide by
        svd = TruncatedSVD(width, random_state=seed % 2**32).fit(weights)
    return {"tfidf": _tfidf_table(terms, vectorizer.idf_, svd.components_.T)}


def _tfidf_table(terms: Sequence[str], idf: np.ndarray, vectors: np.ndarray) -> pa.Table:
    columns = [
        pa.array(terms, pa.string()),
        pa.array(idf, pa.float64()),
        column_of_vectors(vectors),
    ]
    return pa.table(columns, names=["term", "idf", "vector"])


def tfidf_vectors(texts: Iterable[str], model: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the reduced TF-IDF vectors of texts.

    Parameters
    ----------
    texts : iterable of str
        Texts.
    model : mapping of str to ndarray
        The columns of `fit_tfidf`: "term" of shape (n_terms,), object; "idf" of shape (n_terms,),
        float64; "vector" of shape (n_terms, components), float32.

    Returns
    -------
    ndarray of shape (n_texts, components), float32
        Vectors of unit length; zero for a text without a term of the model.
    """
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    counter = CountVectorizer(ngram_range=(1, 3), stop_words="english", vocabulary=model["term"])
    counts = counter.transform(texts).astype(np.float64)
    counts.data = 1 + np.log(counts.data)
    weighted = normalize(counts.multiply(model["idf"]).tocsr())
    return np.asarray(normalize(weighted @ model["vector"]), np.float32)
