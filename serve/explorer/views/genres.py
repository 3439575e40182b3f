"""Genres: the genres that trained models predict for a title or a description, with reasons."""

from __future__ import annotations

import streamlit as st

from pipeline.errors import MicrogenresError, ModelError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import data_text, node, show
from serve.explorer.resources import genre_models_folder, open_genre_predictor

MAX_CHARS = 5_000  # of a description
MODEL_LABELS = {
    "transformation": "classifier chains",
    "adaptation": "nearest films (ML-KNN)",
    "transformer": "fine-tuned transformer",
    "blend": "several models combined",
}

show(
    cards.page_header(
        "Genres", "Predict the genres of a film from its title, its description, or both."
    ),
    key="head",
)
folder = genre_models_folder()
try:
    names = open_genre_predictor(str(folder)).names
except MicrogenresError:
    names = []
if not names:
    show(
        cards.empty_state(
            "There are no genre models yet",
            "This command trains them on a catalogue of films, here the bundled sample:",
        ),
        key="none",
    )
    st.code(f"microgenres genres train --source sample --out {folder.parent}", language="bash")
    st.stop()

with st.form("film", border=False):
    title = st.text_input("Title", max_chars=500)
    overview = st.text_area("Description", max_chars=MAX_CHARS, height=160)
    name = st.selectbox("Model", names, format_func=lambda model: MODEL_LABELS.get(model, model))
    submitted = st.form_submit_button("Predict")

if submitted and not (title.strip() or overview.strip()):
    show(
        cards.empty_state("There is no text", "Enter a title or a description first."), key="empty"
    )
elif submitted:
    predictor = open_genre_predictor(str(folder))
    try:
        (prediction,) = predictor.predict(name, [(title.strip(), overview.strip())], why=True)
    except ModelError as error:
        show(cards.empty_state("This model cannot predict genres"), key="failed")
        st.text(str(error))
        st.stop()
    predicted = set(prediction["predicted_genres"])
    show(
        cards.section("Genres", f"Predicted in {prediction['inference_time'] * 1000:.0f} ms."),
        cards.table(
            "Probability of each genre",
            ("Genre", "", "probability", "predicted"),
            [
                (
                    data_text(genre),
                    cards.bar_cell(probability),
                    f"{probability:.2f}",
                    "yes" if genre in predicted else "",
                )
                for genre, probability in prediction["confidence"].items()
            ],
        ),
        key="genres",
    )
    show(
        cards.section("Reasons", "Without these words, the genre would be less probable."),
        cards.table(
            "Words for each genre",
            ("Genre", "words"),
            [
                (
                    data_text(genre),
                    node(
                        "td",
                        ", ".join(data_text(reason["word"]) for reason in reasons)
                        or "no single word",
                    ),
                )
                for genre, reasons in prediction["reasons"].items()
            ],
        ),
        key="reasons",
    )
