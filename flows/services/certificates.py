"""TLS certificates for the processes of a Dask cluster: an authority and one per role.

The key of the authority is deleted at once, so that nobody can sign another certificate with it. To
admit another machine, copy the files of a role to it, or create all of them again.
"""

from __future__ import annotations

import os
import shutil
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipeline.errors import SettingsError

__all__ = ["AUTHORITY", "ROLES", "days_left", "make_certificates"]

AUTHORITY = "ca.crt"
ROLES = ("scheduler", "worker", "client")
_RENEW_DAYS = 30.0


def make_certificates(folder: Path, days: int) -> bool:
    """Create `ca.crt`, and `ROLE.crt` and `ROLE.key` for each role, unless they exist.

    Parameters
    ----------
    folder : Path
        Folder of the files; only their owner can read the keys.
    days : int
        How long they are valid. If less than 30 days are left, all of them are created again.

    Returns
    -------
    bool
        Whether they were created.

    Raises
    ------
    SettingsError
        If the folder cannot be written.
    """
    left = days_left(folder)
    if left is not None and left > min(_RENEW_DAYS, days / 2):
        return False
    attempt = folder / f".{uuid.uuid4().hex}"
    try:
        attempt.mkdir(parents=True, mode=0o700)
        _make(attempt, days)
        # The authority last: its certificate is the sign that all the others exist.
        (folder / AUTHORITY).unlink(missing_ok=True)
        for path in sorted(attempt.iterdir(), key=lambda path: path.name == AUTHORITY):
            path.replace(folder / path.name)
    except OSError as error:
        raise SettingsError(f"certificates cannot be written to {folder}: {error}") from error
    finally:
        shutil.rmtree(attempt, ignore_errors=True)
    return True


def days_left(folder: Path) -> float | None:
    """Return the days until the first certificate expires; None if a file is missing or damaged."""
    needed = [AUTHORITY, *(f"{role}.{kind}" for role in ROLES for kind in ("crt", "key"))]
    try:
        if not all((folder / name).stat().st_size for name in needed):
            return None
        certificates = [
            x509.load_pem_x509_certificate((folder / name).read_bytes())
            for name in needed
            if name.endswith(".crt")
        ]
    except (OSError, ValueError):
        return None
    ends = min(certificate.not_valid_after_utc for certificate in certificates)
    return (ends - datetime.now(UTC)) / timedelta(days=1)


def _make(folder: Path, days: int) -> None:
    begin = datetime.now(UTC) - timedelta(minutes=5)  # clocks differ
    end = begin + timedelta(days=days)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _name("micro-genre-miner Dask authority")
    certificate = (
        _builder(authority, authority, authority_key, begin, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    _write(folder / AUTHORITY, certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    for role in ROLES:
        key = ec.generate_private_key(ec.SECP256R1())
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        signed = (
            _builder(_name(f"micro-genre-miner Dask {role}"), authority, key, begin, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(both), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(role)]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
                critical=False,
            )
            .sign(authority_key, hashes.SHA256())
        )
        _write(folder / f"{role}.crt", signed.public_bytes(serialization.Encoding.PEM), 0o644)
        plain = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        _write(folder / f"{role}.key", plain, 0o600)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
