"""Monitoring: batches of ratings, drift, decisions and versions of the recommender."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import open_upkeep_database, ratings_folder

FIGURES = ("ks", "mean_change", "deviation_change", "rmse", "mae", "ndcg", "rows")

show(
    cards.page_header(
        "Monitoring", "New ratings, their drift, and the decisions about the recommender."
    ),
    key="head",
)
folder = ratings_folder()
database = None
if folder.is_dir():
    try:
        database = open_upkeep_database(str(folder))
    except MicrogenresError as error:
        with st.expander("Details of the error"):
            st.text(str(error))
if database is None:
    show(
        cards.empty_state(
            "There is no recommender to monitor yet", "Train one: microgenres ratings train"
        ),
        key="none",
    )
    st.stop()

versions = database.versions()
champion = next((row["version"] for row in versions if row["status"] == "champion"), "none")
show(
    cards.figures(
        [
            ("served version", champion),
            ("batches", str(database.count("ingestions"))),
            ("alerts", str(database.count("alerts"))),
            ("decisions", str(database.count("decisions"))),
        ]
    ),
    key="figures",
)
chosen = st.selectbox("Version", ["all", *(row["version"] for row in versions)])


def read_table(name: str) -> pd.DataFrame:
    """Return a table of the database for the chosen version, newest row first."""
    rows = database.rows(name) if database is not None else []
    selected = [row for row in rows if chosen in ("all", row.get("version", chosen))]
    return pd.DataFrame(selected[::-1])


drift = [
    {"week": row["week"], "version": row["version"]}
    | {name: row["figures"].get(name) for name in FIGURES}
    for row in database.rows("metrics")
    if chosen in ("all", row["version"])
]
show(
    cards.section("Drift over time", "Each point is a batch, or several small batches together."),
    key="drift",
)
if drift:
    figure = st.selectbox("Figure", FIGURES)
    st.line_chart(pd.DataFrame(drift), x="week", y=figure)
else:
    st.text("No batch has been checked yet. Check it: microgenres ratings monitor")
tables = {
    "Drift": pd.DataFrame(drift),
    "Decisions": read_table("decisions"),
    "Alerts": read_table("alerts"),
    "Batches": read_table("ingestions"),
    "Versions": read_table("versions"),
}
for title, table in tables.items():
    show(cards.section(title), key=f"section-{title.lower()}")
    if table.empty:
        st.text("None.")
        continue
    plain = table.astype({column: str for column in table if table[column].dtype == object})
    st.dataframe(plain, hide_index=True)
    st.download_button(
        f"{title} as CSV", plain.to_csv(index=False), f"{title.lower()}.csv", "text/csv"
    )
