"""The models by name, and how one is kept: safetensors and JSON under checksums, never pickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.errors import ModelError, SettingsError
from pipeline.fileio.atomic import sync_file
from pipeline.fileio.parquet import read_table, write_table
from pipeline.recommend.data.films import Films, about_films, films_from, films_table
from pipeline.recommend.models.als_nmf import ALS, NMF
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.baselines import Bias, Content
from pipeline.recommend.models.biased_mf import SVD
from pipeline.recommend.models.ease import EASE
from pipeline.recommend.models.hybrid import Hybrid
from pipeline.recommend.models.item_knn import ItemKNN
from pipeline.settings import RecommendSettings
from pipeline.storage.model_folder import check_files, new_folder, read_told, sums_of, write_told

__all__ = ["MANIFEST", "MODELS", "keep", "model_named", "open_model", "read_manifest"]

MODELS: Mapping[str, type[Recommender]] = {
    model.name: model for model in (Bias, ItemKNN, SVD, ALS, NMF, EASE, Content, Hybrid)
}
MANIFEST = "manifest.json"
FORMAT = 1
_ARRAYS, _FILMS = "arrays.safetensors", "films.parquet"


def model_named(name: str, settings: RecommendSettings) -> Recommender:
    """A model that is not fitted yet; SettingsError lists them all where there is none so named."""
    if name not in MODELS:
        raise SettingsError(f"recommender {name!r} is unknown; there are {', '.join(MODELS)}")
    return MODELS[name](settings)


def keep(model: Recommender, films: Films, folder: Path, about: Mapping[str, Any]) -> Path:
    """Write a fitted model and its films into `folder`, whole or not at all; returns it.

    A model that is there already is left as it is: the folder is named by what it was learnt from.
    """
    if (folder / MANIFEST).is_file():
        return folder
    with new_folder(folder) as attempt:
        arrays = {name: np.ascontiguousarray(array) for name, array in model.state().items()}
        save_file(arrays, attempt / _ARRAYS)
        sync_file(attempt / _ARRAYS)
        write_table(attempt / _FILMS, films_table(films))
        told = {
            "format": FORMAT,
            "name": model.name,
            "settings": model.settings.model_dump(mode="json"),
            **about_films(films),
            "files": sums_of(attempt, (attempt / _ARRAYS, attempt / _FILMS)),
            "about": dict(about),
        }
        write_told(attempt / MANIFEST, told)
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model's folder.

    Raises
    ------
    ModelError
        when there is none, or it is of another format.
    """
    absent = f"{folder} holds no recommender: run `microgenres ratings train`"
    return read_told(folder / MANIFEST, FORMAT, absent)


def open_model(folder: Path) -> tuple[Recommender, Films]:
    """The model of a folder and its films, every file checked against the manifest.

    Raises
    ------
    ModelError
        when there is none, or its files do not fit together.
    CorruptFileError
        naming the file that is missing or altered.
    """
    told = read_manifest(folder)
    check_files(folder, told["files"])
    try:
        films = films_from(read_table(folder / _FILMS), told)
        model = model_named(str(told["name"]), RecommendSettings(**told["settings"]))
        model.restore(load_file(folder / _ARRAYS), films)
    except (KeyError, ValueError, TypeError, IndexError, SafetensorError) as error:
        raise ModelError(f"recommender {folder}: {error!r}; train again") from error
    return model, films
