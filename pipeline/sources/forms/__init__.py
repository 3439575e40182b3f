"""The forms in which tables of films come: CSV, JSON, Parquet, workbooks, databases, archives."""

from pipeline.sources.forms.base import RawChunk, RawTable, TableForm
from pipeline.sources.forms.paths import FoundFile, file_hash, find_files, inspect_path
from pipeline.sources.forms.recognition import open_tables

__all__ = [
    "FoundFile",
    "RawChunk",
    "RawTable",
    "TableForm",
    "file_hash",
    "find_files",
    "inspect_path",
    "open_tables",
]
