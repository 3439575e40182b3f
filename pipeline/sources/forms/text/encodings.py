"""The encoding of a text file: set by the user, marked, UTF-8, or guessed from all its bytes."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from pipeline.errors import SourceError
from pipeline.sources.forms.contents import Content

__all__ = ["Encoding", "find_encoding"]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Encoding:
    """How bytes become text.

    Attributes
    ----------
    codec : str
        Name that Python knows.
    confidence : float or None
        0 to 1 if it is guessed.
    notes : tuple of str
        What a user should know about it.
    """

    codec: str
    confidence: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name to show, such as "utf-8"."""
        return self.codec.removesuffix("-sig")

    @property
    def errors(self) -> str:
        """How invalid bytes are decoded: those of UTF-8 are escaped, and read later."""
        return "surrogateescape" if self.name == "utf-8" else "replace"


def find_encoding(content: Content, setting: str) -> Encoding:
    """Return the encoding of a text.

    Parameters
    ----------
    content : Content
        The bytes.
    setting : str
        `source.encoding`: a name, or "auto".

    Raises
    ------
    SourceError
        If the setting is no encoding of text.
    """
    head = content.head(4)
    if setting != "auto":
        return Encoding(_known(setting, head))
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    return Encoding(marked or "utf-8")


def _known(setting: str, head: bytes) -> str:
    try:
        name = codecs.lookup(setting).name
        if not isinstance(b"".decode(name), str):
            raise LookupError
    except (LookupError, ValueError) as error:
        raise SourceError(
            f"setting source.encoding: {setting!r} is no encoding; it can be, for example, "
            "utf-8, utf-16, cp1251, gb18030, shift_jis, or auto"
        ) from error
    return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name
