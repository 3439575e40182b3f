"""The words that count as the subjects of a name."""

from __future__ import annotations

from pipeline.label.shelves.name_holds import name_holds
from pipeline.label.words.subject_terms import subject_terms
from pipeline.label.words.subjects import subject_lexicon


def test_narrower_subjects_count_as_the_subject() -> None:
    lexicon = subject_lexicon()
    terms = subject_terms([("ghost", ["ghost"])], lexicon)
    assert terms == sorted(set(terms)) and "ghost" in terms
    row = {"subjects": ["ghost"], "subject_terms": terms}
    assert name_holds(row, {"keywords": ["haunted houses"]}, ()) is True
    assert "ghost" not in subject_terms([("haunted house", ["haunted house"])], lexicon)


def test_a_subject_that_the_lexicon_lacks_has_its_own_terms() -> None:
    assert subject_terms([("qwx", ["qwxes", "qwx"])], subject_lexicon()) == ["qwx", "qwxes"]
    assert subject_terms([], subject_lexicon()) == []
