"""A word cloud of keywords, drawn on the server for a light or a dark page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

from pipeline.label.words.lexicon import is_boilerplate
from serve.catalogue.records import KeywordRow

__all__ = ["content_keywords", "word_cloud"]

_COLOURS = {
    "light": ("#15587f", "#b02d1e", "#24777c", "#7a2e3c", "#8a5c00", "#6a49c0", "#460096"),
    "dark": ("#7fb0dd", "#f0795f", "#57e0cc", "#dc7f86", "#ffca40", "#c0a9ff", "#b97af0"),
}
_WIDTH, _HEIGHT = 1200, 420  # pixels


def content_keywords(keywords: Sequence[KeywordRow]) -> list[KeywordRow]:
    """Return the keywords about the content of films.

    Keywords about how a film was produced, such as "based on novel or book", are left out.
    """
    return [row for row in keywords if not is_boilerplate(row["keyword"])]


@lru_cache(64)
def word_cloud(counts: tuple[tuple[str, int], ...], theme: str) -> bytes:
    """Draw a word cloud; the same input gives the same picture.

    Parameters
    ----------
    counts : tuple of (str, int)
        Words, each with its number of films, which sets its size; at least one.
    theme : {"light", "dark"}
        Theme of the colours.

    Returns
    -------
    bytes
        A transparent PNG of 1200 x 420 pixels.
    """
    from wordcloud import WordCloud

    colours = _COLOURS.get(theme, _COLOURS["light"])

    def colour(word: str, **_: Any) -> str:
        return colours[sum(word.encode()) % len(colours)]

    cloud = WordCloud(
        font_path=_font(),
        width=_WIDTH,
        height=_HEIGHT,
        mode="RGBA",
        background_color=None,
        prefer_horizontal=1.0,
        relative_scaling=0.45,
        min_font_size=12,
        max_font_size=92,
        max_words=90,
        margin=6,
        random_state=7,
        color_func=colour,
    ).generate_from_frequencies(dict(counts))
    out = BytesIO()
    cloud.to_image().save(out, format="PNG", optimize=True)
    return out.getvalue()


def _font() -> str | None:
    """Return a serif font of matplotlib, a dependency of wordcloud; None for wordcloud's own."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        return None
    font = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSerif.ttf"
    return str(font) if font.is_file() else None
