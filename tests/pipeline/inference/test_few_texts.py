"""Vectors of the encoder without PyTorch equal those of the encoder with it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.lib.small_model import build_model
from pipeline.embedding.weights import identify
from pipeline.errors import ModelError
from pipeline.inference.encoder import Encoder
from pipeline.inference.few_texts import load_few_texts
from pipeline.settings import EmbedSettings
from tests.support.films import exact

TEXTS = [
    "",
    "War.",
    "A film " * 400,
    "Amélie 千と千尋 \U0001f600",
    "A ghost haunts a widow's house.",
]


@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.9999999), ("bfloat16", 0.9995)])
def test_vectors_equal_those_of_pytorch(dtype: str, least: float) -> None:
    identity = replace(exact(), dtype=dtype)
    few = load_few_texts(identity)
    assert few is not None
    found, expected = few.encode(TEXTS), Encoder(identity).encode(TEXTS)
    assert found.dtype == np.float32
    assert (found.astype(np.float64) * expected).sum(1).min() >= least
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(few.encode(TEXTS[1:2]), found[1:2])


def test_bfloat16_is_nearer_to_pytorch_in_bfloat16_than_float32_is() -> None:
    """So the number type is that of the release, and not merely close."""
    expected = Encoder(replace(exact(), dtype="bfloat16")).encode(TEXTS)
    near = []
    for dtype in ("bfloat16", "float32"):
        few = load_few_texts(replace(exact(), dtype=dtype))
        assert few is not None
        near.append((few.encode(TEXTS) * expected).sum())
    assert near[0] > near[1]


def test_another_architecture_or_device_is_left_to_pytorch(tmp_path: Path) -> None:
    folder = build_model(tmp_path, pooling="cls")
    other = identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    assert load_few_texts(other) is None
    assert load_few_texts(replace(exact(), device="cuda")) is None
    np.testing.assert_array_equal(
        Encoder(other, light=True).encode(["War."]), Encoder(other).encode(["War."])
    )


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    for name in ("modules", "sentence_bert_config", "1_Pooling/config", "tokenizer_config"):
        (tmp_path / f"{name}.json").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.json").write_text("{}", encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="install it again"):
        load_few_texts(replace(exact(), folder=str(tmp_path)))


def test_a_light_encoder_imports_pytorch_for_many_texts_only() -> None:
    code = (
        "import sys; from pipeline.embedding.weights import identify\n"
        "from pipeline.inference.encoder import Encoder\n"
        "from pipeline.settings import EmbedSettings\n"
        "encoder = Encoder(identify(EmbedSettings(device='cpu'), 'float32'), light=True)\n"
        "encoder.encode(['War.'] * 16); print('torch' in sys.modules)\n"
        "encoder.encode(['War.'] * 17); print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["False", "True"]
