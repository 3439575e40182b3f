"""LensKit in an environment of its own: fit one model, and score films; Parquet in and out.

`PYTHON lenskit_run.py FOLDER MODEL` reads FOLDER/train.parquet (user_id, film_id, rating). For a
model of stars it reads pairs.parquet (user_id, film_id) and writes MODEL.parquet (user_id, film_id,
score), for a model of lists profiles.parquet (user_id, film_id, rating) and writes the scores of
all films of the training for each user. It prints the figures as JSON.

Nothing of the project is imported: the environment has LensKit and what that needs alone.
"""

import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# By model: the module and class, its settings beside the defaults, and whether it scores lists.
MODELS: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "bias": ("lenskit.basic", "BiasScorer", {"damping": 5}, False),
    "biased-mf": ("lenskit.als", "BiasedMFScorer", {"features": 50}, False),
    "item-knn": ("lenskit.knn", "ItemKNNScorer", {"k": 20, "feedback": "explicit"}, False),
    "ease": ("lenskit.knn", "EASEScorer", {}, True),
    "ease-400": ("lenskit.knn", "EASEScorer", {"regularization": 400}, True),
    "implicit-mf": ("lenskit.als", "ImplicitMFScorer", {}, True),
}
_NAMES = {"user_id": "user_id", "film_id": "item_id"}


def main(place: str, name: str) -> None:
    """Fit a model on the ratings in a folder, write its scores, and print the figures."""
    from importlib import import_module

    from lenskit.data import from_interactions_df
    from lenskit.pipeline import predict_pipeline

    folder = Path(place)
    module, kind, settings, of_lists = MODELS[name]
    train = pd.read_parquet(folder / "train.parquet").rename(columns=_NAMES)
    scorer = getattr(import_module(module), kind)(**settings)
    # the pipeline answers with the bias model where the scorer has no answer
    model = scorer if of_lists else predict_pipeline(scorer)
    data = from_interactions_df(train)
    began = time.perf_counter()
    model.train(data)
    fitted = time.perf_counter()
    found = (_lists if of_lists else _stars)(model, data, folder)
    done = time.perf_counter()
    found.to_parquet(folder / f"{name}.parquet", index=False)
    figures = {
        "version": version("lenskit"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "fit_seconds": fitted - began,
        "score_seconds": done - fitted,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def _stars(pipeline: Any, _: Any, folder: Path) -> pd.DataFrame:
    from lenskit import predict

    parts = []
    pairs = pd.read_parquet(folder / "pairs.parquet")
    for user, own in pairs.groupby("user_id"):
        found = predict(pipeline, user, own["film_id"].tolist()).to_df().set_index("item_id")
        parts.append(own.assign(score=found["score"].reindex(own["film_id"]).to_numpy()))
    return pd.concat(parts)


def _lists(scorer: Any, data: Any, folder: Path) -> pd.DataFrame:
    from lenskit.data import ItemList, RecQuery

    films = data.items.ids()
    everything = ItemList(item_ids=films)
    profiles = pd.read_parquet(folder / "profiles.parquet")
    # ImplicitMFScorer fails on films without a training rating
    profiles = profiles[profiles["film_id"].isin(films)]
    parts = []
    for user, own in profiles.groupby("user_id"):
        rated = ItemList(item_ids=own["film_id"].to_numpy(), rating=own["rating"].to_numpy())
        scores = scorer(RecQuery(history_items=rated), everything).scores()
        known = np.nan_to_num(np.asarray(scores, np.float32), nan=-np.inf)
        parts.append(pd.DataFrame({"user_id": user, "film_id": films, "score": known}))
    return pd.concat(parts)


if __name__ == "__main__":
    main(*sys.argv[1:])
