"""The search of a release: films by a text and filters, ranked, with the reasons."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from cachetools import LRUCache

from pipeline.inference.encoder import Encoder
from serve.catalogue.catalogue import Catalogue
from serve.catalogue.filters import Filters, clean_query
from serve.catalogue.records import FoundFilmRow, SuggestionRow, Understood
from serve.catalogue.search.facts import how_known, main_language
from serve.catalogue.search.meaning import MeaningIndex
from serve.catalogue.search.query import Query, read_query
from serve.catalogue.search.ranking import Parts, Ranking, combine
from serve.catalogue.search.reasons import Reasons
from serve.catalogue.search.text_index import QueryWord, TextIndex
from serve.catalogue.search.titles import TitleHit, TitleIndex
from serve.catalogue.search.tones import GenreMatch, asked_genres

__all__ = ["SearchEngine", "SearchPage"]

_CANDIDATES = 300  # films of each kind of search that are scored
_MAX_LETTERS = 500  # of a query; the model reads no more than about 256 words
_CHANGE_WEIGHT = 0.6  # of the words after "but", beside the vectors of the films before it
_WITHOUT_WEIGHT = 0.4
_LIKE_TITLE = 0.75  # least likeness of a title after "like"
_UNSURE_TITLE = 0.85  # least likeness of a title whose words are all words of the release
_CLOSE = 0.30  # least cosine of a film that is close, if no word is matched
_SEQUEL = 0.7  # of the score of a sequel of the named film, where another film was asked for
_SAME_KEYWORD = 0.7  # least cosine of a keyword that is one of the unwanted words
_SCORE_OF_TITLE = 0.9  # scores above it are those of titles


@dataclass(frozen=True)
class SearchPage:
    """A page of the films that a search found.

    Attributes
    ----------
    total : int
        Number of films found.
    films : list of FoundFilmRow
        The films of the page with scores and reasons, best first.
    nothing_close : bool
        Whether no film is close to the text. Then `films` is empty.
    understood : Understood
        How the text was read.
    """

    total: int
    films: list[FoundFilmRow]
    nothing_close: bool
    understood: Understood


class SearchEngine:
    """Search in one release; safe for several threads.

    Parameters
    ----------
    catalogue : Catalogue
        The release.
    encoder : Encoder or None
        The encoder of the model of the release; None to load it.
    threads : int
        Threads of PyTorch and FAISS. The setting applies to the whole process.

    Raises
    ------
    ModelError
        If this machine has another model than the release.
    ReleaseError, CorruptFileError
        If a file is missing, has changed, or does not match the other files.

    Notes
    -----
    Candidates are the films whose title the text is, those with most of its words (BM25), and
    those nearest in meaning. Their scores are weighted sums, see `ranking.combine`.

    - "like TITLE but WORDS" searches near the vector of that film, moved towards the words.
    - "without WORDS" moves away from the words, and films that have them come last.
    """

    def __init__(
        self, catalogue: Catalogue, encoder: Encoder | None = None, *, threads: int = 2
    ) -> None:
        self.catalogue = catalogue
        self.meaning = MeaningIndex(catalogue.path, catalogue.row_of, encoder, threads=threads)
        films = catalogue.released_films()
        self.text = TextIndex(films, main_language(catalogue))
        self.titles = TitleIndex(films)
        self.genres = GenreMatch(films)
        self._known = how_known(films)
        self._reasons = Reasons(self.text, self.meaning)
        self._ranked: LRUCache[tuple[str, Filters], Ranking] = LRUCache(256)
        self._lock = threading.Lock()

    def search(
        self, text: str, filters: Filters | None = None, limit: int = 24, offset: int = 0
    ) -> SearchPage:
        """Return a page of the films of a selection that fit a text, best first.

        Parameters
        ----------
        text : str
            Words, a description, a title, a person, or "like TITLE but WORDS".
        filters : Filters or None
            The selection; None for all films.
        limit, offset : int
            Most films of the page, and the number of films before it.
        """
        ranking = self.rank(text, filters)
        rows = ranking.rows[offset : offset + limit]
        scores = ranking.scores[offset : offset + limit]
        films = self.catalogue.films_at(rows.tolist())
        reasons = self._reasons.of(films, rows, ranking, self.catalogue)
        found: list[FoundFilmRow] = [
            {**film, "score": round(float(score), 4), "reasons": why}
            for film, score, why in zip(films, scores, reasons, strict=True)
        ]
        return SearchPage(
            len(ranking.rows), found, not len(ranking.rows), self._understood(ranking)
        )

    def rank(self, text: str, filters: Filters | None = None) -> Ranking:
        """Return all films of a selection that fit a text, best first, at most some hundreds."""
        wanted = (clean_query(text)[:_MAX_LETTERS], filters or Filters())
        with self._lock:
            known = self._ranked.get(wanted)
        if known is None:
            known = self._rank(*wanted)
            with self._lock:
                self._ranked[wanted] = known
        return known

    def near(
        self,
        films: Sequence[int],
        text: str = "",
        limit: int = 50,
        among: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the films nearest to several films and a text together, best first.

        The centre is the mean of the vectors of the films and of the text, each of length 1.

        Parameters
        ----------
        films : sequence of int
            Rows of movies.parquet; they are not among the results.
        text : str
            A description in English; blank for none.
        limit : int
            Maximum number of films.
        among : ndarray of shape (n_films,), int32, or None
            Rows of movies.parquet to search; None for all.

        Returns
        -------
        rows : ndarray of shape (n_found,), int32
            Rows of movies.parquet.
        cosines : ndarray of shape (n_found,), float32
            Cosine of the film and the centre, -1 to 1.
        """
        parts = [self.meaning.film_vectors(np.array(films))] if films else []
        cleaned = clean_query(text)[:_MAX_LETTERS]
        if cleaned:
            parts.append(self.meaning.vector(cleaned)[None])
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        centre = np.vstack(parts).sum(0)
        length = float(np.linalg.norm(centre))
        if not length:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        found = self.meaning.nearest(centre / length, limit + len(films), among)
        rows = found[~np.isin(found, films)][:limit]
        cosines = self.meaning.film_vectors(rows) @ (centre / length)
        order = np.lexsort((rows, -cosines))
        return rows[order], cosines[order]

    def suggest(self, text: str, limit: int = 10) -> list[SuggestionRow]:
        """Return films, micro-genres, keywords and people that a text begins.

        Films whose title is spelt nearly so follow, if few names begin with the text.

        Parameters
        ----------
        text : str
            What was typed so far.
        limit : int
            Maximum number of names.
        """
        found = self.catalogue.suggest(text, limit)
        if len(found) < limit:
            known = {row["id"] for row in found if row["kind"] == "film"}
            films = self.catalogue.films_at([hit.row for hit in self.titles.find(text)])
            found += [
                {
                    "kind": "film",
                    "text": film["title"] or "",
                    "id": film["movie_id"],
                    "year": film["year"],
                    "films": 1,
                }
                for film in films
                if film["movie_id"] not in known
            ]
        return found[:limit]

    def warm(self) -> None:
        """Load the model, so that the first search does not wait for it."""
        self.meaning.vector("a film")

    def _rank(self, text: str, filters: Filters) -> Ranking:
        among = None if filters == Filters() else self.catalogue.find_rows(filters)
        exact = [hit for hit in self.titles.find(text, typos=False) if hit.likeness == 1]
        query = Query(text) if exact else read_query(text)
        like = tuple(
            hits[0].row for title in query.like if (hits := self._named(title, _LIKE_TITLE))
        )
        if query.like and not like:  # no such film: its title is a description
            query = replace(query, text=" ".join([*query.like, query.text]).strip())
        words = tuple(self.text.read(query.text))
        hits = [] if like else exact or self._title_hits(text, words)
        rows, scores = self._score(query, words, like, hits, among)
        return Ranking(rows, scores, {h.row: h.likeness for h in hits}, query, words, like)

    def _title_hits(self, text: str, words: Sequence[QueryWord]) -> list[TitleHit]:
        """Return the films whose title the text may be, though not letter by letter."""
        as_typed = all(word.typed == word.read and word.number is not None for word in words)
        return self._named(text, _UNSURE_TITLE if as_typed else 0.0)

    def _named(self, title: str, least: float) -> list[TitleHit]:
        return [hit for hit in self.titles.find(title) if hit.likeness >= least]

    def _vector(self, query: Query, like: Sequence[int]) -> np.ndarray | None:
        """Return the vector to search; None if the query has neither words nor films."""
        text = query.change if like else query.text
        parts = [self.meaning.film_vectors(np.array(like)).mean(0)] if like else []
        if text:
            weight = _CHANGE_WEIGHT if like else 1.0
            parts.append(weight * self.meaning.vector(text))
        if not parts:
            return None
        vector = np.stack(parts).sum(0)
        if query.without:
            vector -= np.float32(_WITHOUT_WEIGHT) * self.meaning.vector(query.without)
        length = float(np.linalg.norm(vector))
        return vector / length if length else None

    def _score(
        self,
        query: Query,
        words: Sequence[QueryWord],
        like: Sequence[int],
        hits: Sequence[TitleHit],
        among: np.ndarray | None,
    ) -> tuple[np.ndarray, np.ndarray]:
        vector = self._vector(query, like)
        allowed = np.ones(len(self.catalogue.row_of), bool)
        if among is not None:
            allowed = np.zeros(len(allowed), bool)
            allowed[among] = True
        allowed[list(like)] = False
        named = {hit.row: hit.likeness for hit in hits if allowed[hit.row]}
        if vector is None:
            return _titles_only(named)
        matched = np.where(allowed, self.text.scores(words), 0)
        alike = np.where(allowed, self.meaning.keywords.shared(like), 0)
        nearest = self.meaning.nearest(vector, _CANDIDATES + len(like), among)
        found = [_largest(matched, _CANDIDATES), _largest(alike, _CANDIDATES)]
        rows = np.unique(np.concatenate([*found, nearest[allowed[nearest]], [*named]]))
        rows = rows.astype(np.int32)
        if not len(rows):
            return rows, np.zeros(0, np.float32)
        vectors = self.meaning.film_vectors(rows)
        parts = self._parts(query, rows, vectors, matched)
        if like:
            centre = self.meaning.film_vectors(np.array(like)).mean(0)
            towards = vectors @ (centre / np.linalg.norm(centre))
            parts = replace(parts, like_meaning=towards, like_keywords=alike[rows])
        scores = _SCORE_OF_TITLE * combine(parts)
        if query.change:
            scores = np.where(self.titles.sequels(like, rows), _SEQUEL * scores, scores)
        if query.without:
            scores = scores * self._wanted(query.without, rows)
        close = (matched[rows] > 0) | (vectors @ vector >= _CLOSE)
        for place, row in enumerate(rows.tolist()):
            if row in named:
                scores[place] = _SCORE_OF_TITLE + (1 - _SCORE_OF_TITLE) * named[row]
                close[place] = True
        rows, scores = rows[close], scores[close]
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order].astype(np.float32)

    def _parts(
        self, query: Query, rows: np.ndarray, vectors: np.ndarray, matched: np.ndarray
    ) -> Parts:
        """Return how films fit the words of a query."""
        if not query.text:
            return Parts(self._known[rows])
        vector = self.meaning.vector(query.text)
        cosines = vectors @ vector
        return Parts(
            self._known[rows],
            words=matched[rows],
            meaning=cosines,
            keywords=self.meaning.keywords.closeness(vector, rows, cosines),
            mood=self.genres.share(asked_genres(query.text))[rows],
        )

    def _wanted(self, without: str, rows: np.ndarray) -> np.ndarray:
        """Return factors: a half for films that have unwanted words or keywords near to them."""
        unwanted = self.text.scores(self.text.read(without))[rows] > 0
        default = np.zeros(len(rows), np.float32)
        near = self.meaning.keywords.closeness(self.meaning.vector(without), rows, default)
        return np.where(unwanted | (near >= _SAME_KEYWORD), 0.5, 1.0)

    def _understood(self, ranking: Ranking) -> Understood:
        titles = self.catalogue.films_at(list(ranking.like))
        return {
            "text": ranking.query.text,
            "like": [
                {"movie_id": film["movie_id"], "title": film["title"], "year": film["year"]}
                for film in titles
            ],
            "change": ranking.query.change if ranking.like else "",
            "without": ranking.query.without,
            "corrected": {w.typed: w.read for w in ranking.words if w.typed != w.read},
        }


def _titles_only(named: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    rows = sorted(named, key=lambda row: (-named[row], row))
    scores = [_SCORE_OF_TITLE + (1 - _SCORE_OF_TITLE) * named[row] for row in rows]
    return np.array(rows, np.int32), np.array(scores, np.float32)


def _largest(scores: np.ndarray, limit: int) -> np.ndarray:
    """Return the places of the largest values above 0."""
    found = np.flatnonzero(scores > 0)
    if len(found) > limit:
        found = found[np.argpartition(-scores[found], limit)[:limit]]
    return found.astype(np.int32)
