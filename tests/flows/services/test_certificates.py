"""Certificates: a handshake needs one of the authority's, and what is valid is left alone."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from flows.services.certificates import ROLES, days_left, make_certificates
from flows.services.healthcheck import check, main


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates") / "below"
    assert make_certificates(folder, 90)
    return folder


def test_keys_are_for_their_owner_and_the_authoritys_is_gone(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == sorted(
        ["ca.crt", *(f"{role}.{kind}" for role in ROLES for kind in ("crt", "key"))]
    )
    for role in ROLES:
        assert (made / f"{role}.key").stat().st_mode & 0o777 == 0o600
    assert 89 < (days_left(made) or 0) < 90


def test_valid_ones_are_left_and_others_made_anew(made: Path, tmp_path: Path) -> None:
    before = (made / "ca.crt").read_bytes()
    assert not make_certificates(made, 90)
    assert (made / "ca.crt").read_bytes() == before
    assert make_certificates(tmp_path, 20)
    assert not make_certificates(tmp_path, 20), "more than half of their days are left"
    assert make_certificates(tmp_path, 365), "they end within a month"
    first = (tmp_path / "worker.key").read_bytes()
    (tmp_path / "worker.crt").write_bytes(b"")
    assert days_left(tmp_path) is None
    assert make_certificates(tmp_path, 365)
    assert (tmp_path / "worker.key").read_bytes() != first


def serve(made: Path, server: socket.socket) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made / "scheduler.crt", made / "scheduler.key")
    context.load_verify_locations(made / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    for _ in range(2):
        plain, _ = server.accept()
        with plain:
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                continue


def test_health_checks_shake_hands_with_a_certificate_only(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_certificates(tmp_path, 90)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tls://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=serve, args=(made, server), daemon=True)
        thread.start()
        for name, file in (("CA", "ca.crt"), ("CERT", "worker.crt"), ("KEY", "worker.key")):
            monkeypatch.setenv(f"MICROGENRES_DASK__TLS_{name}", str(made / file))
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
