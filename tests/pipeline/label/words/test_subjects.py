"""Which subjects texts name, in ten languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.label.words.decency import is_abstract, is_banned
from pipeline.label.words.subjects import SubjectLexicon, subject_lexicon
from pipeline.label.words.tables import LANGUAGES, read_tables

LEXICON = subject_lexicon()


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Boxers fight for the title.", {"boxing"}),
        ("He keeps a box of letters.", {"letter"}),  # "box" is no boxing
        ("Kung-fu masters meet.", {"kung fu", "martial arts"}),
        ("Two haunted houses.", {"haunted house", "ghost"}),
        ("Her aunt is Frank Church.", set()),  # a surname
        ("Ms. Baker often dines alone with Mr. Judge.", set()),
        ("Years later, Detective Ada Quill dines.", {"detective", "investigation"}),
        ("They dine in the Vietnam of 1968.", {"vietnam war", "war"}),
        ("HE LOVES HORSES", {"horse"}),  # capitals say nothing here
        ("She trained for years.", set()),  # no train
        ("A murder. Trains pass.", {"murder"}),
        ("", set()),
    ],
)
def test_subjects_of_english_texts(text: str, subjects: set[str]) -> None:
    assert LEXICON.subjects_in(text) == subjects


@pytest.mark.parametrize(
    ("language", "text", "subject"),
    [
        ("de", "In den Häusern leben Vampire.", "vampire"),
        ("de", "Ein Kommissar ermittelt.", "investigation"),
        ("fr", "L'avocate défend des religieuses.", "nun"),
        ("es", "Los ladrones planean un atraco.", "heist"),
        ("it", "Una suora viene rapita.", "kidnapping"),
        ("pt", "Uma casa mal-assombrada no campo.", "haunted house"),
        ("ru", "Он расследует дело вампиров.", "vampire"),
        ("hi", "वह डाकुओं से बदला लेता है।", "revenge"),
        ("hi", "Ek daku ka badla", "bandit"),  # in Latin letters
        ("ja", "新宿の刑事が吸血鬼を追う。", "vampire"),
        ("zh", "一名卧底打入黑帮。", "undercover agent"),
        ("zh", "香港偵探調查謀殺案", "detective"),  # traditional letters
    ],
)
def test_subjects_of_texts_in_other_languages(language: str, text: str, subject: str) -> None:
    assert subject in LEXICON.subjects_in(text, language)


def test_german_verbs_are_no_nouns() -> None:
    assert "addiction" not in LEXICON.subjects_in("Er sucht seine Schwester.", "de")
    assert "addiction" in LEXICON.subjects_in("Er verfällt der Sucht.", "de")


def test_katakana_is_no_part_of_another_word() -> None:
    assert "music band" in LEXICON.subjects_in("彼はバンドを組む", "ja")
    assert "music band" not in LEXICON.subjects_in("ハズバンドと暮らす", "ja")


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("A driver enters a race across Mexico.", "car race"),
        ("A jockey enters a race.", "horse racing"),
        ("A town is divided by race and segregation.", "race relations"),
        ("Thieves rob a bank.", "bank robbery"),
        ("A singer joins a rock band.", "music band"),
        ("A ghost: the evil spirit returns.", "ghost"),
    ],
)
def test_the_context_decides_on_the_sense(text: str, subject: str) -> None:
    assert subject in LEXICON.subjects_in(text)


@pytest.mark.parametrize(
    "text", ["The spirit of the team.", "An arms race.", "They sit on the bank.", "A band of gold."]
)
def test_without_its_context_an_ambiguous_word_means_nothing(text: str) -> None:
    assert LEXICON.subjects_in(text) <= {"gold"}


def test_further_words_are_context() -> None:
    assert LEXICON.subjects_of(["race"], context=["jockey"]) == {"horse racing", "horse"}


@pytest.mark.parametrize(
    ("keyword", "subject"),
    [
        ("Private Eye", "detective"),
        ("gay theme", "lgbt"),
        ("mental institution", "psychiatric hospital"),
        ("church", "church"),  # alone, a keyword is no surname
        ("affair", "infidelity"),
        ("bank robber", "bank robbery"),
        ("world war ii", "world war ii"),
    ],
)
def test_subjects_of_keywords(keyword: str, subject: str) -> None:
    assert subject in LEXICON.subjects_of_keyword(keyword)


def test_one_identity_in_all_languages() -> None:
    for language in LANGUAGES:
        printed = LEXICON.name_of("vampire", language)
        assert "vampire" in LEXICON.subjects_of_keyword(printed, language)
    assert LEXICON.name_of("paintball", "ja") == "paintball"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_finds_its_subject(language: str) -> None:
    tables = read_tables()
    ambiguous = tables.senses.get(language, {})
    lost = [
        (subject, word)
        for subject, words in tables.subjects[language].items()
        for word in words
        if not LEXICON.subjects_of_keyword(word, language)
        and not set(word.lower().split()) & {form + end for form in ambiguous for end in ("", "s")}
    ]
    assert lost == []


def test_printed_english_subjects_can_be_printed() -> None:
    for subject in LEXICON.subjects:
        assert subject == subject.lower()
        assert not is_banned(subject, adult=True)
        assert not is_abstract(subject)


def test_broader_subjects_are_transitive_and_never_the_subject_itself() -> None:
    for subject in LEXICON.subjects:
        wider = LEXICON.broader(subject)
        assert subject not in wider
        assert {above for one in wider for above in LEXICON.broader(one)} <= {*wider, subject}


def test_kinds() -> None:
    assert LEXICON.is_setting("prison")
    assert LEXICON.is_person("nun")
    assert not LEXICON.is_setting("vampire")
    assert LEXICON.genre_of("war") == "War"


def test_a_user_adds_a_subject() -> None:
    own = subject_lexicon('[subjects.en]\n"lighthouse keeper" = ["keeper of the light"]')
    assert own.subjects_in("A lonely keeper of the light") >= {"lighthouse keeper"}
    assert "lighthouse keeper" not in LEXICON


def test_an_unknown_language_has_no_subjects() -> None:
    assert SubjectLexicon(read_tables()).subjects_in("vampires", "xx") == set()


@given(st.text(max_size=60), st.sampled_from(LANGUAGES))
def test_any_text_has_known_subjects_only(text: str, language: str) -> None:
    assert LEXICON.subjects_in(text, language) <= set(LEXICON.subjects)
