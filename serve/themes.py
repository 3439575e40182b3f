"""How near a query is to the keywords of films, by the keyword vectors that the run embedded."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.released import ReleasedTables
from pipeline.vectors import matrix_of

__all__ = ["Themes"]


class Themes:
    """The keywords of each film as rows of vocabulary.parquet, end to end."""

    def __init__(self, release: ReleasedTables) -> None:
        vocabulary = pq.read_table(release.file("vocabulary.parquet"))
        self._vectors = matrix_of(vocabulary).astype(np.float16)  # half the memory, as stored
        keywords = pq.read_table(release.file("movies.parquet"), columns=["keywords"]).column(0)
        listed: pa.ListArray = keywords.combine_chunks()
        known = vocabulary.column("keyword").combine_chunks()
        words = pc.utf8_lower(pc.list_flatten(listed))
        films = pc.list_parent_indices(listed)
        rows = pc.index_in(words, value_set=known.cast(words.type))
        found = pc.is_valid(rows)
        self._rows = rows.filter(found).to_numpy(zero_copy_only=False).astype(np.int32)
        owners = films.filter(found).to_numpy(zero_copy_only=False)
        self._start = np.searchsorted(owners, np.arange(len(listed) + 1)).astype(np.int64)

    def closeness(self, asked: np.ndarray, places: np.ndarray, without: np.ndarray) -> np.ndarray:
        """The cosine of a query to the nearest keyword of each film.

        Parameters
        ----------
        asked : (dim,) unit. places : rows of movies.parquet. without : what to give for films
            that have no keyword of the vocabulary, one value each.
        """
        own = [self._rows[self._start[place] : self._start[place + 1]] for place in places]
        used = np.unique(np.concatenate(own)) if own else np.zeros(0, np.int32)
        cosine = self._vectors[used].astype(np.float32) @ asked
        near = np.array(without, np.float32)
        for row, words in enumerate(own):
            if len(words):
                near[row] = cosine[np.searchsorted(used, words)].max()
        return near
