"""Models loaded from their files: which are supported, and which libraries are not imported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.lib.small_model import build_model
from pipeline.embedding.bert_loader import load_packed_model
from pipeline.embedding.weights import ModelIdentity, identify, load
from pipeline.errors import ModelError
from pipeline.settings import EmbedSettings
from tests.support.films import exact


def copied(folder: Path) -> ModelIdentity:
    return replace(exact(), folder=str(shutil.copytree(exact().folder, folder / "model")))


def test_the_bundled_model_is_loaded_once() -> None:
    found = load_packed_model(exact())
    assert found is not None
    assert found.encoder.dim == 384
    assert load_packed_model(exact()) is found


@pytest.mark.parametrize(
    "text", ["", "War.", "A film " * 400, "Am\u00e9lie \u5343\u3068\u5343\u5c0b"]
)
def test_tokens_equal_those_of_the_library(text: str) -> None:
    found, library = load_packed_model(exact()), load(exact())
    assert found is not None
    expected = library.preprocess([text])["input_ids"][0].tolist()
    assert found.tokenizer.encode(text).ids == expected


@pytest.mark.parametrize(("pooling", "normalise"), [("cls", True), ("mean", False)])
def test_another_architecture_is_not_loaded(tmp_path: Path, pooling: str, normalise: bool) -> None:
    folder = build_model(tmp_path, pooling=pooling, normalise=normalise)
    identity = identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    assert load_packed_model(identity) is None


def test_a_small_model_of_the_same_architecture_is_loaded(tmp_path: Path) -> None:
    folder = build_model(tmp_path)
    identity = identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    found = load_packed_model(identity)
    assert found is not None
    ids = found.tokenizer.encode("A film about war.").ids
    expected = load(identity).encode(["A film about war."], show_progress_bar=False)
    np.testing.assert_allclose(found.encoder.encode([ids]).numpy(), expected, atol=1e-5)


def test_a_model_on_another_device_is_loaded_there() -> None:
    found = load_packed_model(replace(exact(), device="meta"))
    assert found is not None
    assert found.encoder.device.type == "meta"
    assert found.encoder.encode([found.tokenizer.encode("War.").ids]).device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device")
def test_a_model_on_a_gpu_is_loaded_there() -> None:
    found = load_packed_model(replace(exact(), device="cuda"))
    assert found is not None
    assert found.encoder.device.type == "cuda"
    assert os.environ["CUBLAS_WORKSPACE_CONFIG"] in (":4096:8", ":16:8")


def test_a_folder_that_lacks_a_file_is_not_loaded(tmp_path: Path) -> None:
    identity = copied(tmp_path)
    (Path(identity.folder) / "sentence_bert_config.json").unlink()
    assert load_packed_model(identity) is None


@pytest.mark.parametrize("name", ["modules.json", "tokenizer.json", "model.safetensors"])
def test_a_damaged_file_is_reported(tmp_path: Path, name: str) -> None:
    identity = copied(tmp_path)
    (Path(identity.folder) / name).write_text("[", encoding="utf-8")
    with pytest.raises(ModelError, match=r"cannot be read.*install it again"):
        load_packed_model(identity)


def test_encoding_does_not_import_the_libraries_for_training() -> None:
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
