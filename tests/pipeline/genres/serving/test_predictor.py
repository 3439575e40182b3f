"""The registry of genre models as answers see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.genres.serving.predictor import Asking
from pipeline.genres.training.registry import FORMAT, REGISTRY
from pipeline.storage.model_folder import write_told


def put(folder: Path, *names: str) -> None:
    serving = {name: {"both": f"{name}-both"} for name in names}
    write_told(folder / REGISTRY, {"format": FORMAT, "models": [], "serving": serving})


def test_models_trained_meanwhile_are_seen(tmp_path: Path) -> None:
    asking = Asking(tmp_path)
    with pytest.raises(ModelError, match="train models with"):
        asking.names  # noqa: B018
    put(tmp_path, "adaptation")
    assert asking.names == asking.names == ["adaptation"]
    put(tmp_path, "adaptation", "blend")
    assert asking.names == ["adaptation", "blend"]
    (tmp_path / REGISTRY).unlink()
    with pytest.raises(ModelError, match="train models with"):
        asking.ask("blend", [("A title", "")])
