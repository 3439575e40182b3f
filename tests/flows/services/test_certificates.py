"""Certificates: a handshake needs one of the authority, and valid ones are not replaced."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from flows.services.certificates import ROLES, days_left, make_certificates
from flows.services.healthcheck import check, main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("certificates") / "below"
    assert make_certificates(path, 90)
    return path


def test_keys_are_private_and_the_key_of_the_authority_is_deleted(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["ca.crt", *(f"{role}.{kind}" for role in ROLES for kind in ("crt", "key"))]
    )
    for role in ROLES:
        assert (folder / f"{role}.key").stat().st_mode & 0o777 == 0o600
    assert 89 < (days_left(folder) or 0) < 90


def test_valid_certificates_stay_and_others_are_replaced(folder: Path, tmp_path: Path) -> None:
    before = (folder / "ca.crt").read_bytes()
    assert not make_certificates(folder, 90)
    assert (folder / "ca.crt").read_bytes() == before
    assert make_certificates(tmp_path, 20)
    assert not make_certificates(tmp_path, 20), "more than half of the days are left"
    assert make_certificates(tmp_path, 365), "they expire within a month"
    first = (tmp_path / "worker.key").read_bytes()
    (tmp_path / "worker.crt").write_bytes(b"")
    assert days_left(tmp_path) is None
    assert make_certificates(tmp_path, 365)
    assert (tmp_path / "worker.key").read_bytes() != first


def serve(folder: Path, server: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "scheduler.crt", folder / "scheduler.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    for _ in range(2):
        plain, _ = server.accept()
        with plain:
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                continue


def test_health_checks_need_a_certificate_of_the_authority(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_certificates(tmp_path, 90)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(folder, server), daemon=True)
        thread.start()
        for name, file in (("CA", "ca.crt"), ("CERT", "worker.crt"), ("KEY", "worker.key")):
            monkeypatch.setenv(f"MICROGENRES_DASK__TLS_{name}", str(folder / file))
        check(address)
        monkeypatch.setenv("MICROGENRES_DASK__TLS_CA", str(tmp_path / "ca.crt"))
        with pytest.raises(ssl.SSLError):
            check(address)
        thread.join(10)
    monkeypatch.setattr("sys.argv", ["alive", address])
    assert main() == 1
    assert address in capsys.readouterr().err
    monkeypatch.delenv("MICROGENRES_DASK__TLS_CA")
    with pytest.raises(ValueError, match="MICROGENRES_DASK__TLS_CA"):
        check(address)
    with pytest.raises(ValueError, match="give http"):
        check("ftp://127.0.0.1")
