"""Key or token from the environment, added to requests where no log can show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from pipeline.errors import SettingsError

__all__ = ["Credentials", "SigningTransport"]

_VARIABLES = ("TMDB_TOKEN", "TMDB_API_KEY")


@dataclass(frozen=True)
class Credentials:
    """A v4 read access token or a v3 API key.

    Attributes
    ----------
    variable : str
        Environment variable that it came from.
    secret : SecretStr
        The token or key.
    """

    variable: str
    secret: SecretStr

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Credentials:
        """Return the token of TMDB_TOKEN, else the key of TMDB_API_KEY.

        Raises
        ------
        SettingsError
            If neither is set, or the value cannot be a key or token.
        """
        for name in _VARIABLES:
            value = environment.get(name, "").strip()
            if value:
                if not (value.isascii() and value.isprintable() and " " not in value):
                    raise SettingsError(
                        f"{name} contains characters that no key or token has; copy it again from "
                        "your account at TMDB"
                    )
                return cls(name, SecretStr(value))
        raise SettingsError(
            "TMDB needs a key: set TMDB_TOKEN to the API read access token of your account "
            "there, or TMDB_API_KEY to its API key (themoviedb.org, settings, API)"
        )

    @property
    def is_token(self) -> bool:
        """Whether it is sent in a header: a v4 token is a JSON web token of three parts."""
        return self.variable == "TMDB_TOKEN" or self.secret.get_secret_value().count(".") == 2


class SigningTransport(httpx.AsyncBaseTransport):
    """Adds the credentials to a copy of each request; httpx logs and raises the unsigned request.

    Parameters
    ----------
    credentials : Credentials
        Key or token.
    inner : httpx.AsyncBaseTransport
        Sends the signed requests.
    """

    def __init__(self, credentials: Credentials, inner: httpx.AsyncBaseTransport) -> None:
        self._credentials, self._inner = credentials, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the signed copy of a request."""
        secret = self._credentials.secret.get_secret_value()
        url, headers = request.url, request.headers.copy()
        if self._credentials.is_token:
            headers["Authorization"] = f"Bearer {secret}"
        else:
            url = url.copy_merge_params({"api_key": secret})
        signed = httpx.Request(
            request.method,
            url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(signed)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
