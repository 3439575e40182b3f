"""A BERT model of a few kilobytes with random weights, for runs that need no real embeddings."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import BertConfig, BertModel

from pipeline.embedding.weights import identify
from pipeline.settings import EmbedSettings

DIM = 8


def build_model(folder: Path, *, pooling: str = "mean", normalise: bool = True) -> Path:
    """Save a one-layer BERT with the tokenizer of the bundled model.

    Parameters
    ----------
    folder : Path
        Folder for the model and for its parts.
    pooling : str
        Pooling mode of sentence-transformers.
    normalise : bool
        Whether vectors have unit length.

    Returns
    -------
    Path
        Folder of the model: `folder / "whole"`.
    """
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
    torch.manual_seed(2026)
    config = BertConfig(
        hidden_size=DIM, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    bare = folder / "bare"
    tokenizer = identify(EmbedSettings(dtype="float32", device="cpu")).folder
    BertModel(config).save_pretrained(bare)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(Path(tokenizer) / name, bare / name)
    modules = [Transformer(str(bare)), Pooling(DIM, pooling), *([Normalize()] * normalise)]
    whole = folder / "whole"
    SentenceTransformer(modules=modules, device="cpu").save(str(whole))
    return whole
