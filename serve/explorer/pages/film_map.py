"""Map: every film as a dot; near dots tell near stories."""

from __future__ import annotations

import streamlit as st

from serve.explorer.components import cards
from serve.explorer.components.film_map import film_map
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import catalogue

films = catalogue()
show(cards.head("Map", "Every film is a dot; near dots tell near stories."), key="head")
film_map(films, st.query_params.get("film"))
