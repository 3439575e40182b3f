"""A model read from its own files: which it is for, and what it leaves unloaded."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lib.small_model import build_model
from pipeline.embedding.bert_loader import read_files
from pipeline.embedding.weights import ModelIdentity, identify, load
from pipeline.errors import ModelError
from pipeline.settings import EmbedSettings
from tests.support.films import exact


def copied(folder: Path) -> ModelIdentity:
    return replace(exact(), folder=str(shutil.copytree(exact().folder, folder / "model")))


def test_the_bundled_model_is_read_once() -> None:
    found = read_files(exact())
    assert found is not None
    assert found.packed.dim == 384
    assert read_files(exact()) is found


@pytest.mark.parametrize(
    "text", ["", "War.", "A film " * 400, "Am\u00e9lie \u5343\u3068\u5343\u5c0b"]
)
def test_its_tokens_are_the_librarys(text: str) -> None:
    found, library = read_files(exact()), load(exact())
    assert found is not None
    expected = library.preprocess([text])["input_ids"][0].tolist()
    assert found.tokenizer.encode(text).ids == expected


@pytest.mark.parametrize(("pooling", "normalise"), [("cls", True), ("mean", False)])
def test_another_shape_is_left_to_the_library(
    tmp_path: Path, pooling: str, normalise: bool
) -> None:
    folder = build_model(tmp_path, pooling=pooling, normalise=normalise)
    identity = identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    assert read_files(identity) is None


def test_a_small_model_of_the_shape_is_read(tmp_path: Path) -> None:
    folder = build_model(tmp_path)
    found = read_files(identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32")))
    assert found is not None
    ids = found.tokenizer.encode("A film about war.").ids
    expected = load(
        identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    ).encode(["A film about war."], show_progress_bar=False)
    np.testing.assert_allclose(found.packed.encode([ids]).numpy(), expected, atol=1e-5)


def test_on_a_gpu_it_is_left_to_the_library() -> None:
    assert read_files(replace(exact(), device="cuda")) is None


def test_a_folder_that_lacks_a_file_is_left_to_the_library(tmp_path: Path) -> None:
    identity = copied(tmp_path)
    (Path(identity.folder) / "sentence_bert_config.json").unlink()
    assert read_files(identity) is None


@pytest.mark.parametrize("name", ["modules.json", "tokenizer.json", "model.safetensors"])
def test_a_damaged_file_is_told(tmp_path: Path, name: str) -> None:
    identity = copied(tmp_path)
    (Path(identity.folder) / name).write_text("[", encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot be read.*install it again"):
        read_files(identity)


def test_encoding_loads_no_library_that_trains() -> None:
    code = (
        "import json, sys\n"
        "from pipeline.embedding.embed import encode\n"
        "from pipeline.embedding.weights import identify\n"
        "from pipeline.settings import EmbedSettings\n"
        "encode(['War.'], identify(EmbedSettings(device='cpu', dtype='float32')))\n"
        "heavy = ('transformers', 'sentence_transformers')\n"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
