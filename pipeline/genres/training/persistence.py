"""Models on disk: safetensors and JSON under a manifest with checksums; nothing is pickled.

Files of a model's folder:

- manifest.json (`documents.ModelManifest`);
- arrays.safetensors: calibration, thresholds if any, and the arrays of an estimator;
- words.json: the vocabulary of a model on features;
- network.safetensors, config.json and tokenizer.json of a transformer;
- a folder for each member of a blend.

A model's folder appears whole, by rename, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.errors import ModelError
from pipeline.fileio.atomic import sync_file
from pipeline.genres.models.blend import BlendScorer
from pipeline.genres.models.calibration import Calibration
from pipeline.genres.models.classifier import MODELS, Classifier, Model
from pipeline.genres.models.scorers import FeatureScorer, TransformerScorer
from pipeline.genres.models.transformer import LossName
from pipeline.genres.models.vectorizers import Representation
from pipeline.genres.training.documents import ModelManifest, TrainingRecord
from pipeline.settings import EmbedSettings, GenreSettings
from pipeline.storage.model_folder import (
    check_files,
    file_checksums,
    new_folder,
    read_json,
    write_json,
)

__all__ = ["MANIFEST", "find_embedder", "open_model", "read_manifest", "save_model"]

MANIFEST = "manifest.json"
FORMAT = 3
_ARRAYS, _WORDS = "arrays.safetensors", "words.json"


def save_model(
    classifier: Classifier, folder: Path, settings: GenreSettings, about: TrainingRecord
) -> Path:
    """Write a model into a new folder.

    Parameters
    ----------
    classifier : Classifier
        Fitted model.
    folder : Path
        Folder to create.
    settings : GenreSettings
        Settings that the model was trained with.
    about : TrainingRecord
        How the model was trained.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists: a model is never overwritten")
    with new_folder(folder) as attempt:
        _write(classifier, attempt, settings, about)
    return folder


def _write(
    classifier: Classifier, folder: Path, settings: GenreSettings, about: TrainingRecord
) -> None:
    arrays: dict[str, np.ndarray] = {
        "calibration.slope": classifier.calibration.slope,
        "calibration.shift": classifier.calibration.shift,
    }
    if classifier.thresholds is not None:
        arrays["thresholds"] = classifier.thresholds
    scorer = classifier.scorer
    parts: dict[str, Any]
    if isinstance(scorer, FeatureScorer):
        learnt, vocabulary = scorer.state()
        arrays |= learnt
        words = json.dumps(vocabulary, ensure_ascii=False)
        (folder / _WORDS).write_text(words, encoding="utf-8")
        parts = {"scorer": "features", "estimator": scorer.name}
    elif isinstance(scorer, TransformerScorer):
        scorer.save(folder)
        parts = {"scorer": "transformer", "loss": scorer.loss}
    elif isinstance(scorer, BlendScorer):
        arrays["weights"] = scorer.weights
        parts = {"scorer": "blend", "members": [member.name for member in scorer.members]}
        for member in scorer.members:
            (folder / member.name).mkdir()
            _write(member, folder / member.name, settings, TrainingRecord())
    else:
        raise ModelError(f"a model with a {type(scorer).__name__} cannot be saved")
    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / _ARRAYS)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync_file(path)
    manifest = ModelManifest(
        format=FORMAT,
        name=classifier.name,
        family=MODELS.get(classifier.name, Model("baseline")).family,
        inputs=classifier.inputs,
        genres=classifier.genres,
        needs_vectors=classifier.needs_vectors,
        settings=settings.model_dump(mode="json"),
        files=file_checksums(folder, files),
        about=about,
        **parts,
    )
    write_json(folder / MANIFEST, manifest.to_json())


def read_manifest(folder: Path) -> ModelManifest:
    """Return the manifest of a model's folder.

    Raises
    ------
    ModelError
        If there is none, or it is of another format.
    CorruptFileError
        If the file is damaged.
    """
    path = folder / MANIFEST
    record = read_json(path, FORMAT, f"{folder} has no genre model: train one first")
    try:
        return ModelManifest.model_validate(record)
    except ValidationError as error:
        raise ModelError(f"{path} is not a manifest of a genre model: {error}") from error


def find_embedder(folder: Path) -> ModelIdentity:
    """Return the embedding model whose vectors a genre model learnt from, on this CPU.

    Raises
    ------
    ModelError
        If the genre model reads no vectors, or this machine has other weights.
    """
    record = read_manifest(folder).about.embed
    if record is None:
        raise ModelError(f"genre model {folder} reads no vectors")
    settings = EmbedSettings.model_validate(record.settings | {"device": "cpu"})
    identity = identify(settings, record.dtype)
    if identity.revision != record.revision:
        raise ModelError(
            f"genre model {folder} learnt from vectors of {settings.model!r}, revision "
            f"{str(record.revision)[:12]}, but this machine has revision {identity.revision[:12]}: "
            "install the same weights, or train again"
        )
    return identity


def open_model(folder: Path, *, device: str = "auto") -> Classifier:
    """Load the model of a folder, after checking every file against the manifest.

    Parameters
    ----------
    folder : Path
        Folder that `save_model` wrote.
    device : {"auto", "cpu", "cuda"}
        Device of a transformer.

    Returns
    -------
    Classifier

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
        return _load(folder, manifest, device)
    except (KeyError, ValueError, TypeError, OSError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"genre model {folder}: {error!r}; train again") from error


def _load(folder: Path, manifest: ModelManifest, device: str) -> Classifier:
    settings = GenreSettings.model_validate(manifest.settings | {"device": device})
    arrays = load_file(folder / _ARRAYS)
    scorer: FeatureScorer | TransformerScorer | BlendScorer
    if manifest.scorer == "features":
        words = json.loads((folder / _WORDS).read_bytes())
        scorer = FeatureScorer(words["kind"], manifest.estimator, settings)
        scorer.representation = Representation.from_state(
            _with_prefix(arrays, "representation."), words, settings
        )
        scorer.estimator.restore(_with_prefix(arrays, "estimator."))
    elif manifest.scorer == "transformer":
        scorer = TransformerScorer(settings, cast(LossName, manifest.loss))
        scorer.restore(folder, len(manifest.genres))
    else:
        members = [
            _load(folder / name, read_manifest(folder / name), device) for name in manifest.members
        ]
        scorer = BlendScorer(members, arrays.get("weights"))
    return Classifier(
        name=manifest.name,
        inputs=manifest.inputs,
        genres=manifest.genres,
        scorer=scorer,
        calibration=Calibration(arrays["calibration.slope"], arrays["calibration.shift"]),
        thresholds=arrays.get("thresholds"),
        objective=settings.tuned_for,
    )


def _with_prefix(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose name starts with the prefix, named without it."""
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
