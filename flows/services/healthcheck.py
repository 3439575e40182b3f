"""The health check of containers: `python -m flows.services.healthcheck ADDRESS`.

`http://` must answer with success; `tls://` must complete a handshake with Dask's certificates.
Otherwise it ends with exit code 1 and a line on standard error. It imports the standard library
only, so that it starts at once.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import urllib.request
from urllib.parse import urlsplit

__all__ = ["check", "main"]

_SECONDS = 5.0


def check(address: str) -> None:
    """Check that a service answers.

    Parameters
    ----------
    address : str
        `http://HOST:PORT/PATH` or `tls://HOST:PORT`.

    Raises
    ------
    OSError
        If it does not answer, or answers with an error.
    ValueError
        If the address is neither http:// nor tls://, or one of the three TLS files is not set.
    """
    where = urlsplit(address)
    if where.scheme == "http":
        key = os.environ.get("MICROGENRES_SERVE__API_KEY")
        request = urllib.request.Request(address, headers={"X-API-Key": key} if key else {})
        with urllib.request.urlopen(request, timeout=_SECONDS):
            return
    if where.scheme != "tls" or not where.hostname:
        raise ValueError(f"{address!r}: give http://HOST:PORT/PATH or tls://HOST:PORT")
    names = ("TLS_CA", "TLS_CERT", "TLS_KEY")
    files = [os.environ.get(f"MICROGENRES_DASK__{name}") for name in names]
    if not all(files):
        raise ValueError(f"tls:// needs MICROGENRES_DASK__{', MICROGENRES_DASK__'.join(names)}")
    context = ssl.create_default_context(cafile=files[0])
    context.check_hostname = False  # as in Dask: any certificate of this authority is trusted
    context.load_cert_chain(str(files[1]), files[2])
    with (
        socket.create_connection((where.hostname, where.port or 8786), timeout=_SECONDS) as plain,
        context.wrap_socket(plain),
    ):
        return


def main() -> int:
    """Run the command line; return its exit code."""
    if len(sys.argv) != 2:
        print("usage: python -m flows.services.healthcheck ADDRESS", file=sys.stderr)
        return 2
    try:
        check(sys.argv[1])
    except (OSError, ValueError) as error:
        print(f"{sys.argv[1]}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
