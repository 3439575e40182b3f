"""Why a film was found: its title, matched words, keywords, people, or the nearest sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from serve.catalogue.catalogue import Catalogue
from serve.catalogue.records import FilmRow, Reason
from serve.catalogue.search.analysis import words_of
from serve.catalogue.search.meaning import MeaningIndex
from serve.catalogue.search.ranking import Ranking
from serve.catalogue.search.text_index import TextIndex

__all__ = ["Reasons", "split_sentences"]

_SENTENCE_END = re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f])\s+")
_MAX_ENCODED = 24  # sentences of a page that the model reads; about 1 ms each on two cores
_MAX_NAMED = 3  # keywords or people that a reason names


def split_sentences(text: str) -> list[str]:
    """Split a text after full stops, question and exclamation marks.

    Examples
    --------
    >>> split_sentences("A crew dives. Who comes back?")
    ['A crew dives.', 'Who comes back?']
    """
    return [part for part in _SENTENCE_END.split(text.strip()) if part]


class Reasons:
    """Writes the reasons for which films were found.

    Parameters
    ----------
    text : TextIndex
        Knows the terms of words.
    meaning : MeaningIndex
        Encodes sentences.
    """

    def __init__(self, text: TextIndex, meaning: MeaningIndex) -> None:
        self._text = text
        self._meaning = meaning

    def of(
        self, films: Sequence[FilmRow], rows: np.ndarray, ranking: Ranking, catalogue: Catalogue
    ) -> list[list[Reason]]:
        """Return the reasons of each film.

        Parameters
        ----------
        films : sequence of FilmRow
            The films.
        rows : ndarray of shape (n_films,), int32
            Their rows in movies.parquet.
        ranking : Ranking
            The search that found them.
        catalogue : Catalogue
            The release.
        """
        terms = {word.term for word in ranking.words if word.number is not None}
        like = catalogue.films_at(list(ranking.like))
        found = [
            [
                *_title_reason(film, ranking.titles.get(int(row))),
                *_like_reasons(film, like),
                *self._word_reasons(film, terms),
            ]
            for film, row in zip(films, rows, strict=True)
        ]
        self._add_sentences(films, found, ranking)
        return found

    def _word_reasons(self, film: FilmRow, terms: set[str | None]) -> list[Reason]:
        """Return the keywords, people and other words of a film that the query has."""
        if not terms:
            return []
        keywords = self._with_terms(film["keywords"] or [], terms)
        people = self._with_terms([*(film["directors"] or []), *(film["cast"] or [])], terms)
        names = self._with_terms([film["micro_genre_name"]], terms)
        reasons: list[Reason] = []
        if keywords:
            reasons.append({"kind": "keywords", "text": ", ".join(keywords[:_MAX_NAMED])})
        if people:
            reasons.append({"kind": "people", "text": ", ".join(people[:_MAX_NAMED])})
        if names:
            reasons.append({"kind": "micro_genre", "text": names[0]})
        sentence = self._best_sentence(film, terms)
        if sentence:
            reasons.append({"kind": "words", "text": sentence})
        return reasons

    def _terms(self, text: str) -> set[str | None]:
        return set(self._text.analyser.terms(words_of(text))) - {None}

    def _with_terms(self, texts: Sequence[str], terms: set[str | None]) -> list[str]:
        """Return the texts with most of the terms first; those without any are left out."""
        counts = {text: len(self._terms(text) & terms) for text in dict.fromkeys(texts)}
        most = max(counts.values(), default=0)
        return [text for text, count in counts.items() if count and count == most]

    def _best_sentence(self, film: FilmRow, terms: set[str | None]) -> str | None:
        sentences = split_sentences(film["overview"] or "")
        counts = [len(self._terms(sentence) & terms) for sentence in sentences]
        most = max(counts, default=0)
        return sentences[counts.index(most)] if most else None

    def _add_sentences(
        self, films: Sequence[FilmRow], found: list[list[Reason]], ranking: Ranking
    ) -> None:
        """Add the sentence nearest in meaning to films without another reason."""
        query = ranking.query.change if ranking.like else ranking.query.text
        if not query:
            return
        sentences: list[str] = []
        owners: list[int] = []
        for place, film in enumerate(films):
            if found[place] and not ranking.like:
                continue
            own = split_sentences(film["overview"] or "")
            if len(sentences) + len(own) > _MAX_ENCODED:
                break
            sentences += own
            owners += [place] * len(own)
        if not sentences:
            return
        cosines = self._meaning.vectors(sentences) @ self._meaning.vector(query)
        for place in dict.fromkeys(owners):
            best = max((i for i, o in enumerate(owners) if o == place), key=lambda i: cosines[i])
            if not any(reason["text"] == sentences[best] for reason in found[place]):
                found[place].append({"kind": "meaning", "text": sentences[best]})


def _title_reason(film: FilmRow, likeness: float | None) -> list[Reason]:
    if likeness is None:
        return []
    return [{"kind": "title", "text": film["title"] or ""}]


def _like_reasons(film: FilmRow, like: Sequence[FilmRow]) -> list[Reason]:
    """Return the keywords that a film shares with the films that were named."""
    if not like:
        return []
    wanted = {keyword for other in like for keyword in other["keywords"] or []}
    shared = [keyword for keyword in film["keywords"] or [] if keyword in wanted]
    titles = " and ".join(other["title"] or "" for other in like)
    both = f": {', '.join(shared[:_MAX_NAMED])}" if shared else ""
    return [{"kind": "like", "text": f"{titles}{both}"}]
