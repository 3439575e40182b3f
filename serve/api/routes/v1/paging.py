"""Pages of a list: every list has `limit`, `cursor`, `total` and `next_cursor`."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fastapi import HTTPException

from serve.api.problems import InvalidFieldError
from serve.api.routes.v1.parameters import PageParameters
from serve.api.snapshot import Snapshot

__all__ = ["Window", "open_window"]

_MOST = 2**40  # more entries than any list has


@dataclass(frozen=True)
class Window:
    """The entries of a list that a request wants.

    Attributes
    ----------
    release_id : str
        The release of the list.
    digest : str
        Hash of the list: its address and parameters.
    offset : int
        Number of entries before the page.
    limit : int
        Most entries of the page.
    """

    release_id: str
    digest: str
    offset: int
    limit: int

    def describe(self, total: int) -> dict[str, Any]:
        """Return release_id, total, limit and next_cursor (None on the last page)."""
        end = self.offset + self.limit
        return {
            "release_id": self.release_id,
            "total": total,
            "limit": self.limit,
            "next_cursor": self._cursor(end) if end < total else None,
        }

    def slice(self, entries: Sequence[Any]) -> list[Any]:
        """Return the entries of the page."""
        return list(entries[self.offset : self.offset + self.limit])

    def _cursor(self, offset: int) -> str:
        text = json.dumps([self.release_id, self.digest, offset])
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def open_window(
    snapshot: Snapshot, address: str, sent: PageParameters, where: str = "query"
) -> Window:
    """Return the page that a request wants.

    Parameters
    ----------
    snapshot : Snapshot
        The release that answers.
    address : str
        What is listed, with the parameters of the path.
    sent : PageParameters
        The other parameters; `limit` may change from page to page.
    where : {"query", "body"}
        Where the cursor was sent.

    Raises
    ------
    InvalidFieldError
        If the cursor cannot be read, or belongs to another list.
    HTTPException
        With status 410 if the cursor belongs to another release.
    """
    others = sent.model_dump_json(exclude={"limit", "cursor", "fields"})
    digest = sha256(f"{address} {others}".encode()).hexdigest()[:12]
    if sent.cursor is None:
        return Window(snapshot.id, digest, 0, sent.limit)
    release_id, list_digest, offset = _read(sent.cursor, where)
    if release_id != snapshot.id:
        raise HTTPException(
            410,
            "the cursor belongs to a release that is no longer served: start again without a "
            "cursor",
        )
    if list_digest != digest:
        message = "belongs to a list with other parameters: start again without a cursor"
        raise InvalidFieldError((where, "cursor"), message)
    return Window(snapshot.id, digest, offset, sent.limit)


def _read(cursor: str, where: str) -> tuple[str, str, int]:
    """Return release, digest and offset of a cursor."""
    unreadable = InvalidFieldError((where, "cursor"), "is not the next_cursor of a page")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        release_id, digest, offset = json.loads(urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, RecursionError) as error:
        raise unreadable from error
    if type(offset) is not int or not 0 <= offset <= _MOST:
        raise unreadable
    return str(release_id), str(digest), offset
