"""The file `answers.log`, in which earlier versions stored responses; read once, on import.

A record is a head (magic, CRC-32, key length, status, time, body length), a key and a compressed
body. Torn and damaged records are skipped.
"""

from __future__ import annotations

import logging
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LogRecord", "read_answer_log"]

logger = logging.getLogger(__name__)

_MAGIC = b"mgA1"
_HEAD = struct.Struct("<4sIHHdI")  # magic, CRC of the rest, key bytes, status, time, body bytes
_CHECKED = 8  # offset in the head from which the CRC is computed


@dataclass(frozen=True)
class LogRecord:
    """One response of the log.

    Attributes
    ----------
    key : str
        Key of the request.
    status : int
        HTTP status, 200 or 404.
    received_at : float
        Seconds since 1970.
    body : bytes
        JSON, compressed with zlib.
    """

    key: str
    status: int
    received_at: float
    body: bytes


def read_answer_log(path: Path) -> Iterator[LogRecord]:
    """Yield the sound records in the order in which they were written; log what is skipped."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return
        position = skipped = 0
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while position < len(data):
                found = _read_record(data, position)
                if found is None:
                    following = data.find(_MAGIC, position + 1)
                    following = len(data) if following < 0 else following
                    skipped += following - position
                    position = following
                else:
                    record, position = found
                    yield record
    if skipped:
        logger.warning(
            "%s: %d bytes are torn or damaged; their responses are requested again", path, skipped
        )


def _read_record(data: mmap.mmap, position: int) -> tuple[LogRecord, int] | None:
    """Return the record at `position` and where it ends; None if it is torn or damaged."""
    start = position + _HEAD.size
    if start > len(data):
        return None
    magic, crc, key_bytes, status, received_at, size = _HEAD.unpack_from(data, position)
    end = start + key_bytes + size
    if magic != _MAGIC or end > len(data):
        return None
    if zlib.crc32(data[position + _CHECKED : end]) != crc:
        return None
    body = start + key_bytes
    return LogRecord(data[start:body].decode(), status, received_at, data[body:end]), end
