"""Text in pieces, and in blocks of whole lines, never all in memory."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from itertools import chain

from pipeline.errors import SourceError
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.text.encodings import Encoding
from pipeline.sources.parsing.literals import restore_bytes

__all__ = ["MAX_LINE_CHARS", "line_blocks", "split_lines", "text_lines", "text_pieces"]

MAX_LINE_CHARS = 2**24  # a longer line is damage or an attack, and is not read into memory
_PIECE_BYTES = 2**19


def text_pieces(content: Content, encoding: Encoding) -> Iterator[str]:
    """Yield the text in pieces of some hundred thousand characters.

    Bytes that are not UTF-8 are read as Windows-1252.

    Raises
    ------
    OSError
        If the bytes are damaged.
    SourceError
        If there are more bytes than allowed.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)(encoding.errors)
    with content.open() as stream:
        while data := stream.read(_PIECE_BYTES):
            if piece := decoder.decode(data):
                yield piece if encoding.checked else restore_bytes(piece)
    if piece := decoder.decode(b"", final=True):
        yield restore_bytes(piece)


def line_blocks(content: Content, encoding: Encoding) -> Iterator[str]:
    r"""Yield the text in blocks of whole lines, which end with \n, \r\n or \r.

    Raises
    ------
    SourceError
        If a line is too long.
    OSError
        If the bytes are damaged.
    """
    rest, lines = "", 0
    for piece in text_pieces(content, encoding):
        text = rest + piece
        # A last \r may be the first half of \r\n.
        cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
        block, rest = text[:cut], text[cut:]
        if block:
            lines += block.count("\n")
            yield block
        if len(rest) >= MAX_LINE_CHARS:
            raise SourceError(
                f"{content.name}: line {lines + 1} is longer than {MAX_LINE_CHARS} characters; "
                "is it one row?"
            )
    if rest:
        yield rest


def split_lines(block: str) -> Iterator[str]:
    r"""Yield the lines of a block with their ends; only \n, \r\n and \r end a line."""
    return io.StringIO(block, newline="")


def text_lines(content: Content, encoding: Encoding) -> Iterator[str]:
    """Yield all lines with their ends."""
    return chain.from_iterable(map(split_lines, line_blocks(content, encoding)))
