"""Map: every film as a dot; films with similar stories are close together."""

from __future__ import annotations

import streamlit as st

from serve.explorer.components import cards
from serve.explorer.components.film_map import film_map
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import open_catalogue

films = open_catalogue()
show(
    cards.page_header("Map", "Every dot is a film. Films with similar stories are close together."),
    key="head",
)
film_map(films, st.query_params.get("film"))
