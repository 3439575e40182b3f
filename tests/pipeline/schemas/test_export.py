"""The JSON schemas in the documentation are those of the models."""

from __future__ import annotations

from pathlib import Path

from pipeline.schemas.export import main, schemas

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "schemas"


def test_published_schemas_are_up_to_date(tmp_path: Path) -> None:
    main([str(tmp_path)])
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert written == schemas()
    published = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert published == written, "run `python -m pipeline.schemas.export docs/schemas`"
