"""Warn of overviews in languages that the model does not read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pyarrow as pa

__all__ = ["foreign_languages_line", "reads_only_english"]

_MOST = 0.5  # share of the overviews from which the warning is printed
# Models of sentence-transformers that are trained on English text; their multilingual ones say so.
_ENGLISH = re.compile(r"(all|multi-qa|msmarco|paraphrase|gtr|sentence-t5)-(?!.*multilingual).*")


def reads_only_english(model: str) -> bool:
    """Return whether a model, by its name, reads English only; False for one that is not known.

    Examples
    --------
    >>> reads_only_english("all-MiniLM-L6-v2")
    True
    >>> reads_only_english("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2")
    False
    """
    return _ENGLISH.fullmatch(model.rsplit("/", 1)[-1]) is not None


def foreign_languages_line(
    languages: pa.Table, model: str, language_name: Callable[[str], str]
) -> str | None:
    """Return a warning if most overviews are in a language that the model does not read.

    Parameters
    ----------
    languages : pa.Table
        Column text_language of the films: ISO 639-1, null if unknown.
    model : str
        Name of the model in the settings.
    language_name : callable
        Returns the English name of a language code.

    Examples
    --------
    >>> spoken = pa.table({"text_language": ["de", "de", "de", "en", None]})
    >>> foreign_languages_line(spoken, "all-MiniLM-L6-v2", {"de": "German"}.__getitem__)
    '75 % of the overviews are German; the model reads English: see --profile multilingual'
    """
    if not reads_only_english(model):
        return None
    counts = Counter(code for code in languages["text_language"].to_pylist() if code is not None)
    foreign = counts.total() - counts["en"]
    if foreign <= _MOST * counts.total():
        return None
    code, most = Counter({c: n for c, n in counts.items() if c != "en"}).most_common(1)[0]
    name = language_name(code)
    share = f"{foreign / counts.total():.0%}".replace("%", " %")
    # a few short overviews are always taken for yet another language
    which = name if most > _MOST * counts.total() else f"not English, most often {name}"
    advice = "the model reads English: see --profile multilingual"
    return f"{share} of the overviews are {which}; {advice}"
