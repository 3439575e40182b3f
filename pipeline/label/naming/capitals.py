"""Capitals of names, as headlines have them."""

from __future__ import annotations

from pipeline.label.words.lexicon import word_set

__all__ = ["SMALL_WORDS", "title_case"]

SMALL_WORDS = word_set("a an and at but by for from in into of on or the to vs with")
# "us" and "it" are none: in lower case they are pronouns far more often.
_ACRONYMS = word_set(
    """
    2d 3d ai bdsm cia dc ddr dj dna fbi gdr hiv ii iii iv ira kgb kkk lgbt lgbtq lgbtqia mi5 mi6 mma
    nasa nba nfl nra nsa nyc nypd pow ptsd rv sas ss swat tv ufo uk usa ussr vfx vhs vii viii vip vr
    wwi wwii xi xii
    """
)


def title_case(words: str) -> str:
    """Return words in the title case of a headline.

    Small words stay in lower case unless they come first, acronyms are in upper case, and the parts
    of a hyphenated word are treated alike.

    Examples
    --------
    >>> title_case("a cia agent in cold-war berlin")
    'A CIA Agent in Cold-War Berlin'
    """
    cased_words: list[str] = []
    for position, word in enumerate(words.split()):
        parts = word.split("-")
        cased = [
            part.upper()
            if part in _ACRONYMS
            else part
            if part in SMALL_WORDS and (position or number)
            else part[:1].upper() + part[1:]
            for number, part in enumerate(parts)
        ]
        cased_words.append("-".join(cased))
    return " ".join(cased_words)
