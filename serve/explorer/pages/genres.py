"""Genres: a title or a description, the genres that trained models give it, and why."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import MicrogenresError, ModelError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import asking, genre_models

LONGEST = 5_000  # characters of a description
SPOKEN = {
    "transformation": "classifier chains",
    "adaptation": "nearest films (ML-KNN)",
    "transformer": "fine-tuned transformer",
    "blend": "several together",
}

show(
    cards.head("Genres", "Which genres would a film have? Write a title, a description, or both."),
    key="head",
)
folder = genre_models()
try:
    names = asking(str(folder)).names
except MicrogenresError:
    names = []
if not names:
    show(
        cards.empty(
            "No genre models have been trained",
            "This command trains some on a catalogue of films, here on the bundled sample:",
        ),
        key="none",
    )
    st.code(f"microgenres genres train --source sample --out {folder.parent}", language="bash")
    st.stop()

with st.form("film", border=False):
    title = st.text_input("Title", max_chars=500)
    overview = st.text_area("Description", max_chars=LONGEST, height=160)
    name = st.selectbox("Model", names, format_func=lambda known: SPOKEN.get(known, known))
    asked = st.form_submit_button("Predict")

if asked and not (title.strip() or overview.strip()):
    show(cards.empty("Nothing to read", "Write a title or a description first."), key="empty")
elif asked:
    try:
        (answer,) = asking(str(folder)).ask(name, [(title.strip(), overview.strip())], why=True)
    except ModelError as error:
        show(cards.empty("This model does not answer"), key="failed")
        st.text(str(error))
        st.stop()
    given = set(answer["predicted_genres"])
    show(
        cards.section("Genres", f"Read in {answer['inference_time'] * 1000:.0f} ms."),
        cards.table(
            "Probability of each genre",
            ("Genre", "", "probability", "given"),
            [
                (data_text(genre), cards.bar_cell(p), f"{p:.2f}", "yes" if genre in given else "")
                for genre, p in answer["confidence"].items()
            ],
        ),
        key="genres",
    )
    show(
        cards.section("Words that drove it", "Without these words the genre would be less likely."),
        cards.table(
            "Words of each genre",
            ("Genre", "words"),
            [
                (
                    data_text(genre),
                    node(
                        "td",
                        ", ".join(data_text(reason["word"]) for reason in found)
                        or "no single word",
                        cls="told",
                    ),
                )
                for genre, found in answer["reasons"].items()
            ],
        ),
        key="reasons",
    )
