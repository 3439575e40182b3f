"""Write the JSON schemas of a release: `python -m pipeline.schemas.export docs/schemas`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.schemas.document import Document
from pipeline.schemas.release_manifest import ReleaseManifest
from pipeline.schemas.report import Report

__all__ = ["main", "schemas"]

_DOCUMENTS: dict[str, type[Document]] = {"manifest": ReleaseManifest, "report": Report}


def schemas() -> dict[str, str]:
    """Return the text of each JSON schema by its file name.

    Examples
    --------
    >>> sorted(schemas())
    ['manifest.schema.json', 'report.schema.json']
    """
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {
        f"{name}.schema.json": json.dumps(dialect | document.model_json_schema(), indent=2) + "\n"
        for name, document in _DOCUMENTS.items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the schemas to the folder that the command line names."""
    parser = argparse.ArgumentParser(description="Write the JSON schemas of a release's documents.")
    parser.add_argument("folder", type=Path, help="folder of the schemas, such as docs/schemas")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
