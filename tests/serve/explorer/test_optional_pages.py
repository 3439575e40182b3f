"""Pages that are in the menu only while they have content."""

from __future__ import annotations

from pathlib import Path

from pipeline.settings import ServeSettings, UpkeepSettings
from serve.explorer.optional_pages import OptionalContent
from tests.support.upkeep_rows import build_upkeep


def test_a_page_is_in_the_menu_once_its_content_is_there(tmp_path: Path) -> None:
    content = OptionalContent(tmp_path, ServeSettings(), UpkeepSettings())
    assert content.menu() == []
    assert content.predictor() is None and content.database() is None
    build_upkeep(tmp_path / "ratings").engine.dispose()
    assert ("monitoring", "Monitoring") in content.menu()
    database = content.database()
    assert database is not None and content.database() is database
    database.engine.dispose()


def test_a_damaged_registry_of_genre_models_has_no_models(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{", encoding="utf-8")
    content = OptionalContent(tmp_path, ServeSettings(genres=tmp_path), UpkeepSettings())
    assert content.predictor() is None
