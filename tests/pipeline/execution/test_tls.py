"""A scheduler on another machine is used only with TLS or on a trusted network."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.execution.cluster import local_cluster
from pipeline.execution.tls import check_address, is_loopback, security, tls_files
from pipeline.settings import DaskSettings


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / name for name in ("tls_ca", "tls_cert", "tls_key")}
    for path in files.values():
        path.write_text("PEM", encoding="ascii")
    return files


@pytest.mark.parametrize(
    ("host", "stays"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.5", False),
        ("scheduler", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, stays: bool) -> None:
    assert is_loopback(host) is stays


@pytest.mark.parametrize("address", ["tcp://10.0.0.5:8786", "tcp://scheduler:8786", "ws://h:1"])
def test_another_machine_without_tls_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=r"run code.*microgenres certificates") as caught:
        check_address(address, DaskSettings())
    assert address in str(caught.value)
    check_address(address, DaskSettings(trusted_network=True))
    with (
        pytest.raises(SettingsError, match="run code"),
        local_cluster(DaskSettings(scheduler=address)),
    ):
        pytest.fail("a connection was attempted")


def test_loopback_needs_no_tls() -> None:
    check_address("tcp://127.0.0.1:8786", DaskSettings())
    assert security(DaskSettings()) is None


def test_tls_needs_its_files(files: dict[str, Path]) -> None:
    with pytest.raises(SettingsError, match=r"dask\.tls_ca.*microgenres certificates"):
        check_address("tls://10.0.0.5:8786", DaskSettings())
    check_address("tls://10.0.0.5:8786", DaskSettings(**files))
    given = security(DaskSettings(**files))
    assert given is not None and given.require_encryption
    with pytest.raises(SettingsError, match=r"dask\.tls_ca and dask\.tls_cert: TLS needs"):
        tls_files(DaskSettings(tls_ca=files["tls_ca"], tls_cert=files["tls_cert"]))
    files["tls_key"].unlink()
    with pytest.raises(SettingsError, match=r"dask\.tls_key: .* cannot be read"):
        tls_files(DaskSettings(**files))
