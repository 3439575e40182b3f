"""Do two rows of one title and year describe one film? Compare directors and words of the texts.

Of 3,672 pairs of rows with the same title and year in two TMDB catalogues, none are of different
films. So rows of one title and year join unless there is evidence against it: directors that
differ, or plots in the same language that have no words in common.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ftfy import fix_encoding

__all__ = ["Description", "agrees_strongly", "contradicts", "describe", "repair", "unlike"]

# Frequent words of each language: they show in which language a text is.
_LANGUAGES = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to his her with from by who for at is he she they their on when that",
        "de": "der und den das ein eine einen einem mit von zu im sich auf ist nicht wird dem für",
        "fr": "le les des et une dans du est pour son sa qui au sur avec par ses il elle",
        "es": "el los las y una del con su por para es al lo como sus pero más",
        "it": "il di che è della una del con gli nel dei alla per sua suo lo",
        "pt": "o os da do e uma em no na com seu sua para um dos das ao é",
        "nl": "het een van en zijn haar met op voor te dat niet aan door",
        "pl": "i w na z się do jest że jego po przez który",
        "sv": "och att en som på är för med av den till sig hans",
        "tr": "ve bir bu için ile da de olan bir",
    }.items()
}
# Words of four letters and more that say nothing about a film.
_COMMON_WORDS = """
about after again against also although among another because been before being between both
came could does down during each even ever every film films first from have having here himself
herself into itself just later life like made make makes many more most movie much must never
only other over same some story such take takes than that their them then there these they this
those through time until upon very want wants were what when where which while whom whose will
with within without would year years your young find finds themselves begins become becomes
comes gets goes back world love lives live woman women family american british directed starring
written produced based stars released drama comedy thriller horror action musical western
romance documentary eine einen einem einer eines sich nicht wird werden sein seine seinen seiner
ihre ihren nach über auch aber oder wenn dass durch gegen unter zwischen filme leben jungen
junge dans pour avec sans cette leur leurs mais plus tout tous elle sont être fait jeune
histoire para como pero este esta sobre cuando desde entre hasta hacia vida historia joven
pelicula della dello degli delle nella sono dopo quando come suoi loro anche vita storia giovane
depois pela pelo seus suas jovem deze haar zijn worden door
"""
_COMMON = frozenset(_COMMON_WORDS.split())
# Beginnings of words that 3 of 100 overviews of TMDB contain: one of them in common is a chance.
_FREQUENT_STEMS = """
frien disco fathe force murde help secre home under wife myste schoo child group town inter
kille death daugh girl mothe decid soon fight three retur follo power city high toget night
start relat peopl house broth survi every reali count small learn creat missi best journ escap
event colle save team polic true marri exper forme meets stran howev strug human beaut teena
chang attem order york thing battl work past dream class
"""
_FREQUENT = frozenset(_FREQUENT_STEMS.split())
_WORD = re.compile(r"\w+")
# two characters of Windows-1252 that UTF-8 bytes read as it give
_DAMAGE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
_STEM = 5  # letters of a word that are compared: "smuggler", "smugglers"
_SHORTEST = 4  # letters of a word that says something
_ENOUGH = 5  # words that a text must have before lacking common words means anything
_IDEOGRAPHS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_CAST, _SAME_CAST = 10, 2  # names of the cast that are compared, and that must be the same
_SAME = 0.5  # share of the words of a text that are in the other if both are one text
_ALIKE = 0.3  # less than this share in common: texts of different films
_LEAD = 60  # characters in which the lead of an encyclopaedia names the film


@dataclass(frozen=True)
class Description:
    """What the rows of a film say about it.

    Attributes
    ----------
    directors : frozenset of str
        Comparable names; empty if unknown.
    cast : frozenset of str
        Comparable names of the first 10 of the cast.
    plot : frozenset of str
        Stems of the words of the overview, without those of the title and frequent ones.
    words : frozenset of str
        `plot`, and those of the names of directors and cast.
    lead : bool
        Whether the overview is the lead of an encyclopaedia, which tells no plot.
    text : str
        The overview in lower case, without accents and punctuation.
    """

    directors: frozenset[str]
    cast: frozenset[str]
    plot: frozenset[str]
    words: frozenset[str]
    lead: bool
    text: str

    @cached_property
    def language(self) -> str:
        """Language or script of the overview; empty if unknown."""
        return _language(self.text)


def describe(
    title: str | None,
    overview: str | None,
    directors: Sequence[str | None] | None,
    cast: Sequence[str | None] | None,
) -> Description:
    """Return what a row says about its film.

    Examples
    --------
    >>> found = describe("Heat", "A thief robs the bank of Los Angeles.", ["Michael Mann"], None)
    >>> sorted(found.plot), found.language, sorted(found.directors)
    (['angel', 'bank', 'robs', 'thief'], 'en', ['mann michael'])
    """
    text = _fold(overview or "")
    of_title = _fold(title or "")
    known = {word[:_STEM] for word in _WORD.findall(of_title)}
    plot = frozenset(_stems(text) - known)
    names = [name for name in (*(directors or ()), *(cast or ())[:_CAST]) if name]
    of_names = _stems(_fold(" ".join(names))) - known
    return Description(
        directors=frozenset(filter(None, map(_name, directors or ()))),
        cast=frozenset(filter(None, map(_name, (cast or ())[:_CAST]))),
        plot=plot,
        words=plot | of_names,
        lead=bool(of_title) and of_title in text[: len(of_title) + _LEAD],
        text=" ".join(_WORD.findall(text)),
    )


def contradicts(one: Description, two: Description) -> bool:
    """Return whether two descriptions under one title and year are of different films.

    Directors decide if both know them, unless the texts are the same. Otherwise two plots in one
    language, of at least 5 words each, that have no word in common are of different films.

    Examples
    --------
    >>> one = describe("Thaw", "A widow rents out the attic to a meteor that glows.", None, None)
    >>> two = describe("Thaw", "Three sisters race tractors across the frozen lake.", None, None)
    >>> contradicts(one, two)
    True
    """
    if one.directors and two.directors:
        return not (_same_names(one.directors, two.directors) or _same_text(one, two))
    if one.lead or two.lead or min(len(one.plot), len(two.plot)) < _ENOUGH:
        return False
    if one.words & two.plot or two.words & one.plot:
        return False
    return bool(one.language) and one.language == two.language


def agrees_strongly(one: Description, two: Description) -> bool:
    """Return whether two descriptions are certainly of one film.

    They are if a director, two of the cast or the text are the same.
    """
    if one.directors and two.directors and _same_names(one.directors, two.directors):
        return True
    return len(one.cast & two.cast) >= _SAME_CAST or _same_text(one, two)


def unlike(one: Description, two: Description, *, years_apart: bool) -> bool:
    """Return whether two rows of one file and id, under different titles, are of two films.

    They are of one film if the texts are the same, or nothing can be compared: a text is missing,
    or in another language, as that of a translation is. A director says nothing, since the films
    of a box have one id and one director.

    Parameters
    ----------
    one, two : Description
        What the rows say.
    years_apart : bool
        Whether the years of the rows differ; then only the same text makes one film.

    Examples
    --------
    >>> one = describe("Thaw", "A widow rents out the attic to a meteor that glows.", None, None)
    >>> two = describe("Frost", "Three sisters race tractors across the frozen lake.", None, None)
    >>> other = describe("Tau", "Eine Witwe vermietet den Dachboden an einen Stern.", None, None)
    >>> unlike(one, two, years_apart=False), unlike(one, other, years_apart=False)
    (True, False)
    """
    if _same_text(one, two):
        return False
    if years_apart:
        return True
    if one.directors and two.directors and not _same_names(one.directors, two.directors):
        return True
    fewest = min(len(one.plot), len(two.plot))
    if one.lead != two.lead or fewest < _ENOUGH or not one.language:
        return False
    return one.language == two.language and len(one.plot & two.plot) < _ALIKE * fewest


def _same_text(one: Description, two: Description) -> bool:
    """Whether the shorter plot has half of its words in the other, or the texts are equal."""
    if min(len(one.plot), len(two.plot)) < _ENOUGH:
        return one.text == two.text and len(one.text.split()) >= _ENOUGH
    return len(one.plot & two.plot) >= _SAME * min(len(one.plot), len(two.plot))


def _same_names(one: Iterable[str], two: Iterable[str]) -> bool:
    """Whether one name is in both: "J. Lee Thompson" is "Lee Thompson, J."; initials agree."""
    first, second = [name.split() for name in one], [name.split() for name in two]
    return any(_same_name(a, b) for a in first for b in second)


def _same_name(one: list[str], two: list[str]) -> bool:
    if one == two:
        return True
    if len(one) > len(two):
        one, two = two, one
    rest = list(two)
    for part in one:
        found = next((other for other in rest if _same_part(part, other)), None)
        if found is None:
            return False
        rest.remove(found)
    return any(len(part) > 1 and part in two for part in one)


def _same_part(one: str, two: str) -> bool:
    short = min(len(one), len(two))
    return one == two or (short == 1 and one[0] == two[0])


def _name(name: str | None) -> str:
    return " ".join(sorted(_WORD.findall(_fold(name or ""))))


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", repair(text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def repair(text: str) -> str:
    """Return a text with UTF-8 that was read as Windows-1252 repaired: "JoffÃ©" is "Joffé"."""
    return fix_encoding(text) if not text.isascii() and _DAMAGE.search(text) else text


def _stems(text: str) -> set[str]:
    words = {word for word in _WORD.findall(text) if len(word) >= _SHORTEST} - _COMMON
    if text.isascii() or not _IDEOGRAPHS.search(text):
        return {word[:_STEM] for word in words} - _FREQUENT
    stems = {word[:_STEM] for word in words if not _IDEOGRAPHS.search(word)} - _FREQUENT
    # scripts without spaces: pairs of characters
    for run in re.findall(f"{_IDEOGRAPHS.pattern}+", text):
        stems.update(run[n : n + 2] for n in range(len(run) - 1))
    return stems


def _language(text: str) -> str:
    if not text:
        return ""
    sample = next((c for c in text if c.isalpha()), " ")
    script = unicodedata.name(sample, "").split(" ")[0]
    if script != "LATIN":
        return script
    words = set(_WORD.findall(text))
    hits = {name: len(words & known) for name, known in _FOLDED.items()}
    best = max(hits, key=lambda name: hits[name])
    return best if hits[best] else ""


_FOLDED = {name: frozenset(_fold(word) for word in words) for name, words in _LANGUAGES.items()}
