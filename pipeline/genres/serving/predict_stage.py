"""The stage that predicts the genres of a catalogue, partition by partition.

It runs on the pipeline's own partitions like every other stage, not with dask-ml's
`ParallelPostFit`, which wraps one scikit-learn estimator over arrays: it reads no texts, runs no
transformer and commits no results. A worker loads a model once.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from pipeline.embedding.embed import encode
from pipeline.embedding.weights import local_identity
from pipeline.fileio.manifest import fingerprint
from pipeline.genres.data.films import texts_of
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.training.persistence import open_model, read_manifest
from pipeline.schemas.stage import stage
from pipeline.settings import EmbedSettings

__all__ = ["PREDICTED", "fingerprint_model", "predict"]

PREDICTED = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("predicted_genres", pa.list_(pa.string())),
        ("confidence", pa.list_(pa.float32())),  # in the order of the model's genres
    ]
)
_ROWS = 512  # films predicted at a time, which bounds the memory


def fingerprint_model(folder: Path) -> str:
    """Return a fingerprint of a model's name and the checksums of its files, hex."""
    manifest = read_manifest(folder)
    return fingerprint(manifest.name, manifest.files)


@stage("genres-predict", version=1, inputs=("movies",), outputs=("predicted",))
def predict(
    movies: pa.Table, settings: EmbedSettings, model: str, mark: str, revision: str, dtype: str
) -> dict[str, pa.Table]:
    """Predict the genres of one partition of films.

    Parameters
    ----------
    movies : pyarrow.Table
        At least movie_id, title and overview.
    settings : EmbedSettings
        Settings of the embedding model.
    model : str
        Folder of a saved genre model.
    mark : str
        `fingerprint_model` of the folder, so that a changed model changes the piece's fingerprint.
    revision, dtype : str
        Weights and number type of the embedding model.

    Returns
    -------
    dict of str to pyarrow.Table
        `predicted`: `PREDICTED`, in the order of `movies`.
    """
    classifier = _load(model, mark)
    parts = [PREDICTED.empty_table()]
    for start in range(0, movies.num_rows, _ROWS):
        own = movies.slice(start, _ROWS)
        texts = texts_of(own).compose(classifier.inputs)
        vectors = (
            encode(texts, local_identity(settings, revision, dtype), settings.batch_tokens)
            if classifier.needs_vectors
            else None
        )
        probabilities = classifier.probabilities(texts, vectors)
        names = classifier.genre_names(classifier.decide(probabilities))
        columns = [
            own.column("movie_id").combine_chunks(),
            own.column("title").combine_chunks(),
            pa.array(names, PREDICTED.field("predicted_genres").type),
            pa.array(list(probabilities.astype("float32")), PREDICTED.field("confidence").type),
        ]
        parts.append(pa.table(columns, schema=PREDICTED))
    return {"predicted": pa.concat_tables(parts)}


@lru_cache(maxsize=2)
def _load(model: str, _mark: str) -> Classifier:
    return open_model(Path(model))
