"""Which models an output folder holds, and which of them answer at the API: `registry.json`.

`DIR/genres` holds `data` (films and vectors), `models`, `report` and the registry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.storage.model_folder import read_told, write_told

__all__ = ["FOLDER", "REGISTRY", "choose", "read_registry", "register"]

FOLDER, REGISTRY = "genres", "registry.json"
FORMAT = 1
_SERVED = ("transformation", "adaptation", "transformer", "blend", "blend-transformer")


def register(folder: Path, trained: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add trained models to the registry of `folder`; returns the whole of it.

    A model of the same name, inputs and fold takes the place of the one before.

    Parameters
    ----------
    folder : `DIR/genres`. trained : manifests as `training.train` returns them.
    """
    path = folder / REGISTRY
    known = read_registry(folder)["models"] if path.is_file() else []
    rows = {(row["name"], row["inputs"], row["fold"]): row for row in known}
    for manifest in trained:
        about = manifest["about"]
        row = {
            "name": manifest["name"],
            "family": manifest["family"],
            "inputs": manifest["inputs"],
            "fold": about["fold"],
            "folder": Path(manifest["folder"]).name,
            "data": about["data"],
            "seconds": about["seconds"],
            "metrics": about["metrics"]["test"],
            "validation": about["metrics"]["validation"],
        }
        rows[row["name"], row["inputs"], row["fold"]] = row
    models = [
        rows[key]
        for key in sorted(rows, key=lambda key: (*key[:2], -1 if key[2] is None else key[2]))
    ]
    serving: dict[str, dict[str, str]] = {}
    for row in models:
        if row["fold"] is None and row["name"] in _SERVED:
            serving.setdefault(row["name"], {})[row["inputs"]] = row["folder"]
    told = {"format": FORMAT, "models": models, "serving": serving}
    folder.mkdir(parents=True, exist_ok=True)
    write_told(path, told)
    return told


def read_registry(folder: Path) -> dict[str, Any]:
    """The registry of `DIR/genres`.

    Raises
    ------
    ModelError
        when nothing was trained there, or by another version.
    """
    absent = f"{folder} has no {REGISTRY}: train models with `microgenres genres train`"
    return read_told(folder / REGISTRY, FORMAT, absent)


def choose(registry: Mapping[str, Any], name: str, title: str, overview: str) -> str:
    """The folder of the model that answers for a film of which so much is known.

    The model that was trained on just these inputs, else one that reads both, else any.

    Raises
    ------
    ModelError
        when no model of that name was trained.
    """
    there = registry["serving"].get(name)
    if not there:
        raise ModelError(
            f"no model {name!r} has been trained; there are {sorted(registry['serving'])}: "
            f"run `microgenres genres train --model {name}`"
        )
    inputs = "both" if title and overview else "title" if title else "description"
    order = [inputs, "both", *sorted(there)]
    return str(next(there[kind] for kind in order if kind in there))
