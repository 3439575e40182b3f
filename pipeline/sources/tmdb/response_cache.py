"""The answers that came, in one file that only grows: what is in it is never asked for again.

A record is a head (magic, lengths, status, time, CRC-32), a key and a compressed body. It is handed
to the kernel as it comes, so a killed process loses nothing, and synced in groups, so a power cut
loses little. Whatever a crash or a disk has damaged is left out on opening, and asked for again.
"""

from __future__ import annotations

import logging
import mmap
import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CorruptFileError
from pipeline.fileio.atomic import making_room_told, sync_folder
from pipeline.sources.tmdb.client import Answer

__all__ = ["Answers"]

logger = logging.getLogger(__name__)

_MAGIC = b"mgA1"
_HEAD = struct.Struct("<4sIHHdI")  # magic, crc of what follows, key bytes, status, time, body bytes
_CHECKED = 8  # the CRC covers the head from here on
_SYNC_EVERY = 64  # records
_SYNC_SECONDS = 1.0


@dataclass(frozen=True)
class _Place:
    offset: int  # of the compressed body
    size: int
    status: int
    asked_at: float  # seconds since 1970
    record: int  # bytes of the whole record


class Answers:
    """The answers of a folder by key, the last of each; for one process at a time.

    Parameters
    ----------
    path : the file; made where there is none.
    now : seconds since 1970.
    """

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        self._places: dict[str, _Place] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self._end = self._scan()
        os.ftruncate(self._file, self._end)
        os.fsync(self._file)
        sync_folder(path.parent)
        self._unsynced, self._synced_at = 0, time.monotonic()

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        os.fsync(self._file)
        os.close(self._file)

    def has(self, key: str, not_before: float = 0.0) -> bool:
        """Whether there is an answer, of 200 or 404, that is not older than that."""
        place = self._places.get(key)
        return place is not None and place.asked_at >= not_before

    def asked_at(self, key: str) -> float:
        """When the last answer under that key came, in seconds since 1970."""
        return self._places[key].asked_at

    def get(self, key: str) -> Answer:
        """The last answer under that key; KeyError where there is none.

        Raises
        ------
        CorruptFileError
            when its bytes changed since the file was opened.
        """
        place = self._places[key]
        packed = os.pread(self._file, place.size, place.offset)
        try:
            return Answer(place.status, zlib.decompress(packed))
        except zlib.error as error:
            raise CorruptFileError(
                f"{self._path}: the answer {key!r} is damaged; give the same command again, and "
                "it alone is asked for again"
            ) from error

    def keys(self) -> Iterator[str]:
        """Every key that has an answer."""
        return iter(self._places)

    def put(self, key: str, answer: Answer) -> None:
        """Add an answer; it survives the end of this process at once, a power cut after `sync`.

        Raises
        ------
        StoreError
            when there is no room for it.
        """
        self._append(key, answer.status, self._now(), zlib.compress(answer.body, 3))
        self._unsynced += 1

    @property
    def wants_sync(self) -> bool:
        """Whether a group of answers is due for the disk."""
        late = time.monotonic() - self._synced_at > _SYNC_SECONDS
        return self._unsynced >= _SYNC_EVERY or (late and self._unsynced > 0)

    def sync(self) -> None:
        """Force what was put to the disk; from any thread."""
        self._unsynced, self._synced_at = 0, time.monotonic()
        os.fdatasync(self._file)

    def _append(self, key: str, status: int, asked_at: float, packed: bytes) -> None:
        name = key.encode()
        head = _HEAD.pack(_MAGIC, 0, len(name), status, asked_at, len(packed))
        checked = head[_CHECKED:] + name + packed
        record = _MAGIC + zlib.crc32(checked).to_bytes(4, "little") + checked
        with making_room_told(self._path):
            written = 0
            while written < len(record):
                written += os.pwrite(self._file, record[written:], self._end + written)
        offset = self._end + _HEAD.size + len(name)
        self._places[key] = _Place(offset, len(packed), status, asked_at, len(record))
        self._end += len(record)

    def compact(self, keep: Callable[[str], bool]) -> bool:
        """Write the file anew with the last answers of kept keys, if half of it or more is not.

        Returns
        -------
        bool
            whether it was written anew; the old file stands until the new one is whole.
        """
        places = {key: place for key, place in self._places.items() if keep(key)}
        if 2 * sum(place.record for place in places.values()) > self._end:
            return False
        temporary = self._path.with_name(f".{self._path.name}.tmp")
        temporary.unlink(missing_ok=True)
        with Answers(temporary) as fresh:
            for key, place in places.items():
                packed = os.pread(self._file, place.size, place.offset)
                fresh._append(key, place.status, place.asked_at, packed)
        os.replace(temporary, self._path)
        sync_folder(self._path.parent)
        os.close(self._file)
        self._file = os.open(self._path, os.O_RDWR)
        self._places, self._end = fresh._places, fresh._end
        return True

    def _scan(self) -> int:
        """Learn the places of all sound records; returns where the last of them ends."""
        size, end, position, damaged = os.fstat(self._file).st_size, 0, 0, 0
        if not size:
            return 0
        with mmap.mmap(self._file, size, access=mmap.ACCESS_READ) as data:
            while position < size:
                found = self._record(data, position)
                if found is None:
                    following = data.find(_MAGIC, position + 1)
                    following = size if following < 0 else following
                    damaged += following - position
                    position = following
                    continue
                key, place = found
                self._places[key] = place
                position = end = position + place.record
        if damaged:
            logger.warning(
                "%s: %d bytes are torn or damaged; what they held is asked for again",
                self._path.name,
                damaged,
            )
        return end

    @staticmethod
    def _record(data: mmap.mmap, position: int) -> tuple[str, _Place] | None:
        body = position + _HEAD.size
        if body > len(data):
            return None
        magic, crc, key_bytes, status, asked_at, size = _HEAD.unpack_from(data, position)
        end = body + key_bytes + size
        if magic != _MAGIC or end > len(data):
            return None
        if zlib.crc32(memoryview(data)[position + _CHECKED : end]) != crc:
            return None
        key = data[body : body + key_bytes].decode()
        return key, _Place(body + key_bytes, size, status, asked_at, end - position)
