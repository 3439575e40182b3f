"""The word cloud of keywords."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from serve.explorer.trends.keyword_cloud import content_keywords, word_cloud


def test_the_cloud_is_a_transparent_picture_and_the_same_each_time() -> None:
    words = (("submarine", 9), ("spy", 4))
    drawn = word_cloud(words, "dark")
    picture = Image.open(BytesIO(drawn))
    assert (picture.size, picture.mode) == ((1200, 420), "RGBA")
    word_cloud.cache_clear()
    assert word_cloud(words, "dark") == drawn


def test_keywords_about_the_production_are_left_out() -> None:
    rows = content_keywords(
        [{"keyword": "submarine", "films": 3}, {"keyword": "based on novel or book", "films": 9}]
    )
    assert [row["keyword"] for row in rows] == ["submarine"]
