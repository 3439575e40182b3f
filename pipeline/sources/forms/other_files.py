"""What a file is that holds no table, and what to do with it."""

from __future__ import annotations

import re

__all__ = ["describe_bytes", "describe_text"]

_EXPORT = "export it as CSV, JSON or Parquet"
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF document", "export the table in it as CSV"),
    (b"\x89PNG", "a picture (PNG)", "it holds no table"),
    (b"\xff\xd8\xff", "a picture (JPEG)", "it holds no table"),
    (b"GIF8", "a picture (GIF)", "it holds no table"),
    (b"{\\rtf", "an RTF document", "export the table in it as CSV"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it"),
    (b"\x89HDF", "an HDF5 file", "export it as Parquet, for example with pandas"),
    (b"\x93NUMPY", "a NumPy array", _EXPORT),
    (b"RDX", "an R workspace", "write the table with write.csv in R"),
    (b"RDA", "an R workspace", "write the table with write.csv in R"),
    (b"X\n\x00\x00\x00", "an R object (RDS)", "write the table with write.csv in R"),
    (b"Obj\x01", "an Avro file", "export it as Parquet or JSON"),
    (b"<stata_dta>", "a Stata file", "export it as CSV"),
    (b"$FL2", "an SPSS file", "export it as CSV"),
    (b"\x7fELF", "a program", "it holds no table"),
    (b"FEA1", "a Feather file of version 1", "write it again as Feather 2 or Parquet"),
    (b"version https://git-lfs", "a Git LFS pointer", "fetch the file itself with 'git lfs pull'"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95}\](cXK\x8c\x85-\x87q]", re.DOTALL)
_BSON = re.compile(rb"..[\x00-\xff]\x00[\x01-\x13][\x20-\x7e]{1,60}\x00", re.DOTALL)
_HTML = re.compile(r"\s*(<!--.*?-->\s*)?<(!doctype html|html|head|body|table)\b", re.I | re.S)
_XML = re.compile(r"\s*<(\?xml|!--|!DOCTYPE|[A-Za-z][\w:.-]*[\s/>])")
_CONTROLS = re.compile("[\x02-\x08\x0e-\x1d\x7f\ufffd]")
_SQL = re.compile(r"^\s*(CREATE TABLE|INSERT INTO|DROP TABLE)\b", re.I | re.M)


def describe_bytes(head: bytes) -> str | None:
    """Return what the first bytes of a file show and what to do, or None if it may be a table."""
    for magic, kind, advice in _MAGIC:
        if head.startswith(magic):
            return f"looks like {kind}; {advice}"
    if head[8:12] == b"DUCK":
        return f"looks like a DuckDB database; {_EXPORT}"
    if _PICKLE.match(head):
        return f"looks like a pickle, which can run code and is never loaded; {_EXPORT}"
    if _BSON.match(head) and head.count(b"\0") > 6:
        return "looks like BSON; export it with mongoexport as JSON"
    return None


def describe_text(text: str) -> str | None:
    """Return what the start of a text shows and what to do, or None if it may be a table.

    Examples
    --------
    >>> describe_text('<?xml version="1.0"?><films/>')
    'looks like XML; export it as CSV, JSON or Parquet'
    >>> describe_text("id,title")
    """
    start = text.lstrip("\ufeff")[:100_000]
    if _HTML.match(start):
        return "looks like HTML, perhaps an error page of a download; fetch the table itself"
    if _XML.match(start):
        return f"looks like XML; {_EXPORT}"
    if len(_CONTROLS.findall(start)) * 20 > len(start):
        return f"looks like binary data; {_EXPORT}"
    if _SQL.search(start):
        return f"looks like SQL; load it into a database, and {_EXPORT}"
    return None
