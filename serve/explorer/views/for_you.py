"""For you: recommendations with reasons, after rating a few films."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import open_recommender, ratings_folder

MAX_RATED = 20
FIRST_YEAR, LAST_YEAR = 1900, 2030

show(
    cards.page_header("For you", "Rate a few films and get recommendations, each with a reason."),
    key="head",
)
folder = ratings_folder()
recommender = None
if folder.is_dir():
    try:
        recommender = open_recommender(str(folder))
    except MicrogenresError as error:
        with st.expander("Details of the error"):
            st.text(str(error))
if recommender is None:
    show(
        cards.empty_state(
            "There is no recommender yet",
            "This command trains one on a MovieLens folder and links its films to this release:",
        ),
        key="none",
    )
    command = f"microgenres ratings train ml-latest-small --release {folder.parent}"
    st.code(f"{command} --out {folder.parent}", language="bash")
    st.stop()

# heavy libraries, already imported by the recommender
from pipeline.recommend.serving.recommender import ListQuery  # noqa: E402

served = recommender.current
films = served.films
titles = {
    int(film_id): f"{title} ({year})" if year else title
    for film_id, title, year in zip(films.ids, films.titles, films.year, strict=True)
}
chosen = st.multiselect(
    "Films you have seen",
    list(titles),
    format_func=lambda film: titles[film],
    max_selections=MAX_RATED,
)
rated = [
    (film, st.slider(titles[film], 0.5, 5.0, 4.0, 0.5, key=f"stars-{film}")) for film in chosen
]
genres = st.multiselect(
    "Only these micro-genres",
    sorted(films.cluster_names),
    format_func=lambda cluster: films.cluster_names[cluster],
)
years = st.slider("Released", FIRST_YEAR, LAST_YEAR, (FIRST_YEAR, LAST_YEAR))
query = ListQuery(20, tuple(genres), years[0] if years[0] > FIRST_YEAR else None, years[1])
found = served.recommend(served.profile_of(rated), query)
if not found:
    show(
        cards.empty_state("No film matches", "Choose more years or more micro-genres."),
        key="empty",
    )
    st.stop()
note = (
    f"Based on {len(rated)} {'rating' if len(rated) == 1 else 'ratings'}."
    if rated
    else "No ratings yet: these films are popular with many users."
)
show(
    cards.section("Recommended films", note),
    cards.table(
        "Best recommendation first",
        ("Film", "micro-genre", "expected stars", "reason"),
        [
            (
                data_text(titles[film["film_id"]]),
                node("td", data_text(film["micro_genre_name"] or "none")),
                f"{film['expected_rating']:.1f}",
                node("td", data_text(film["reason"]["text"])),
            )
            for film in found
        ],
    ),
    key="films",
)
