"""What pages open once and share: the release, the semantic search, the models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pipeline.errors import MicrogenresError
from pipeline.genres.training.registry import FOLDER as GENRES
from pipeline.recommend import FOLDER as RATINGS
from pipeline.release.lookup import find_release, output_folder
from pipeline.settings import load_settings
from serve.catalogue.catalogue import Catalogue
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show

if TYPE_CHECKING:
    from pipeline.genres.serving.predictor import GenrePredictor
    from pipeline.recommend.lifecycle.database import UpkeepDatabase
    from pipeline.recommend.serving.recommender import RecommenderService
    from serve.catalogue.search.engine import SearchEngine

__all__ = [
    "OUT",
    "RELEASE",
    "genre_models_folder",
    "open_catalogue",
    "open_genre_predictor",
    "open_recommender",
    "open_semantic_search",
    "open_upkeep_database",
    "preload",
    "ratings_folder",
    "source_folder",
]

RELEASE = "MICROGENRES_RELEASE"  # environment variable: the folder of a release
OUT = "MICROGENRES_OUT"  # environment variable: an output folder, whose newest release is shown


def source_folder() -> Path:
    """Return the folder of a release or the output folder to show, by default `out`."""
    return Path(os.environ.get(RELEASE) or os.environ.get(OUT) or "out")


def open_catalogue() -> Catalogue:
    """Return the release to show; all visitors share it.

    Each run of a page checks which release is the newest, so a new release is shown from the next
    click on. If there is no release, the page shows the command that creates one, and stops.
    """
    try:
        return _catalogue(str(find_release(source_folder())))
    except MicrogenresError as error:
        out = source_folder()
        show(
            cards.empty_state(
                "There is no release to show yet",
                "The explorer shows a release: the films and micro-genres of one run of the miner. "
                "This command mines the bundled sample of films, which takes a few minutes:",
            ),
            key="no-release",
        )
        st.code(f"microgenres mine --source sample --profile sample --out {out}", language="bash")
        with st.expander("Details of the error"):
            st.text(str(error))
        st.button("Try again")  # a click runs the page again
        st.stop()


def preload(folder: Path) -> None:
    """Open the release of a folder before the first visitor comes.

    The figures are computed too, which reads the files of the release into memory.

    Raises
    ------
    MicrogenresError
        If there is no release.
    """
    _catalogue(str(find_release(folder))).figures()


def open_semantic_search(films: Catalogue) -> SearchEngine:
    """Return the search of a release; the first call loads the model."""
    return _semantic_search(str(films.path))


def genre_models_folder() -> Path:
    """Return the folder of genre models: `serve.genres`, or `genres` beside the releases.

    The folder may not exist.
    """
    return load_settings().serve.genres or output_folder(source_folder().absolute()) / GENRES


@st.cache_resource(max_entries=2, show_spinner="Loading the language model (first use only)")
def open_genre_predictor(folder: str) -> GenrePredictor:
    """Return the genre models of a folder; each model is loaded on first use."""
    from pipeline.genres.serving.predictor import GenrePredictor

    return GenrePredictor(Path(folder))


def ratings_folder() -> Path:
    """Return `ratings` of the output folder. The folder may not exist."""
    return output_folder(source_folder().absolute()) / RATINGS


def open_recommender(folder: str) -> RecommenderService:
    """Return the recommender of a folder, reloaded if another version was promoted."""
    recommender = _recommender(folder)
    recommender.reload()
    return recommender


@st.cache_resource(max_entries=2, show_spinner="Loading the recommender (first use only)")
def _recommender(folder: str) -> RecommenderService:
    from pipeline.recommend.lifecycle.database import database_url
    from pipeline.recommend.serving.recommender import RecommenderService

    return RecommenderService(Path(folder), database_url(Path(folder), load_settings().upkeep))


@st.cache_resource(max_entries=2, show_spinner=False)
def open_upkeep_database(folder: str) -> UpkeepDatabase:
    """Return the upkeep database of a folder."""
    from pipeline.recommend.lifecycle.database import UpkeepDatabase, database_url

    return UpkeepDatabase(database_url(Path(folder), load_settings().upkeep))


@st.cache_resource(max_entries=2, show_spinner=False)
def _catalogue(folder: str) -> Catalogue:
    return Catalogue(Path(folder))


@st.cache_resource(max_entries=2, show_spinner="Loading the language model (first use only)")
def _semantic_search(folder: str) -> SearchEngine:
    from serve.catalogue.search.engine import SearchEngine

    return SearchEngine(_catalogue(folder))
