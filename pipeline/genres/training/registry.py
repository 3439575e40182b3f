"""The registry of an output folder: its trained models, and those that the API serves.

`DIR/genres` contains `data` (films and vectors), `models`, `report` and `registry.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from pipeline.errors import ModelError
from pipeline.genres.training.documents import RegisteredModel, Registry, TrainedModel
from pipeline.storage.model_folder import read_json, write_json

__all__ = [
    "FOLDER",
    "REGISTRY",
    "choose_model",
    "read_registry",
    "register",
]

FOLDER, REGISTRY = "genres", "registry.json"
FORMAT = 1
_SERVED = ("transformation", "adaptation", "transformer", "blend", "blend-transformer")


def register(folder: Path, trained: Sequence[TrainedModel]) -> Registry:
    """Add trained models to the registry, and return the registry.

    A model replaces the registered model of the same name, inputs and fold.

    Parameters
    ----------
    folder : Path
        `DIR/genres`.
    trained : sequence of TrainedModel
        Results of `training.train`.

    Returns
    -------
    Registry
        Models sorted by name, inputs and fold.
    """
    path = folder / REGISTRY
    known = read_registry(folder).models if path.is_file() else []
    rows = {row.key: row for row in [*known, *map(_registered, trained)]}
    models = [rows[key] for key in sorted(rows)]
    serving: dict[str, dict[str, str]] = {}
    for row in models:
        if row.fold is None and row.name in _SERVED:
            serving.setdefault(row.name, {})[row.inputs] = row.folder
    registry = Registry(format=FORMAT, models=models, serving=serving)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(path, registry.to_json())
    return registry


def _registered(trained: TrainedModel) -> RegisteredModel:
    manifest, about = trained.manifest, trained.manifest.about
    return RegisteredModel(
        name=manifest.name,
        family=manifest.family,
        inputs=manifest.inputs,
        fold=about.fold,
        folder=trained.folder.name,
        data=about.data,
        seconds=about.seconds,
        metrics=about.metrics["test"],
        validation=about.metrics["validation"],
    )


def read_registry(folder: Path) -> Registry:
    """Return the registry of `DIR/genres`.

    Raises
    ------
    ModelError
        If no model was trained there, or the registry is of another format.
    CorruptFileError
        If the file is damaged.
    """
    path = folder / REGISTRY
    absent = f"{folder} has no {REGISTRY}: train models with `microgenres genres train`"
    record = read_json(path, FORMAT, absent)
    try:
        return Registry.model_validate(record)
    except ValidationError as error:
        raise ModelError(f"{path} is not a registry of genre models: {error}") from error


def choose_model(registry: Registry, name: str, title: str, overview: str) -> str:
    """Return the folder of the model that predicts a film with this title and overview.

    The best choice is a model trained on exactly the available inputs, then a model that reads
    both, then any.

    Parameters
    ----------
    registry : Registry
    name : str
        Name of the model, such as `transformation`.
    title, overview : str
        Texts of the film; empty if not available.

    Returns
    -------
    str
        Name of the folder in `models`.

    Raises
    ------
    ModelError
        If no model with this name was trained.

    Examples
    --------
    >>> registry = Registry(serving={"adaptation": {"title": "a-title", "both": "a-both"}})
    >>> choose_model(registry, "adaptation", "Alien", "")
    'a-title'
    """
    folders = registry.serving.get(name)
    if not folders:
        raise ModelError(
            f"no model {name!r} has been trained, only {sorted(registry.serving)}: "
            f"run `microgenres genres train --model {name}`"
        )
    inputs = "both" if title and overview else "title" if title else "description"
    order = [inputs, "both", *sorted(folders)]
    return next(folders[kind] for kind in order if kind in folders)
