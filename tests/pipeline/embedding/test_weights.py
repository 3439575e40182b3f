"""Which weights are found, and which are rejected."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch

from benchmarks.lib.small_model import build_model
from pipeline.embedding.weights import BUNDLED_NAME, identify, load, local_identity
from pipeline.errors import ModelError
from pipeline.settings import EmbedSettings
from tests.support.films import EXACT, exact


def folder_with(folder: Path, weights: bytes) -> EmbedSettings:
    (folder / "model.safetensors").write_bytes(weights)
    return EmbedSettings(model=str(folder), device="cpu", dtype="float32")


class TestIdentify:
    def test_the_bundled_model_is_found_and_its_revision_is_its_checksum(self) -> None:
        found = exact()
        weights = (Path(found.folder) / "model.safetensors").read_bytes()
        assert found.revision == hashlib.sha256(weights).hexdigest()
        assert (found.name, found.device, found.dtype) == (BUNDLED_NAME, "cpu", "float32")

    def test_another_checksum_is_rejected_and_both_are_named(self) -> None:
        wrong = "0" * 64
        with pytest.raises(ModelError, match=wrong) as raised:
            identify(EXACT.model_copy(update={"sha256": wrong}))
        assert exact().revision in str(raised.value)

    def test_changed_weights_in_a_folder_are_rejected(self, tmp_path: Path) -> None:
        settings = folder_with(tmp_path, b"altered")
        expected = exact().revision
        with pytest.raises(ModelError, match=expected):
            identify(settings.model_copy(update={"sha256": expected}))

    def test_the_revision_of_a_model_folder_is_the_checksum_of_its_weights(
        self, tmp_path: Path
    ) -> None:
        settings = folder_with(tmp_path, b"some weights")
        found = identify(settings)
        assert found.folder == str(tmp_path)
        assert found.revision == hashlib.sha256(b"some weights").hexdigest()

    def test_changed_weights_have_another_revision(self, tmp_path: Path) -> None:
        settings = folder_with(tmp_path, b"one")
        before = identify(settings).revision
        weights = tmp_path / "model.safetensors"
        weights.write_bytes(b"two")
        os.utime(weights, ns=(1, 1))
        assert identify(settings).revision == hashlib.sha256(b"two").hexdigest() != before

    @pytest.mark.parametrize("name", ["/no/such/folder", "./no-such-folder", "~/no-such-folder"])
    def test_an_unknown_folder_is_named(self, name: str) -> None:
        with pytest.raises(ModelError, match=f"{name}.*no such folder"):
            identify(EmbedSettings(model=name))

    def test_a_folder_without_safetensors_is_rejected(self, tmp_path: Path) -> None:
        (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
        with pytest.raises(ModelError, match=r"no model\.safetensors.*pickled") as raised:
            identify(EmbedSettings(model=str(tmp_path)))
        assert str(tmp_path) in str(raised.value)

    def test_a_failed_download_is_reported(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
        with pytest.raises(ModelError, match=r"no-such-model.*downloading it from the hub failed"):
            identify(EmbedSettings(model="nobody/no-such-model"))


class TestDeviceAndDtype:
    def test_auto_is_resolved(self) -> None:
        found = identify(EmbedSettings())
        assert found.device == ("cuda" if torch.cuda.is_available() else "cpu")
        assert found.dtype in ("float32", "bfloat16")

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
    def test_cuda_is_not_silently_replaced_by_the_cpu(self) -> None:
        with pytest.raises(ModelError, match=r"embed\.device is 'cuda'"):
            identify(EmbedSettings(device="cuda"))

    @pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
    def test_a_dtype_of_the_settings_is_used(self, dtype: str) -> None:
        assert identify(EXACT.model_copy(update={"dtype": dtype})).dtype == dtype


class TestLocalIdentity:
    def test_the_dtype_is_that_of_the_run(self) -> None:
        assert local_identity(EXACT, exact().revision, "bfloat16").dtype == "bfloat16"

    def test_weights_of_another_revision_are_rejected(self) -> None:
        with pytest.raises(ModelError, match=exact().revision[:12]) as raised:
            local_identity(EXACT, "f" * 64, "float32")
        assert "ffffffffffff" in str(raised.value)


def test_a_model_is_loaded_once_and_in_its_dtype(tmp_path: Path) -> None:
    settings = EXACT.model_copy(update={"model": str(build_model(tmp_path))})
    single = load(identify(settings))
    assert load(identify(settings)) is single
    half = load(identify(settings.model_copy(update={"dtype": "bfloat16"})))
    assert {weight.dtype for weight in single.parameters()} == {torch.float32}
    assert {weight.dtype for weight in half.parameters()} == {torch.bfloat16}
    assert not single.training
