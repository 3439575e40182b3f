"""BERTopic from texts to labelled topics: the process that `end_to_end` measures.

Everything has its defaults, with all-MiniLM-L6-v2, as in BERTopic's quick start
(https://maartengr.github.io/BERTopic): UMAP and HDBSCAN on all cores, c-TF-IDF for the labels.
This module imports nothing of the project but where the weights of the model are.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["find_topics", "main"]


def find_topics(texts: list[str], model: str) -> tuple[list[int], dict[str, Any]]:
    """Return the topic of each text, -1 for none, and figures.

    Parameters
    ----------
    texts : list of str
        At least a hundred: UMAP needs more texts than it has neighbours.
    model : str
        Folder of a model of sentence-transformers.

    Returns
    -------
    topics : list of int
        One for each text.
    figures : dict of str to Any
        "encode_seconds"; "fit_seconds", of UMAP, HDBSCAN and labels; "topics"; "unplaced_share";
        "example", the label of the largest topic.
    """
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(model, device="cpu")
    began = time.perf_counter()
    # fit_transform(texts) does the same; separately, its seconds are known
    vectors = encoder.encode(texts, show_progress_bar=False)
    encoded = time.perf_counter()
    topic_model = BERTopic(embedding_model=encoder)
    topics, _ = topic_model.fit_transform(texts, embeddings=vectors)
    labels = topic_model.get_topic_info()
    done = time.perf_counter()
    named = labels[labels["Topic"] >= 0]
    return topics, {
        "encode_seconds": encoded - began,
        "fit_seconds": done - encoded,
        "topics": len(named),
        "unplaced_share": sum(topic < 0 for topic in topics) / len(topics),
        "example": str(named["Name"].iloc[0]) if len(named) else None,
    }


def main(texts: str, model: str, answer: str) -> None:
    """Read the column `text` of a Parquet file; write topics and figures to ANSWER.

    ANSWER.parquet has movie_id and topic, ANSWER.json the figures.
    """
    table = pq.read_table(texts)
    topics, figures = find_topics(table["text"].to_pylist(), model)
    found = pa.table({"movie_id": table["movie_id"], "topic": pa.array(topics, pa.int32())})
    pq.write_table(found, f"{answer}.parquet")
    Path(f"{answer}.json").write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
