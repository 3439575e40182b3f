"""A word cloud of keywords, drawn on the server in the theme's ink."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import streamlit as st

__all__ = ["word_cloud"]

_INKS = {
    "light": ("#15587f", "#b02d1e", "#24777c", "#7a2e3c", "#8a5c00", "#6a49c0", "#460096"),
    "dark": ("#7fb0dd", "#f0795f", "#57e0cc", "#dc7f86", "#ffca40", "#c0a9ff", "#b97af0"),
}


@st.cache_data(max_entries=64, show_spinner=False)
def word_cloud(
    counts: Mapping[str, int], theme: str, width: int = 1200, height: int = 420
) -> bytes:
    """PNG of the words of `counts`, the larger the more films; transparent, the same each time.

    Parameters
    ----------
    theme : `light` or `dark`, the colours of the words.
    """
    from wordcloud import WordCloud

    inks = _INKS.get(theme, _INKS["light"])

    def ink(word: str, **_: Any) -> str:
        return inks[sum(word.encode()) % len(inks)]

    drawn = WordCloud(
        width=width,
        height=height,
        mode="RGBA",
        background_color=None,
        prefer_horizontal=1.0,
        relative_scaling=0.45,
        min_font_size=12,
        max_font_size=92,
        max_words=90,
        margin=6,
        random_state=7,
        color_func=ink,
    ).generate_from_frequencies(dict(counts))
    out = BytesIO()
    drawn.to_image().save(out, format="PNG", optimize=True)
    return out.getvalue()
