"""What surrounds every page: the release behind it, what happens when something fails, the foot."""

from __future__ import annotations

import logging

import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import catalogue
from serve.explorer.routing import address

__all__ = ["framed"]

logger = logging.getLogger(__name__)


def framed(page: st.Page) -> None:
    """Run a page; a release that cannot be read is told, with a way on."""
    try:
        page.run()
        facts = catalogue().figures()
        made = facts["created_at"]
        show(
            node(
                "p",
                f"Release {facts['release_id']}" + (f", made {made[:10]}" if made else ""),
                f" \u00b7 {data_text(facts['attribution'])}" if facts["attribution"] else None,
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
