"""TLS between the driver, the scheduler and the workers of a Dask cluster.

A scheduler runs any code that it receives. A scheduler on another machine is therefore used, or
started, only with certificates, or if the settings say that the network is trusted.
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
_SAME_PROCESS = ("inproc",)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine, without a DNS query.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("10.0.0.5")
    (True, False)
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def tls_files(settings: DaskSettings) -> tuple[Path, Path, Path] | None:
    """Return the paths of the certificate authority, certificate and key; None if none is set.

    Raises
    ------
    SettingsError
        If only some are set, or one cannot be read.
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
            "dask.tls_key; `microgenres certificates DIR` creates all three"
        )
    for name, path in given.items():
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            raise SettingsError(
                f"setting dask.{name}: {path} cannot be read: {error.strerror}; "
                "`microgenres certificates DIR` creates it"
            ) from error
    return given["tls_ca"], given["tls_cert"], given["tls_key"]


def check_address(address: str, settings: DaskSettings) -> None:
    """Refuse a scheduler on another machine without TLS or a trusted network.

    Parameters
    ----------
    address : str
        The address of the scheduler, such as `tls://10.0.0.5:8786`.
    settings : DaskSettings
        The section `dask`.

    Raises
    ------
    SettingsError
        If the scheduler is not protected, or `tls://` is used without certificates; the message
        says what to set.
    """
    where = urlsplit(address)
    encrypted = where.scheme in _ENCRYPTED
    if encrypted and tls_files(settings) is None:
        raise SettingsError(
            f"setting dask.scheduler = {address!r}: TLS needs dask.tls_ca, dask.tls_cert and "
            "dask.tls_key; `microgenres certificates DIR` creates them"
        )
    if encrypted or where.scheme in _SAME_PROCESS or is_loopback(where.hostname or ""):
        return
    if not settings.trusted_network:
        raise SettingsError(
            f"dask.scheduler = {address!r} is on another machine and has no TLS, and anyone who "
            "can reach a scheduler can run code: use tls:// with certificates (`microgenres "
            "certificates DIR`), or set dask.trusted_network = true if you control the network"
        )


def security(settings: DaskSettings) -> Security | None:
    """Return the security settings of a Dask client; None without TLS."""
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
