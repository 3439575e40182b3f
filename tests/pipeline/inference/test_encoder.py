"""The encoder of a release gives the vectors that mining gives."""

from __future__ import annotations

import shutil
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
