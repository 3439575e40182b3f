"""Lines, bands with gaps, and plotly.js of the installed package."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from pipeline.settings import ServeSettings
from serve.explorer.app import create_app
from serve.explorer.charts.plotly import band, line, style_ids


def test_a_band_is_parted_at_gaps() -> None:
    traces = band(2, [1, 2, 3, 4], [0.1, None, 0.3, 0.4], [0.5, None, 0.6, 0.7])
    assert [trace["x"] for trace in traces] == [[1], [1], [3, 4], [3, 4]]
    assert [trace.get("fill") for trace in traces] == [None, "tonexty", None, "tonexty"]
    assert all(trace["meta"]["series"] == 2 for trace in traces)


def test_lines_differ_by_symbol_and_dash_and_few_films_are_hollow() -> None:
    first, second = (line(series, [1, 2], [0.1, None], ["a", "b"]) for series in (0, 1))
    assert first["marker"]["symbol"] != second["marker"]["symbol"]
    assert first["line"]["dash"] != second["line"]["dash"]
    hollow = line(0, [1, 2], [0.1, 0.2], ["a", "b"], [True, False])
    assert hollow["marker"]["symbol"] == ["circle-open", "circle"]


def test_plotly_is_served_and_pages_stop_the_styles_that_it_would_add(release: Path) -> None:
    site = TestClient(create_app(release, ServeSettings()))
    script = site.get("/plotly.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "plotly.js v" in script.text[:200]
    page = site.get("/quality").text
    assert 'id="plotly.js-style-global" class="no-inline-styles"' in page
    for name in style_ids():
        assert f'getElementById("{name}")' in script.text
        assert f'<meta id="{name}"' in page
