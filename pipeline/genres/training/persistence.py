"""Models on disk: safetensors and JSON under a manifest with checksums; nothing is pickled.

A model's folder: manifest.json, arrays.safetensors (calibration, any thresholds and what an
estimator learnt), words.json (a vocabulary), or of a transformer network.safetensors, config.json
and tokenizer.json; of a blend the folders of its members. It appears whole, by rename, or not at
all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from pipeline.embedding.weights import ModelIdentity, identify
from pipeline.errors import ModelError
from pipeline.fileio.atomic import sync_file
from pipeline.genres.models.blend import BlendScorer
from pipeline.genres.models.calibration import Calibration
from pipeline.genres.models.classifier import MODELS, Classifier, Model
from pipeline.genres.models.scorers import FeatureScorer, TransformerScorer, arrays_of
from pipeline.genres.models.vectorizers import Representation
from pipeline.settings import EmbedSettings, GenreSettings
from pipeline.storage.model_folder import check_files, new_folder, read_told, sums_of, write_told

__all__ = ["MANIFEST", "embedder", "keep", "open_model", "read_manifest"]

MANIFEST = "manifest.json"
FORMAT = 3
_ARRAYS, _WORDS = "arrays.safetensors", "words.json"


def keep(
    classifier: Classifier, folder: Path, settings: GenreSettings, about: Mapping[str, Any]
) -> Path:
    """Write a model into `folder`, which must not be there yet; returns it.

    Parameters
    ----------
    about : JSON that the manifest keeps: metrics, the films it learnt from, how fitting went.
    """
    if folder.exists():
        raise FileExistsError(f"{folder}: a model is there already")
    with new_folder(folder) as attempt:
        _write(classifier, attempt, settings, about)
    return folder


def _write(
    classifier: Classifier, folder: Path, settings: GenreSettings, about: Mapping[str, Any]
) -> None:
    arrays: dict[str, np.ndarray] = {
        "calibration.slope": classifier.calibration.slope,
        "calibration.shift": classifier.calibration.shift,
    }
    if classifier.thresholds is not None:
        arrays["thresholds"] = classifier.thresholds
    scorer = classifier.scorer
    made: dict[str, Any]
    if isinstance(scorer, FeatureScorer):
        found, words = arrays_of(scorer)
        arrays |= found
        (folder / _WORDS).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        made = {"scorer": "features", "estimator": scorer.name}
    elif isinstance(scorer, TransformerScorer):
        scorer.keep(folder)
        made = {"scorer": "transformer", "loss": scorer.loss}
    elif isinstance(scorer, BlendScorer):
        arrays["weights"] = scorer.weights
        made = {"scorer": "blend", "members": [member.name for member in scorer.members]}
        for member in scorer.members:
            (folder / member.name).mkdir()
            _write(member, folder / member.name, settings, {})
    else:
        raise ModelError(f"{type(scorer).__name__} is no kind of scorer that can be kept")
    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / _ARRAYS)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        sync_file(path)
    manifest = {
        "format": FORMAT,
        "name": classifier.name,
        "family": MODELS.get(classifier.name, Model("baseline")).family,
        "inputs": classifier.inputs,
        "genres": list(classifier.genres),
        "needs_vectors": classifier.needs_vectors,
        "settings": settings.model_dump(mode="json"),
        **made,
        "files": sums_of(folder, files),
        "about": dict(about),
    }
    write_told(folder / MANIFEST, manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model's folder.

    Raises
    ------
    ModelError
        when there is none, or it is of another format.
    """
    absent = f"{folder} holds no genre model: train one first"
    return read_told(folder / MANIFEST, FORMAT, absent)


def embedder(folder: Path) -> ModelIdentity:
    """The model whose vectors the genre model of a folder learnt from, on this machine's CPU.

    Raises
    ------
    ModelError
        when it learnt from no vectors, or this machine has other weights.
    """
    about = read_manifest(folder)["about"].get("embed")
    if about is None:
        raise ModelError(f"genre model {folder} reads no vectors")
    settings = EmbedSettings(**about["settings"] | {"device": "cpu"})
    found = identify(settings)
    if found.revision != about["revision"]:
        raise ModelError(
            f"genre model {folder} learnt from vectors of {settings.model!r}, revision "
            f"{about['revision'][:12]}; here is {found.revision[:12]}: install the same weights, "
            "or train again"
        )
    return found


def open_model(folder: Path, *, verify: bool = True, device: str = "auto") -> Classifier:
    """The model of a folder, every file checked against the manifest unless `verify` is False.

    Raises
    ------
    ModelError
        when there is none, or its files do not fit together.
    CorruptFileError
        naming the file that is missing or altered.
    """
    manifest = read_manifest(folder)
    if verify:
        check_files(folder, manifest["files"])
    try:
        return _opened(folder, manifest, device)
    except (KeyError, ValueError, TypeError, OSError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"genre model {folder}: {error!r}; train again") from error


def _opened(folder: Path, manifest: Mapping[str, Any], device: str) -> Classifier:
    settings = GenreSettings(**manifest["settings"] | {"device": device})
    arrays = load_file(folder / _ARRAYS)
    genres = tuple(str(name) for name in manifest["genres"])
    scorer: FeatureScorer | TransformerScorer | BlendScorer
    if manifest["scorer"] == "features":
        words = json.loads((folder / _WORDS).read_bytes())
        scorer = FeatureScorer(words["kind"], manifest["estimator"], settings)
        scorer.representation = Representation.of_state(
            _under(arrays, "representation."), words, settings
        )
        scorer.estimator.restore(_under(arrays, "estimator."))
    elif manifest["scorer"] == "transformer":
        scorer = TransformerScorer(settings, manifest["loss"])
        scorer.restore(folder, len(genres))
    else:
        names = [str(name) for name in manifest["members"]]
        scorer = BlendScorer(
            [_opened(folder / name, read_manifest(folder / name), device) for name in names],
            arrays.get("weights"),
        )
    return Classifier(
        name=str(manifest["name"]),
        inputs=manifest["inputs"],
        genres=genres,
        scorer=scorer,
        calibration=Calibration(arrays["calibration.slope"], arrays["calibration.shift"]),
        thresholds=arrays.get("thresholds"),
        wanted=settings.tuned_for,
    )


def _under(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
