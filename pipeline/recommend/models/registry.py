"""The models by name, and their files: safetensors and JSON with checksums, never a pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.errors import ModelError, SettingsError
from pipeline.fileio.atomic import sync_file
from pipeline.fileio.parquet import read_table, write_table
from pipeline.recommend.data.films import Films, film_metadata, films_from_table, films_to_table
from pipeline.recommend.documents import ModelManifest, TrainingSummary, parse_document
from pipeline.recommend.models.als_nmf import ALS, NMF
from pipeline.recommend.models.base import Recommender
from pipeline.recommend.models.baselines import Bias, Content
from pipeline.recommend.models.biased_mf import SVD
from pipeline.recommend.models.ease import EASE
from pipeline.recommend.models.hybrid import Hybrid
from pipeline.recommend.models.item_knn import ItemKNN
from pipeline.settings import RecommendSettings
from pipeline.storage.model_folder import (
    check_files,
    file_checksums,
    new_folder,
    read_json,
    write_json,
)

__all__ = ["MANIFEST", "MODELS", "create_model", "open_model", "read_manifest", "save_model"]

MODELS: Mapping[str, type[Recommender]] = {
    model.name: model for model in (Bias, ItemKNN, SVD, ALS, NMF, EASE, Content, Hybrid)
}
MANIFEST = "manifest.json"
FORMAT = 1
_ARRAYS, _FILMS = "arrays.safetensors", "films.parquet"


def create_model(name: str, settings: RecommendSettings) -> Recommender:
    """Create a model that is not fitted yet.

    Parameters
    ----------
    name : str
        A key of MODELS.
    settings : RecommendSettings
        Settings of the models.

    Raises
    ------
    SettingsError
        If there is no model with this name; the message lists all names.

    Examples
    --------
    >>> create_model("ease", RecommendSettings()).name
    'ease'
    """
    if name not in MODELS:
        raise SettingsError(f"recommender {name!r} is unknown; choose one of {', '.join(MODELS)}")
    return MODELS[name](settings)


def save_model(model: Recommender, films: Films, folder: Path, about: TrainingSummary) -> None:
    """Write a fitted model and its films into a folder, completely or not at all.

    A folder is named by what its model is trained on. So a model that is there already is the same
    and stays unchanged.

    Parameters
    ----------
    model : Recommender
        A fitted model.
    films : Films
        The films that it is fitted with.
    folder : Path
        The folder; must be absent or complete.
    about : TrainingSummary
        Stored in the manifest.
    """
    if (folder / MANIFEST).is_file():
        return
    with new_folder(folder) as attempt:
        state = model.export_state()
        save_file({n: np.ascontiguousarray(a) for n, a in state.items()}, attempt / _ARRAYS)
        sync_file(attempt / _ARRAYS)
        write_table(attempt / _FILMS, films_to_table(films))
        manifest = ModelManifest(
            format=FORMAT,
            name=model.name,
            settings=model.settings,
            **film_metadata(films),
            files=file_checksums(attempt, (attempt / _ARRAYS, attempt / _FILMS)),
            about=about,
        )
        write_json(attempt / MANIFEST, manifest.model_dump(mode="json"))


def read_manifest(folder: Path) -> ModelManifest:
    """Read the manifest of a model.

    Raises
    ------
    ModelError
        If there is none, it has another format, or a field is wrong.
    CorruptFileError
        If it cannot be read.
    """
    path = folder / MANIFEST
    absent = f"{folder} has no recommender: run `microgenres ratings train`"
    return parse_document(ModelManifest, read_json(path, FORMAT, absent), path)


def open_model(folder: Path) -> tuple[Recommender, Films]:
    """Read a model and its films, after checking every file against the manifest.

    Raises
    ------
    ModelError
        If there is no model, or its files do not fit together.
    CorruptFileError
        If a file is missing or altered; the message names it.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest.files)
    try:
        films = films_from_table(read_table(folder / _FILMS), manifest.film_metadata)
        model = create_model(manifest.name, manifest.settings)
        model.restore(load_file(folder / _ARRAYS), films)
    except (KeyError, ValueError, TypeError, IndexError, SafetensorError) as error:
        raise ModelError(f"recommender {folder}: {error!r}; train again") from error
    return model, films
