"""How the driver, the scheduler and the workers of a Dask cluster trust one another: by TLS.

A scheduler runs whatever code reaches it. So one beyond this machine is used, or started, only
with certificates, or where the settings say that the network itself is trusted.
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from distributed import Security

from pipeline.errors import SettingsError
from pipeline.settings import DaskSettings

__all__ = ["check_address", "is_loopback", "security", "tls_files"]

_ENCRYPTED = ("tls", "wss")
_WITHIN = ("inproc",)


def is_loopback(host: str) -> bool:
    """Whether a host's name or number stays on this machine, without asking a name server."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_files(settings: DaskSettings) -> tuple[Path, Path, Path] | None:
    """Certificate authority, certificate and key of the settings; None when none is given.

    Raises
    ------
    SettingsError
        when only some are given, or one cannot be read.
    """
    given = {
        name: getattr(settings, name)
        for name in ("tls_ca", "tls_cert", "tls_key")
        if getattr(settings, name) is not None
    }
    if not given:
        return None
    if len(given) < 3:
        raise SettingsError(
            f"settings dask.{' and dask.'.join(given)}: TLS needs dask.tls_ca, dask.tls_cert and "
            "dask.tls_key; `microgenres certificates DIR` makes all three"
        )
    for name, path in given.items():
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise SettingsError(
                f"setting dask.{name}: {path} cannot be read: {error.strerror}; "
                "`microgenres certificates DIR` makes it"
            ) from error
    return given["tls_ca"], given["tls_cert"], given["tls_key"]


def check_address(address: str, settings: DaskSettings) -> None:
    """Refuse a scheduler beyond this machine that neither TLS nor a trusted network protects.

    Raises
    ------
    SettingsError
        saying what to set; also for `tls://` without certificates.
    """
    where = urlsplit(address)
    encrypted = where.scheme in _ENCRYPTED
    if encrypted and tls_files(settings) is None:
        raise SettingsError(
            f"setting dask.scheduler = {address!r}: TLS needs dask.tls_ca, dask.tls_cert and "
            "dask.tls_key; `microgenres certificates DIR` makes them"
        )
    if encrypted or where.scheme in _WITHIN or is_loopback(where.hostname or ""):
        return
    if not settings.trusted_network:
        raise SettingsError(
            f"dask.scheduler = {address!r} is reached beyond this machine without TLS, and whoever "
            "reaches a scheduler can run code: use tls:// with certificates (`microgenres "
            "certificates DIR`), or set dask.trusted_network = true where the network is your own"
        )


def security(settings: DaskSettings) -> Security | None:
    """What a Dask client uses to reach the scheduler of the settings; None without TLS."""
    files = tls_files(settings)
    if files is None:
        return None
    ca, cert, key = map(str, files)
    return Security(
        require_encryption=True,
        tls_ca_file=ca,
        tls_client_cert=cert,
        tls_client_key=key,
        tls_scheduler_cert=cert,
        tls_scheduler_key=key,
        tls_worker_cert=cert,
        tls_worker_key=key,
    )
