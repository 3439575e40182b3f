"""The language of each overview, and how well the films of each language fit their micro-genre.

The default embedding model reads English. Overviews in other languages are embedded from the few
words that it knows, so these films are marked, and their fit is reported separately.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.schemas.lineage import LANGUAGES
from pipeline.schemas.stage import stage

__all__ = ["detect_languages", "fit_by_language", "foreign_share", "language_name", "warm"]

# English names of the ISO 639-1 codes that py3langid gives.
_PAIRS = """
af=Afrikaans am=Amharic an=Aragonese ar=Arabic as=Assamese az=Azerbaijani ba=Bashkir be=Belarusian
bg=Bulgarian bn=Bengali br=Breton bs=Bosnian ca=Catalan cs=Czech cy=Welsh da=Danish de=German
dz=Dzongkha el=Greek en=English eo=Esperanto es=Spanish et=Estonian eu=Basque fa=Persian
fi=Finnish fo=Faroese fr=French fy=Frisian ga=Irish gd=Gaelic gl=Galician gu=Gujarati ha=Hausa
he=Hebrew hi=Hindi hr=Croatian ht=Haitian hu=Hungarian hy=Armenian id=Indonesian ig=Igbo
is=Icelandic it=Italian ja=Japanese jv=Javanese ka=Georgian kk=Kazakh km=Khmer kn=Kannada
ko=Korean ku=Kurdish ky=Kyrgyz la=Latin lb=Luxembourgish lg=Luganda ln=Lingala lo=Lao
lt=Lithuanian lv=Latvian mg=Malagasy mk=Macedonian ml=Malayalam mn=Mongolian mr=Marathi ms=Malay
mt=Maltese my=Burmese nb=Norwegian ne=Nepali nl=Dutch nn=Norwegian no=Norwegian oc=Occitan
om=Oromo or=Odia pa=Punjabi pl=Polish ps=Pashto pt=Portuguese qu=Quechua ro=Romanian ru=Russian
rw=Kinyarwanda sa=Sanskrit se=Sami si=Sinhala sk=Slovak sl=Slovenian sn=Shona so=Somali
sq=Albanian sr=Serbian st=Sotho sv=Swedish sw=Swahili ta=Tamil te=Telugu th=Thai tg=Tajik
tk=Turkmen tl=Tagalog tr=Turkish tt=Tatar ug=Uyghur uk=Ukrainian ur=Urdu uz=Uzbek vi=Vietnamese
vo=Volapük wa=Walloon xh=Xhosa yo=Yoruba yue=Cantonese zh=Chinese zu=Zulu
"""
_NAMES = dict(pair.split("=") for pair in _PAIRS.split())
_NOT_FOREIGN = (None, "en", "zxx")  # unknown, English, no language
_MIN_CONFIDENCE = 0.65  # English overviews reach it, except some of only a few words


@stage("languages", inputs=("movies",), outputs=("languages",))
def detect_languages(movies: pa.Table) -> dict[str, pa.Table]:
    """Detect the language of each overview of one partition.

    Parameters
    ----------
    movies : pa.Table
        Columns `movie_id` and `overview`.

    Returns
    -------
    dict of str to pa.Table
        `languages` is LANGUAGES in the order of `movies`. `text_language` is ISO 639-1, or 639-3
        for a language without a shorter code; null if the confidence (0 to 1) is below 0.65, as for
        a few words.

    Notes
    -----
    The classifier is py3langid, a port of langid.py (Lui and Baldwin 2012, "langid.py: An
    Off-the-shelf Language Identification Tool").
    """
    identifier = _identifier()
    detected = [identifier.classify(text or "") for text in movies.column("overview").to_pylist()]
    confidence = np.array([probability for _, probability in detected], np.float32)
    codes = [code if probability >= _MIN_CONFIDENCE else None for code, probability in detected]
    columns = [
        movies.column("movie_id").combine_chunks(),
        pa.array(codes, pa.string()),
        pa.array(confidence, pa.float32()),
    ]
    return {"languages": pa.table(columns, schema=LANGUAGES)}


def language_name(code: str) -> str:
    """Return the English name of a language code, or the code if it is not listed.

    Examples
    --------
    >>> language_name("de"), language_name("xx")
    ('German', 'xx')
    """
    return _NAMES.get(code, code)


def foreign_share(languages: pa.Table) -> tuple[str | None, float]:
    """Return the most frequent language of overviews other than English, and its share.

    Parameters
    ----------
    languages : pa.Table
        Table of LANGUAGES.

    Returns
    -------
    language : str or None
        Its English name, or its code if the name is not known; None if all overviews are English or
        of no known language.
    share : float
        Share of all films, 0 to 1.

    Examples
    --------
    >>> codes = pa.table({"text_language": ["de", "en", "de", None]})
    >>> foreign_share(codes)
    ('German', 0.5)
    """
    counts = {
        row["values"]: row["counts"]
        for row in languages.column("text_language").value_counts().to_pylist()
        if row["values"] not in _NOT_FOREIGN
    }
    if not counts:
        return None, 0.0
    code = min(counts, key=lambda language: (-counts[language], language))
    return language_name(code), counts[code] / len(languages)


def fit_by_language(movies: pa.Table, languages: pa.Table) -> list[dict[str, Any]]:
    """Return figures of the films of each language, the language with the most films first.

    Parameters
    ----------
    movies : pa.Table
        Table of RELEASED_MOVIES.
    languages : pa.Table
        LANGUAGES of the same films, in any order.

    Returns
    -------
    list of dict
        For each language: `language` (None if unknown), `films`, `share` of all films (0 to 1),
        `mean_similarity` (cosine to the centroid), `mean_margin` (None with one micro-genre) and
        `weak_share` (0 to 1).
    """
    ids = languages.column("movie_id").combine_chunks()
    position = pc.index_in(movies.column("movie_id").combine_chunks(), value_set=ids)
    codes = languages.column("text_language").combine_chunks().take(position)
    encoded = codes.dictionary_encode("encode")  # null is a value of its own
    numbers = encoded.indices.to_numpy()
    rows_of: dict[str | None, np.ndarray] = {
        language: np.flatnonzero(numbers == number)
        for number, language in enumerate(encoded.dictionary.to_pylist())
    }
    similarity = movies.column("similarity").to_numpy().astype(np.float64)
    margin = movies.column("margin").to_numpy(zero_copy_only=False).astype(np.float64)
    weak = movies.column("weak").to_numpy(zero_copy_only=False).astype(bool)
    figures = []
    for language, rows in sorted(rows_of.items(), key=lambda item: (-len(item[1]), item[0] or "")):
        margins = margin[rows]
        figures.append(
            {
                "language": language,
                "films": len(rows),
                "share": len(rows) / len(movies),
                "mean_similarity": float(similarity[rows].mean()),
                "mean_margin": None if np.isnan(margins).all() else float(np.nanmean(margins)),
                "weak_share": float(weak[rows].mean()),
            }
        )
    return figures


def warm() -> None:
    """Load the model of py3langid in this process, so that the first film need not wait."""
    _identifier()


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
