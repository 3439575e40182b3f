"""The recipe: the films of a catalogue to their predicted genres, in partitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.server import prefect_server, quiet_prefect

quiet_prefect()  # before Prefect is imported

from prefect import flow  # noqa: E402

from flows.reading import clean_movies, read_sources  # noqa: E402
from flows.run import Run  # noqa: E402
from flows.steps import Refs, each, step, with_all  # noqa: E402
from flows.under_way import under_way  # noqa: E402
from pipeline.durable import making_room_told  # noqa: E402
from pipeline.genres.predicting import model_mark, predict  # noqa: E402
from pipeline.genres.registry import FOLDER, choose, read_registry  # noqa: E402
from pipeline.model import identify  # noqa: E402
from pipeline.partitions import StageResult, local_cluster  # noqa: E402
from pipeline.settings import load_settings  # noqa: E402
from pipeline.store import Store  # noqa: E402
from pipeline.worker_logs import from_workers  # noqa: E402

__all__ = ["predict_catalogue", "predict_flow"]

_VERSION = 1


@step("predict genres")
def predict_films(run: Run, movies: Refs, model: Path) -> StageResult:
    """Clean movies to their genres, with one model."""
    constants = {"model": str(model), "mark": model_mark(model), **run.model_constants}
    return run.stage(
        "genres-predict", predict, with_all(each(("movies", movies)), {}, constants),
        settings=run.settings.embed, version=_VERSION,
    )  # fmt: skip


@flow(name="predict genres", flow_run_name="genres of a catalogue", validate_parameters=False)
def predict_flow(
    sources: list[str],
    out: str,
    models: str,
    name: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> list[str]:
    """Predict the genres of a catalogue's films.

    Args:
        sources: Catalogues, each `sample` or `files:PATH`.
        out: Folder that takes the work.
        models: Folder whose `genres` holds the models.
        name: Which model answers, such as `transformation`.
        profile: Name of a profile of settings.
        settings_file: A TOML file of settings of your own.
        overrides: Settings by section.
        limit: Predict a sample of this many films.

    Returns:
        Parquet files of `predicting.PREDICTED`, one for each partition.
    """
    settings = load_settings(
        profile=profile, file=Path(settings_file) if settings_file else None, overrides=overrides
    )
    folder = Path(models) / FOLDER
    model = folder / "models" / choose(read_registry(folder), name, "title", "overview")
    store = Store(Path(out))
    about = {"sources": sources, "profile": profile, "limit": limit}
    with (
        under_way(store, settings.log, about) as run_id,
        local_cluster(settings.dask) as client,
        from_workers(client, run_id),
        Run(store, client, settings, identify(settings.embed), True) as run,
    ):
        intake = read_sources(run, sources, limit)
        cleaned = clean_movies(run, intake)
        predicted = predict_films(run, cleaned.refs("movies"), model.absolute())
        return [str(store.root / ref.path) for ref in predicted.refs("predicted")]


def predict_catalogue(
    sources: list[str],
    out: str,
    models: str,
    name: str,
    profile: str = "default",
    settings_file: str | None = None,
    overrides: dict[str, Any] | None = None,
    limit: int | None = None,
) -> list[str]:
    """Run `predict_flow` under the Prefect server of PREFECT_API_URL, or an embedded one."""
    with (
        making_room_told(Path(out)),
        prefect_server(Path(out) / "work" / "prefect-server.log"),
    ):
        found: list[str] = predict_flow(
            sources, out, models, name, profile, settings_file, overrides, limit
        )
        return found
