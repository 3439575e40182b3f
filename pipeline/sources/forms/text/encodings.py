"""The encoding of a text file: set by the user, marked, UTF-8, or guessed from all its bytes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.errors import SettingsError
from pipeline.sources.forms.contents import Content
from pipeline.sources.forms.text.guessing import guess_encoding

__all__ = ["Encoding", "find_encoding"]

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_HEAD_BYTES = 2**16
_BLOCK_BYTES = 2**20
_FIRST_BYTES = 2**26  # read from the start to find bytes that are not UTF-8
_SPREAD = 64  # further blocks, spread over a longer file
_SAMPLE_BYTES = 24_000  # of lines beyond ASCII, from which an encoding is guessed
_SAMPLE_OF_BLOCK = 8_000
_ESCAPED = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


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
    checked : bool
        Whether all bytes are known to be valid.
    """

    codec: str
    confidence: float | None = None
    notes: tuple[str, ...] = ()
    checked: bool = False

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
    SettingsError
        If the setting is no encoding of text.
    """
    head = content.head(_HEAD_BYTES)
    if setting.lower() != "auto":
        return Encoding(_known(setting, head))
    if marked := next((codec for mark, codec in _MARKS if head.startswith(mark)), None):
        return Encoding(marked)
    if wide := _wide(head):
        return Encoding(wide)
    return _of_bytes(content)


def _known(setting: str, head: bytes) -> str:
    try:
        name = codecs.lookup(setting).name
        if not isinstance(b"a".decode(name, "replace"), str):
            raise LookupError
    except (LookupError, ValueError) as error:
        raise SettingsError(
            f"setting source.encoding: {setting!r} is no encoding; it can be, for example, "
            "utf-8, utf-16, cp1251, gb18030, shift_jis, or auto"
        ) from error
    if name == "utf-16" and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _wide(head) or name
    return "utf-8-sig" if name == "utf-8" and head.startswith(codecs.BOM_UTF8) else name


def _wide(head: bytes) -> str | None:
    """Return the encoding of a text of two or four bytes a character, without a mark."""
    if b"\0" not in head:
        return None
    best: tuple[int, str] | None = None
    for codec in _WIDE:
        unit = 2 if "16" in codec else 4
        try:
            text = head[: len(head) // unit * unit].decode(codec)
        except UnicodeDecodeError as error:
            if error.start < len(head) - 8:  # a pair may be cut at the end
                continue
            text = head[: error.start].decode(codec)
        plain = sum(char in "\t\r\n" or " " <= char <= "~" for char in text)
        odd = sum(_is_odd(char) for char in set(text))
        if plain * 10 >= len(text) > 0 and not odd and (best is None or plain > best[0]):
            best = (plain, codec)
    return best[1] if best else None


def _is_odd(char: str) -> bool:
    """Return whether a character is in no text: a control, unassigned or private one."""
    return char not in "\t\r\n" and unicodedata.category(char) in ("Cc", "Cn", "Co", "Cs")


def _of_bytes(content: Content) -> Encoding:
    """Return UTF-8 if most of what is beyond ASCII is UTF-8, else a guess."""
    valid, invalid, sample, whole = 0, 0, bytearray(), True
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    total = 0
    for block, follows in _blocks(content):
        total += len(block)
        if not follows:
            decoder.reset()
            whole = False
        if block.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(block)
        beyond = len(text) - len(text.encode("ascii", "ignore"))
        escaped = 0
        if not _is_utf8(text):
            escaped = len(_ESCAPED.findall(text))
            _add_lines(sample, block)
        valid, invalid = valid + beyond - escaped, invalid + escaped
    if not invalid:
        return Encoding("utf-8", checked=whole and total < _FIRST_BYTES)
    codec, confidence = ("cp1252", 0.0) if valid >= invalid else guess_encoding(bytes(sample))
    if codec == "cp1252" and valid:
        note = "bytes that are not UTF-8 are read as Windows-1252"
        return Encoding("utf-8", notes=(note,))
    return Encoding(codec, confidence, ("the encoding is a guess; source.encoding sets another",))


def _is_utf8(text: str) -> bool:
    """Return whether a text has no escaped byte."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _add_lines(sample: bytearray, block: bytes) -> None:
    """Add lines with bytes beyond ASCII to a sample; of each block some, so that all count."""
    limit = min(len(sample) + _SAMPLE_OF_BLOCK, _SAMPLE_BYTES)
    for match in _BEYOND_ASCII.finditer(block):
        if len(sample) >= limit:
            return
        sample += match[0][:_SAMPLE_OF_BLOCK] + b"\n"


def _blocks(content: Content) -> Iterator[tuple[bytes, bool]]:
    """Yield blocks of the bytes, and whether each follows the one before."""
    done = 0
    with content.open() as stream:
        while done < _FIRST_BYTES and (block := stream.read(_BLOCK_BYTES)):
            done += len(block)
            yield block, True
    if content.path is None or done < _FIRST_BYTES:
        return
    size = content.path.stat().st_size
    step = max((size - done) // _SPREAD, _BLOCK_BYTES)
    with content.path.open("rb") as file:
        for start in range(done, size, step):
            file.seek(start)
            block = file.read(_BLOCK_BYTES)
            # Whole lines only: a character must not be cut.
            first, last = block.find(b"\n") + 1, block.rfind(b"\n") + 1
            yield block[first:last], False
