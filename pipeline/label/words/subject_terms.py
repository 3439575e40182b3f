"""The words that count as the subjects of a name, as a release lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.label.words.subjects import SubjectLexicon

__all__ = ["subject_terms"]


def subject_terms(
    subjects: Iterable[tuple[str, Sequence[str]]],
    lexicon: SubjectLexicon,
    languages: Sequence[str] = ("en",),
) -> list[str]:
    """Return the words and phrases that count as the subjects of a name.

    Parameters
    ----------
    subjects : iterable of (str, sequence of str)
        Key and terms of each subject in PARTS.
    lexicon : SubjectLexicon
        Says which narrower subjects imply a subject: a time loop is time travel.
    languages : sequence of str
        Languages of the texts, ISO 639-1, in which narrower subjects are looked up.

    Returns
    -------
    list of str
        The terms of the subjects and of all narrower subjects, distinct, in alphabetical order.

    Examples
    --------
    >>> from pipeline.label.words.subjects import subject_lexicon
    >>> terms = subject_terms([("ghost", ["ghost", "spirit"])], subject_lexicon())
    >>> "spirit" in terms, "haunted house" in terms
    (True, True)
    """
    given = list(subjects)
    wanted = {key for key, _ in given}
    terms = {term for _, own in given for term in own}
    for narrower in lexicon.subjects:
        if not wanted.isdisjoint(lexicon.broader(narrower)):
            terms.update(word for code in languages for word in lexicon.words_of(narrower, code))
    return sorted(terms)
