"""The explorer: a web application to browse a release.

`microgenres serve app` runs it. So does `python -m streamlit run serve/explorer/app.py`, with the
environment variable MICROGENRES_RELEASE for a release or MICROGENRES_OUT for an output folder.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from serve.explorer import routing
from serve.explorer.layout import run_page

st.set_page_config(
    page_title="Micro-genres",
    page_icon=str(Path(__file__).parent / "icon.svg"),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"About": "Micro-genres: films, grouped by their stories. Apache-2.0."},
)
run_page(st.navigation(routing.pages(), position="top"))
