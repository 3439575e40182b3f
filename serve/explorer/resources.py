"""Which release the explorer shows: the one it was told, or the newest of an output folder."""

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
    from pipeline.genres.serving.predictor import Asking
    from pipeline.recommend.lifecycle.database import Record
    from pipeline.recommend.serving.recommender import Recommending
    from serve.catalogue.semantic_search import Meaning

__all__ = [
    "OUT",
    "RELEASE",
    "asking",
    "catalogue",
    "genre_models",
    "meaning",
    "place",
    "preloaded",
    "ratings_folder",
    "recommending",
    "upkeep_record",
]

RELEASE = "MICROGENRES_RELEASE"  # a release folder
OUT = "MICROGENRES_OUT"  # an output folder, whose newest release is followed


def place() -> Path:
    """The folder that was named, `out` when none was."""
    return Path(os.environ.get(RELEASE) or os.environ.get(OUT) or "out")


def catalogue() -> Catalogue:
    """The release to show now, opened once and shared by every visitor.

    `latest` is read at each run of a page, so a new release is shown from the next click on. Where
    there is none, the page says which command makes one, and stops.
    """
    try:
        return _opened(str(find_release(place())))
    except MicrogenresError as error:
        command = f"microgenres mine --source sample --profile sample --out {place()}"
        show(
            cards.empty(
                "There is no release to show yet",
                "The explorer shows a release: the films, their micro-genres and the report of "
                "one run of the miner. This command mines the bundled sample in some minutes:",
            ),
            key="no-release",
        )
        st.code(command, language="bash")
        with st.expander("What was wrong"):
            st.text(str(error))
        st.button("Look again")  # a rerun looks again
        st.stop()


def preloaded(folder: Path) -> None:
    """Open the release of a folder before anybody asks for it; MicrogenresError when there is none.

    Also answers what the first page asks, which brings the release's files into memory.
    """
    _opened(str(find_release(folder))).figures()


def meaning(films: Catalogue) -> Meaning:
    """Search by meaning in that release; the model is loaded at the first question."""
    return _meaning(str(films.path))


def genre_models() -> Path:
    """Where the genre models are, as set or beside the releases; whether there are any or not."""
    return load_settings().serve.genres or output_folder(place().absolute()) / GENRES


@st.cache_resource(max_entries=2, show_spinner="Loading the language model, once")
def asking(folder: str) -> Asking:
    """The genre models of a folder, each opened when it is first asked."""
    from pipeline.genres.serving.predictor import Asking

    return Asking(Path(folder))


def ratings_folder() -> Path:
    """`DIR/ratings` of the output folder, whether there is one or not."""
    return output_folder(place().absolute()) / RATINGS


def recommending(folder: str) -> Recommending:
    """The recommender of a folder; another version is taken at the next run of a page."""
    asking = _recommending(folder)
    asking.reload()
    return asking


@st.cache_resource(max_entries=2, show_spinner="Loading the recommender, once")
def _recommending(folder: str) -> Recommending:
    from pipeline.recommend.lifecycle.database import record_url
    from pipeline.recommend.serving.recommender import Recommending

    return Recommending(Path(folder), record_url(Path(folder), load_settings().upkeep))


@st.cache_resource(max_entries=2, show_spinner=False)
def upkeep_record(folder: str) -> Record:
    """The record of upkeep of a folder."""
    from pipeline.recommend.lifecycle.database import Record, record_url

    return Record(record_url(Path(folder), load_settings().upkeep))


@st.cache_resource(max_entries=2, show_spinner=False)
def _opened(folder: str) -> Catalogue:
    return Catalogue(Path(folder))


@st.cache_resource(max_entries=2, show_spinner="Loading the language model, once")
def _meaning(folder: str) -> Meaning:
    from serve.catalogue.semantic_search import Meaning

    return Meaning(_opened(folder))
