"""A word cloud of keywords, drawn on the server in the theme's ink."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import streamlit as st

__all__ = ["telling", "word_cloud"]

_INKS = {
    "light": ("#15587f", "#b02d1e", "#24777c", "#7a2e3c", "#8a5c00", "#6a49c0", "#460096"),
    "dark": ("#7fb0dd", "#f0795f", "#57e0cc", "#dc7f86", "#ffca40", "#c0a9ff", "#b97af0"),
}


def telling(keywords: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The keywords that tell of a film, without remarks on its making: "based on novel or book"."""
    from pipeline.label.lexicon import is_boilerplate

    return [row for row in keywords if not is_boilerplate(row["keyword"])]


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
        font_path=_font(),
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


def _font() -> str | None:
    """A serif that comes with matplotlib, which wordcloud brings; None for wordcloud's own."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return None
    font = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSerif.ttf"
    return str(font) if font.is_file() else None
