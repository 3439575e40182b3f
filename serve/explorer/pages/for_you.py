"""For you: rate a few films, and get others, each with its reason."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import ratings_folder, recommending

MOST_RATED = 20

show(cards.head("For you", "Rate a few films, and get others, each with its reason."), key="head")
folder = ratings_folder()
asking = None
if folder.is_dir():
    try:
        asking = recommending(str(folder))
    except MicrogenresError as error:
        with st.expander("What was wrong"):
            st.text(str(error))
if asking is None:
    show(
        cards.empty(
            "No recommender is served yet",
            "This command learns one from a folder of MovieLens, linked to this release:",
        ),
        key="none",
    )
    command = f"microgenres ratings train ml-latest-small --release {folder.parent}"
    st.code(f"{command} --out {folder.parent}", language="bash")
    st.stop()

from pipeline.recommend.serving.recommender import Wish  # noqa: E402  # heavy, and only where there is one

now = asking.current
films = now.films
names = {
    int(i): f"{t} ({y})" if y else t
    for i, t, y in zip(films.ids, films.titles, films.year, strict=True)
}
chosen = st.multiselect(
    "Films that you have seen",
    list(names),
    format_func=lambda film: names[film],
    max_selections=MOST_RATED,
)
rated = [(film, st.slider(names[film], 0.5, 5.0, 4.0, 0.5, key=f"stars-{film}")) for film in chosen]
genres = st.multiselect(
    "Only these micro-genres",
    sorted(films.cluster_names),
    format_func=lambda cluster: films.cluster_names[cluster],
)
years = st.slider("Released", 1900, 2030, (1900, 2030))
wish = Wish(20, tuple(genres), years[0] if years[0] > 1900 else None, years[1])
found = now.recommend(now.profile_of(rated), wish)
if not found:
    show(cards.empty("No film is left", "Widen the years or the micro-genres."), key="empty")
    st.stop()
told = f"{len(rated)} ratings." if rated else "Nothing rated yet: what many have liked."
show(
    cards.section("Films for you", told),
    cards.table(
        "Recommended films, the best first",
        ("Film", "micro-genre", "expected stars", "why"),
        [
            (
                data_text(names[film["film_id"]]),
                node("td", data_text(film["micro_genre_name"] or "none"), cls="told"),
                f"{film['expected_rating']:.1f}",
                node("td", data_text(film["reason"]["text"]), cls="told"),
            )
            for film in found
        ],
    ),
    key="films",
)
