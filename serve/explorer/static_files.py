"""Style sheets and scripts: their addresses contain a digest, so that browsers keep them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["FOLDER", "DatedFiles", "static_address"]

FOLDER = Path(__file__).parent / "static"
_KEPT = "public, max-age=31536000, immutable"


@cache
def static_address(name: str) -> str:
    """Return the address of a file of `static/`, which changes with its content.

    Examples
    --------
    >>> static_address("style.css").startswith("static/style.css?v=")
    True
    """
    digest = sha256((FOLDER / name).read_bytes()).hexdigest()
    return f"static/{name}?v={digest[:12]}"


class DatedFiles(StaticFiles):
    """Static files that browsers keep if the address contains a digest."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 304 if the browser has it."""
        response = await super().get_response(path, scope)
        kept = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = _KEPT if kept else "no-cache"
        return response
