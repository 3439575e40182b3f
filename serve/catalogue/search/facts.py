"""What the search knows of films and a release beside their words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.release.reader import ReleasedTables
from serve.catalogue.catalogue import Catalogue

__all__ = ["how_known", "main_language"]


def how_known(films: pa.Table) -> np.ndarray:
    """Return how well known films are and how much is known of them, float32, 0 to 1.

    The logarithm of the number of votes, beside that of the film with most, and the length of the
    overview up to twenty words; the mean of both.
    """
    votes = np.log1p(pc.fill_null(films.column("vote_count"), 0).to_numpy().astype(np.float64))
    overview = pc.fill_null(films.column("overview"), "")
    words = pc.count_substring(overview, " ").to_numpy() + 1
    most = votes.max(initial=0.0) or 1.0
    return np.asarray((votes / most + np.minimum(words / 20, 1)) / 2, np.float32)


def main_language(catalogue: Catalogue) -> str:
    """Return the language of most texts of a release, as an ISO 639-1 code."""
    if "languages.parquet" not in catalogue.manifest.files:  # releases of earlier versions
        return "en"
    path = ReleasedTables(catalogue.path).file("languages.parquet")
    languages = pq.read_table(path, columns=["text_language"]).column(0).combine_chunks()
    counts = pc.value_counts(languages.cast(pa.string()).drop_null())
    if not len(counts):
        return "en"
    best = pc.sort_indices(counts, sort_keys=[("counts", "descending"), ("values", "ascending")])
    return str(counts.field("values")[best[0].as_py()].as_py())
