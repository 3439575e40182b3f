"""Names in other languages than English: the patterns of `config/lexicon` put together."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.label.naming.capitals import title_case
from pipeline.label.naming.facet_words import facet_word, is_decade
from pipeline.label.naming.patterns import naming_data
from pipeline.label.words.adjectives import with_adjective
from pipeline.label.words.genre_nouns import with_subject
from pipeline.label.words.subjects import subject_lexicon
from pipeline.label.words.tables import read_tables

__all__ = ["place_name", "subject_word", "write_in"]

_AND = "{first} & {second}"


def write_in(
    language: str,
    facets: Sequence[str],
    subjects: Sequence[tuple[str, str]],
    form: str,
    extra: str = "",
) -> str:
    """Return a name in another language than English.

    Parameters
    ----------
    language : str
        ISO 639-1.
    facets : sequence of str
        Keys of facets, in the order of an English name.
    subjects : sequence of (str, str)
        Key of each subject, and what the name prints where the lexicon has no word.
    form : str
        Noun of the films.
    extra : str
        Text of a user's file of words.

    Examples
    --------
    >>> write_in("de", ["era:classic", "language:hi"], [], "Melodramen")
    'Klassische Hindi-Melodramen'
    >>> write_in("fr", ["decade:1970"], [], "Comédies romantiques")
    'Comédies romantiques des années 1970'
    """
    if language not in naming_data()["noun_first"]["languages"]:
        return _before(facets, _with_subjects(subjects, form, language, extra), language, extra)
    own = naming_data()["decades"].get(language)
    if own is None and not all(subject_word(*both, language, extra)[1] for both in subjects):
        # "Films d'action des années 1970 : kung fu"
        return _with_subjects(subjects, _behind(facets, form, language, extra), language, extra)
    decades = [key for key in facets if is_decade(key)]
    others = [key for key in facets if not is_decade(key)]
    if own is None:  # "Films d'horreur italiens de fantômes des années 1970"
        name = _with_subjects(subjects, _behind(others, form, language, extra), language, extra)
        return _behind(decades, name, language, extra)
    name = _before(others, form, language, extra)
    for key in decades:
        year = int(key.partition(":")[2])
        name = own.format(form=name, year=year, last=year + 9)
    return _with_subjects(subjects, name, language, extra)


def subject_word(key: str, printed: str, language: str, extra: str = "") -> tuple[str, bool]:
    """Return a subject in a language, and whether the lexicon has a word for it."""
    lexicon = subject_lexicon(extra)
    if key in lexicon and lexicon.has_name(key, language):
        return lexicon.name_of(key, language), True
    if language == "de" and " " not in printed:  # a noun
        printed = printed[:1].upper() + printed[1:]
    cased = title_case(printed).split()
    return " ".join(
        word if word.isupper() else own for word, own in zip(cased, printed.split(), strict=True)
    ), False


def place_name(key: str, language: str) -> str | None:
    """Return the name of the country or language of a facet, or None if it has none.

    Examples
    --------
    >>> place_name("country:JP", "fr"), place_name("language:hi", "en")
    ('Japon', 'Hindi')
    """
    from babel import Locale

    locale = Locale.parse(language)
    kind, _, code = key.partition(":")
    names = locale.territories if kind == "country" else locale.languages
    name = names.get(code)
    return None if name is None else str(name)


def _with_subjects(
    subjects: Sequence[tuple[str, str]], form: str, language: str, extra: str
) -> str:
    if not subjects:
        return form
    found = [subject_word(key, printed, language, extra) for key, printed in subjects]
    words = [word for word, _ in found]
    known = all(own for _, own in found)
    two = naming_data()["two_subjects"].get(language, _AND)
    if language == "de":  # "Vampir- & Werwolf-Horrorfilme"; phrases make no compound
        linking = read_tables(extra).linking.get(language, {})
        words = [linking.get(word, word[:1].upper() + word[1:]) for word in words]
        known = all(" " not in word for word in words)
        two = two if known else _AND
        form = form.replace(" & ", " & -") if known else form
    text = words[0]
    for word in words[1:]:
        text = two.format(first=text, second=word)
    if known:
        return with_subject(text, form, language, extra)
    pattern = naming_data()["apart"].get(language, "{form}: {subject}")
    return str(pattern.format(form=form, subject=text))


def _before(facets: Sequence[str], name: str, language: str, extra: str) -> str:
    """A name with adjectives before it; the first one has a capital."""
    small = language in naming_data()["noun_first"]["lower"]
    for key in reversed(facets):
        word = facet_word(key, language, extra)
        if word is None:
            continue
        if small:
            name = name[:1].lower() + name[1:]
        name = with_adjective(word, name, language, extra)
        small = small or (language == "de" and not word.endswith("-"))
    return name


def _behind(facets: Sequence[str], name: str, language: str, extra: str) -> str:
    """A name with adjectives behind it: "Comédies courtes muettes", "Comédies et drames muets"."""
    feminine = {word.lower() for word in read_tables(extra).feminine.get(language, ())}
    two = naming_data()["two_subjects"][language].format(first="", second="")
    heads = [form.split()[0].lower() for form in name.split(two)]
    mixed = len({head in feminine for head in heads}) > 1
    for key in sorted(facets, key=lambda key: (is_decade(key), not key.startswith("form:"))):
        word = facet_word(key, language, extra)
        if word is not None:
            agreeing = word.partition("|")[0] if mixed else word
            name = with_adjective(agreeing, name, language, extra)
    return name
