"""Monitoring: batches of ratings, drift over time, decisions and versions of the recommender."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pipeline.errors import MicrogenresError
from serve.explorer.components import cards
from serve.explorer.components.html_nodes import show
from serve.explorer.resources import ratings_folder, upkeep_record

FIGURES = ("ks", "mean_change", "deviation_change", "rmse", "mae", "ndcg", "rows")

show(cards.head("Monitoring", "Ratings as they come, and what was decided."), key="head")
folder = ratings_folder()
record = None
if folder.is_dir():
    try:
        record = upkeep_record(str(folder))
    except MicrogenresError as error:
        with st.expander("What was wrong"):
            st.text(str(error))
if record is None:
    show(
        cards.empty("No ratings are kept up here", "`microgenres ratings train` begins."),
        key="none",
    )
    st.stop()

versions = record.rows("versions")
champion = next((row["version"] for row in versions if row["status"] == "champion"), "none")
show(
    cards.figures(
        [
            ("served version", champion),
            ("batches", str(len(record.rows("ingestions")))),
            ("alerts", str(len(record.rows("alerts")))),
            ("decisions", str(len(record.rows("decisions")))),
        ]
    ),
    key="figures",
)
wanted = st.selectbox("Version", ["all", *(row["version"] for row in versions)])


def rows(name: str) -> pd.DataFrame:
    """A table of the record, of the version wanted, the newest first."""
    found = record.rows(name) if record is not None else []
    kept = [r for r in found if wanted in ("all", r.get("version", wanted))]
    return pd.DataFrame(kept[::-1])


drifted = [
    {"week": row["week"], "version": row["version"]} | {n: row["figures"].get(n) for n in FIGURES}
    for row in record.rows("metrics")
    if wanted in ("all", row["version"])
]
show(cards.section("Drift over time", "Each point is a batch, or several small ones."), key="drift")
if drifted:
    shown = st.selectbox("Figure", FIGURES)
    st.line_chart(pd.DataFrame(drifted), x="week", y=shown)
else:
    st.text("No batch has been judged yet: microgenres ratings monitor")
tables = {
    "Drift": pd.DataFrame(drifted),
    "Decisions": rows("decisions"),
    "Alerts": rows("alerts"),
    "Batches": rows("ingestions"),
    "Versions": rows("versions"),
}
for title, frame in tables.items():
    show(cards.section(title), key=f"section-{title.lower()}")
    if frame.empty:
        st.text("None.")
        continue
    plain = frame.astype({c: str for c in frame if frame[c].dtype == object})
    st.dataframe(plain, hide_index=True)
    st.download_button(
        f"{title} as CSV", plain.to_csv(index=False), f"{title.lower()}.csv", "text/csv"
    )
