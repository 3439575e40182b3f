"""The explorer: a release to wander through, in the browser.

`microgenres serve app` runs it; so does `python -m streamlit run serve/explorer/app.py`, with the release
named by MICROGENRES_RELEASE or an output folder by MICROGENRES_OUT.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from serve.explorer import routing
from serve.explorer.layout import framed

st.set_page_config(
    page_title="Micro-genres",
    page_icon=str(Path(__file__).parent / "icon.svg"),
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"About": "Micro-genres: films, grouped by what happens in them. Apache-2.0."},
)
framed(st.navigation(routing.pages(), position="top"))
