"""A catalogue's films to genres, partition by partition: table in, table out.

The pipeline's own partitions carry it, as every stage, instead of dask-ml's `ParallelPostFit`: that
wraps one scikit-learn estimator around arrays, and takes neither texts nor a transformer, nor does
it commit what is done. A worker opens a model once and keeps it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from pipeline.embedding.embed import encode
from pipeline.embedding.weights import here
from pipeline.fileio.manifest import fingerprint
from pipeline.genres.data.films import texts_of
from pipeline.genres.models.classifier import Classifier
from pipeline.genres.training.persistence import open_model, read_manifest
from pipeline.schemas.stage import stage
from pipeline.settings import EmbedSettings

__all__ = ["PREDICTED", "model_mark", "predict"]

PREDICTED = pa.schema(
    [
        ("movie_id", pa.string()),
        ("title", pa.string()),
        ("predicted_genres", pa.list_(pa.string())),
        ("confidence", pa.list_(pa.float32())),  # in the order of the model's genres
    ]
)
_ROWS = 512  # films that are worked at a time: what bounds the memory


def model_mark(folder: Path) -> str:
    """What a prediction depends on of a model: the checksums of its files, hex."""
    manifest = read_manifest(folder)
    return fingerprint(manifest["name"], manifest["files"])


@stage("genres-predict", version=1, inputs=("movies",), outputs=("predicted",))
def predict(
    movies: pa.Table, settings: EmbedSettings, model: str, mark: str, revision: str, dtype: str
) -> dict[str, pa.Table]:
    """The genres of one partition of films.

    Parameters
    ----------
    movies : with movie_id, title and overview. settings : of the miner's vectors.
    model : folder of a kept model. mark : `model_mark` of it; a change of the model is a change of
        the piece. revision, dtype : of the miner's encoder.

    Returns
    -------
    {"predicted": PREDICTED}, in the order of `movies`.
    """
    made = _opened(model, mark)
    parts = [PREDICTED.empty_table()]
    for start in range(0, movies.num_rows, _ROWS):
        own = movies.slice(start, _ROWS)
        texts = texts_of(own).compose(made.inputs)
        vectors = (
            encode(texts, here(settings, revision, dtype), settings.batch_tokens)
            if made.needs_vectors
            else None
        )
        probabilities = made.probabilities(texts, vectors)
        told = made.decided(probabilities)
        columns = [
            own.column("movie_id").combine_chunks(),
            own.column("title").combine_chunks(),
            pa.array(made.named(told), PREDICTED.field("predicted_genres").type),
            pa.array(list(probabilities.astype("float32")), PREDICTED.field("confidence").type),
        ]
        parts.append(pa.table(columns, schema=PREDICTED))
    return {"predicted": pa.concat_tables(parts)}


@lru_cache(maxsize=2)
def _opened(model: str, _mark: str) -> Classifier:
    return open_model(Path(model))
