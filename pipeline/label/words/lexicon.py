"""Word lists of naming: words that no name contains, and forms of words."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "BOILERPLATE",
    "STOP_WORDS",
    "is_boilerplate",
    "lemma",
    "normal_form",
    "word_set",
]


def word_set(text: str) -> frozenset[str]:
    """Return the distinct words of a text."""
    return frozenset(text.split())


# Keywords about how a film is produced, sold or classified, not about its theme.
BOILERPLATE = word_set(
    """
    3d absurdist adult aftercreditsstinger anime adaptation action adventure b-movie blockbuster
    biography bromance camp cinema clip comedy credits crossover cult docudrama documentary drama
    duringcreditsstinger epic experimental fantasy feature film films filmmaker franchise genre
    horror imax independent intertitle live-action melodrama miniseries mockumentary movie movies
    parody prequel reboot remake romance satire sequel series spin-off spoof thriller tragicomedy
    trilogy violence woman director
    """
)

# Keywords of tone, which say nothing about the theme.
_MOODS = word_set(
    """
    absurd admiring adoring affectation aggressive ambiguous ambivalent amused angry antagonistic
    anxious apathetic appreciative approving arrogant assertive audacious authoritarian awestruck
    baffled bewildered bitter bold brisk callous candid casual cautionary celebratory cheerful
    cliché clinical comforting commanding compassionate complex complicated conceited condescending
    confused contemptuous critical cruel curious cynical defensive defiant demeaning depressing
    derisive derogatory desperate detached didactic direct disapproving disdainful disgusted
    disheartening disrespectful distressing dramatic dreary dubious earnest ecstatic egotistical
    embarrassed empathetic enchant enraged enthusiastic euphoric excited exhilarated exuberant
    familiar farcical forceful foreboding formal frantic frustrated frightened gentle ghoulish grand
    harsh hilarious hopeful hopeless horrified hostile humiliating impartial impassioned incredulous
    indifferent informative inflammatory inspirational intense intimate introspective ironic joyful
    joyous lighthearted loving malicious matter-of-fact mean-spirited meditative melancholy
    melodramatic mischievous mocking modest mysterious nervous nostalgic objective ominous
    optimistic outrageous patronizing pessimistic philosophical playful powerful powerless praising
    predictable pretentious provocative quaint quiet rebellious reflective relaxed respectful
    reverent ridiculous romantic sad sarcastic scathing sceptical sentimental serene serious sexy
    shocking sincere sinister skeptical solemn somber straightforward suspenseful suspicious
    sympathetic taunting tense thoughtful tragic understated unassuming urgent vibrant vindictive
    violent virtuous whimsical witty wistful wonder wry zealous
    """
)

_BOILERPLATE_PHRASES = re.compile(
    r"\b(based on|adapted from|inspired by|true story|woman director|female director|short film"
    r"|independent film|cult film|action hero|live action|character name|title spoken|one word"
    r"|in title|end credits|mean spirited|matter of fact|jew persecution|post.credits?"
    r"|during credits|after credits|directorial debut|shared universe"
    r"|motion capture|stop motion|found footage|black and white|silent film|film in film|part of"
    r"|female protagonist|male protagonist|female nudity|male nudity|strong woman|child's point"
    r"|non.?linear|plot twist|surprise ending|hallmark|lifetime|netflix|mcu|dceu"
    r"|marvel cinematic|dc extended|disney|pixar)\b"
)

# Characters and persons that catalogues list as keywords; no name is about one person.
_FAMOUS = re.compile(
    r"\b(dracula|frankenstein|sherlock|holmes|watson|bond|batman|superman|spider-?man|tarzan|zorro"
    r"|godzilla|king kong|robin hood|king arthur|merlin|santa claus|peter pan|pinocchio|cinderella"
    r"|snow white|hercules|jesus|christ|hitler|napoleon|shakespeare|elvis|barbie|scrooge"
    r"|van helsing|jekyll|hyde|poirot|marple|bourne|rambo|rocky|indiana jones|harry potter)\b"
)

STOP_WORDS = word_set(
    """
    a about above across after again against all almost alone along already also although always am
    among an and another any anyone anything are around as at away back be became because become
    becomes been before begin begins behind being below between beyond both bring brings but by call
    called came can cannot come comes could day days did discover discovers do does doing done down
    during each early either else end ends enough even eventually ever every everyone everything
    face far few final finally find finds first five for forced four from full gets get give gives
    go goes going good great group had has have having he help helps her here herself him himself
    his how however i if in instead into is it its itself join joins just keep keeps know known last
    later lead leads learn learns least leave leaves less let like live lives living long look looks
    lot made make makes making man many may me meet meets might more most mr mrs much must my name
    named near never new next no nor not nothing now of off old on once one only onto or other
    others our out over own people place put quite rather real really return returns right same
    second see seek seeks seem seems set sets several she should since six small so some someone
    something soon start starts still story such take takes taking tale tell tells ten than that the
    their them themselves then there these they thing things this those three through time times to
    together too toward towards tries try trying turn turns two under until up upon us use uses
    using various very want wants was way ways we well were what when where whether which while who
    whom whose why act based big emotions famous filmed girl's heroes little movie original pink
    power self social will with within without woman won't work works world would year years yet you
    young your
    amid despite hers nobody ours per theirs though till unless via yours
    """
)

_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+")


def is_boilerplate(term: str) -> bool:
    """Return whether a keyword says nothing about a theme, or names one person or character.

    Examples
    --------
    >>> is_boilerplate("based on novel or book"), is_boilerplate("submarine")
    (True, False)
    """
    words = term.split()
    return (
        all(word in BOILERPLATE or word in _MOODS for word in words)
        or bool(_BOILERPLATE_PHRASES.search(term))
        or bool(_FAMOUS.search(term))
    )


@lru_cache(maxsize=100_000)
def lemma(word: str) -> str:
    """Return the dictionary form of an English word, in lower case ("wolves" -> "wolf")."""
    import simplemma

    return simplemma.lemmatize(word.lower(), lang="en").lower()


def normal_form(text: str) -> frozenset[str]:
    """Return the lemmas of the words of a name, without stop words.

    Two names that differ in word order, number or inflection only have the same normal form.

    Examples
    --------
    >>> normal_form("Wars of the Wolves") == normal_form("Wolf War")
    True
    """
    return frozenset(lemma(word) for word in _TOKEN.findall(text.lower()) if word not in STOP_WORDS)
