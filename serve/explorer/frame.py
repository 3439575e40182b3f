"""What surrounds every page: the release behind it, what happens when something fails, the foot."""

from __future__ import annotations

import logging

import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer import cards
from serve.explorer.markup import node, show
from serve.explorer.places import address
from serve.explorer.source import catalogue

__all__ = ["framed"]

logger = logging.getLogger(__name__)


def framed(page: st.Page) -> None:
    """Run a page; a release that cannot be read is told, with a way on."""
    try:
        page.run()
        show(
            node(
                "p",
                f"Release {catalogue().id}. Everything here was computed by the run that made it.",
                cls="foot",
            ),
            key="foot",
        )
    except MicrogenresError as error:
        logger.warning("page %s: %s", page.url_path or "home", error)
        show(
            cards.empty(
                "This cannot be shown",
                "The release could not be read as it should be.",
                ways=[cards.chip("Start again", address("home"))],
            ),
            key="failed",
        )
        st.text(str(error))
