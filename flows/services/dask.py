"""Run a Dask scheduler or workers with the settings of the miner: TLS, one thread each, limits.

Other machines can connect only with certificates, or if the settings say that the network is
trusted: anyone who can connect to a scheduler can run code on its workers.
"""

from __future__ import annotations

import dask

from pipeline.errors import SettingsError
from pipeline.execution.cluster import CLUSTER_CONFIG
from pipeline.execution.tls import check_address, is_loopback, tls_files
from pipeline.observability.worker_logs import PRINT_LOGS
from pipeline.settings import DaskSettings

__all__ = ["run_scheduler", "run_workers"]


def run_scheduler(settings: DaskSettings, host: str, port: int, dashboard: str) -> None:
    """Run a scheduler in this process until a signal ends it.

    Parameters
    ----------
    settings : DaskSettings
        Certificates and limits.
    host : str
        Where it listens; another address than loopback needs TLS or a trusted network.
    port : int
        Its port.
    dashboard : str
        HOST:PORT of its web page and of `/health`.

    Raises
    ------
    SettingsError
        If other machines could connect to it without protection.
    """
    files = tls_files(settings)
    protocol = "tls" if files else "tcp"
    if not files and not is_loopback(host) and not settings.trusted_network:
        raise SettingsError(
            f"other machines can connect to a scheduler on {host!r}, and anyone who connects can "
            "run code: set dask.tls_ca, dask.tls_cert and dask.tls_key (`microgenres certificates "
            "DIR` creates them), or dask.trusted_network = true if the network is your own"
        )
    from distributed.cli.dask_scheduler import main

    arguments = [f"--host={host}", f"--port={port}", f"--protocol={protocol}"]
    arguments += [f"--dashboard-address={dashboard}", "--no-show", *_tls(settings)]
    with dask.config.set(CLUSTER_CONFIG):
        main.main([*arguments], prog_name="microgenres scheduler", standalone_mode=False)


def run_workers(
    settings: DaskSettings, scheduler: str, workers: int, folder: str | None, logs: str
) -> None:
    """Run workers of one thread each, each supervised by a nanny, until a signal ends them.

    Parameters
    ----------
    settings : DaskSettings
        Certificates and limits.
    scheduler : str
        Address of the scheduler, such as `tls://scheduler:8786`.
    workers : int
        How many; -1 for one per core.
    folder : str, optional
        Folder for their temporary files.
    logs : str
        Format of their log lines, "text" or "json".

    Raises
    ------
    SettingsError
        If the scheduler is on another machine and unprotected.
    """
    check_address(scheduler, settings)
    from distributed.cli.dask_worker import main

    arguments = [scheduler, f"--nworkers={workers}", "--nthreads=1", "--no-dashboard", "--nanny"]
    arguments += [f"--memory-limit={settings.memory_limit}", *_tls(settings)]
    arguments += [f"--death-timeout={settings.wait_seconds:g}"]
    arguments += [f"--local-directory={folder}"] if folder else []
    if tls_files(settings) is None and not settings.trusted_network:
        arguments.append("--host=127.0.0.1")
    with dask.config.set({**CLUSTER_CONFIG, PRINT_LOGS: logs}):
        main.main([*arguments], prog_name="microgenres worker", standalone_mode=False)


def _tls(settings: DaskSettings) -> list[str]:
    files = tls_files(settings)
    if files is None:
        return []
    ca, cert, key = files
    return [f"--tls-ca-file={ca}", f"--tls-cert={cert}", f"--tls-key={key}"]
