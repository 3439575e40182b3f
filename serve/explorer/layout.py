"""What all pages have in common: the footer with the release, and the message after an error."""

from __future__ import annotations

import logging

import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import open_catalogue
from serve.explorer.routing import address

__all__ = ["run_page"]

logger = logging.getLogger(__name__)


def run_page(page: st.Page) -> None:
    """Run a page and its footer; if the release cannot be read, show the error instead."""
    try:
        page.run()
        figures = open_catalogue().figures()
        created_at, attribution = figures["created_at"], figures["attribution"]
        show(
            node(
                "p",
                f"Release {figures['release_id']}"
                + (f", created {created_at[:10]}" if created_at else ""),
                f" \u00b7 {data_text(attribution)}" if attribution else None,
                cls="foot",
            ),
            key="foot",
        )
    except MicrogenresError as error:
        logger.warning("page %s: %s", page.url_path or "home", error)
        show(
            cards.empty_state(
                "This page cannot be shown",
                "An error occurred while reading the release:",
                links=[cards.chip("Home", address("home"))],
            ),
            key="failed",
        )
        st.text(str(error))
