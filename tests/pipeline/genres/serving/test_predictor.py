"""The predictor reads the registry again when it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.genres.serving.predictor import GenrePredictor
from pipeline.genres.training.registry import FORMAT, REGISTRY
from pipeline.storage.model_folder import write_json


def write_registry(folder: Path, *names: str) -> None:
    serving = {name: {"both": f"{name}-both"} for name in names}
    write_json(folder / REGISTRY, {"format": FORMAT, "models": [], "serving": serving})


def test_new_models_are_found(tmp_path: Path) -> None:
    predictor = GenrePredictor(tmp_path)
    with pytest.raises(ModelError, match="train models with"):
        predictor.names  # noqa: B018
    write_registry(tmp_path, "adaptation")
    assert predictor.names == predictor.names == ["adaptation"]
    write_registry(tmp_path, "adaptation", "blend")
    assert predictor.names == ["adaptation", "blend"]
    (tmp_path / REGISTRY).unlink()
    with pytest.raises(ModelError, match="train models with"):
        predictor.predict("blend", [("A title", "")])
