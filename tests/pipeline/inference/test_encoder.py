"""The encoder of a release gives the vectors that mining gives."""

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

from benchmarks.lib.small_model import DIM, build_model
from pipeline.embedding.embed import encode
from pipeline.embedding.weights import identify
from pipeline.errors import ModelError, ReleaseError
from pipeline.inference.encoder import Encoder, encoder_of
from pipeline.schemas.release_manifest import ReleasedModel, ReleaseManifest
from pipeline.settings import EmbedSettings
from tests.support.films import exact

TEXTS = [
    "",
    "War.",
    "A film " * 400,
    "Amélie 千と千尋 \U0001f600",
    *(f"film {n}" for n in range(70)),
]

WITHOUT_BFLOAT16 = """
import json
from pipeline.embedding.weights import identify
from pipeline.inference.encoder import Encoder
from pipeline.settings import EmbedSettings
encoder = Encoder(identify(EmbedSettings(device="cpu"), "bfloat16"))
print(json.dumps(encoder.encode(["War.", "A ghost haunts the old house of a widow."]).tolist()))
"""


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_vectors_equal_those_of_mining(dtype: str) -> None:
    identity = replace(exact(), dtype=dtype)
    found = Encoder(identity).encode(TEXTS)
    assert found.shape == (len(TEXTS), 384)
    tolerance = 1e-6 if dtype == "float32" else 2e-2
    np.testing.assert_allclose(found, encode(TEXTS, identity), atol=tolerance)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert Encoder(identity).encode([]).shape == (0, 384)


def test_an_unsupported_architecture_is_encoded_by_the_library(tmp_path: Path) -> None:
    folder = build_model(tmp_path, pooling="cls")
    identity = identify(EmbedSettings(model=str(folder), device="cpu", dtype="float32"))
    found = Encoder(identity).encode(TEXTS)
    assert found.shape == (len(TEXTS), DIM)
    np.testing.assert_array_equal(found, encode(TEXTS, identity))


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exact().folder, tmp_path / "model"))
    (folder / "modules.json").write_text("[", encoding="utf-8")
    with pytest.raises(ModelError, match=r"model cannot be read"):
        Encoder(replace(exact(), folder=str(folder))).encode(["War."])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_encoder_of_a_release_has_its_number_type(tmp_path: Path, dtype: str) -> None:
    manifest = ReleaseManifest(
        release_id="r1",
        schema_version=1,
        settings={"embed": EmbedSettings(device="cpu").model_dump(mode="json")},
        model=ReleasedModel(revision=exact().revision, dtype=dtype),
    )
    found = encoder_of(tmp_path, manifest, "cpu").encode(["War."])
    expected = Encoder(replace(exact(), dtype=dtype)).encode(["War."])
    np.testing.assert_array_equal(found, expected)


def test_a_cpu_without_bfloat16_gives_the_same_vectors_up_to_rounding() -> None:
    limited = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT_BFLOAT16],
        env={**os.environ, **limited},
        capture_output=True,
        text=True,
        check=True,
    )
    texts = ["War.", "A ghost haunts the old house of a widow."]
    expected = Encoder(replace(exact(), dtype="bfloat16")).encode(texts)
    cosines = (np.array(json.loads(found.stdout)) * expected).sum(axis=1)
    assert cosines.min() > 0.999


def test_the_encoder_of_a_release_uses_its_model(tmp_path: Path) -> None:
    embed = EmbedSettings(device="cuda", dtype="float32").model_dump(mode="json")
    identity = {"release_id": "r1", "schema_version": 1}
    manifest = ReleaseManifest(
        **identity, settings={"embed": embed}, model={"revision": exact().revision}
    )
    found = encoder_of(tmp_path, manifest, "cpu").encode(["War."])
    np.testing.assert_allclose(found, encode(["War."], exact()), atol=1e-6)
    with pytest.raises(ModelError, match="eeeeeeeeeeee"):
        other = manifest.model_copy(update={"model": ReleasedModel(revision="e" * 64)})
        encoder_of(tmp_path, other, "cpu")
    with pytest.raises(ReleaseError, match="mine again"):
        encoder_of(tmp_path, ReleaseManifest(**identity), "cpu")
