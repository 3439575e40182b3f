"""Which CUDA device each local worker uses, where a machine has several.

By itself every process uses the first device. So each worker sees one device only, as with
`dask-cuda`, which does the same on a cluster.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

__all__ = ["OneDevice", "visible_devices"]

_VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible_devices(folder: Path = Path("/dev")) -> list[str]:
    """Return the CUDA devices that this process may use, without starting CUDA.

    Parameters
    ----------
    folder : Path
        Where the NVIDIA driver has its device files.

    Returns
    -------
    list of str
        As in the environment variable CUDA_VISIBLE_DEVICES if it is set, otherwise a number for
        each device. Empty without the driver, and where Linux runs below Windows.
    """
    named = os.environ.get(_VARIABLE)
    if named is not None:
        return [part.strip() for part in named.split(",") if part.strip()]
    return [str(number) for number, _ in enumerate(folder.glob("nvidia[0-9]*"))]


class OneDevice(WorkerPlugin):
    """Limits each worker to one device, in turn by the number that is the worker's name.

    CUDA reads the variable when it is first used, which is in the first stage that encodes. A
    worker that replaces a dead one has its name, so it gets the same device.

    Parameters
    ----------
    devices : list of str
        Devices as in CUDA_VISIBLE_DEVICES, at least one.
    """

    name = "microgenres-one-device"

    def __init__(self, devices: list[str]) -> None:
        self.devices = devices

    def setup(self, worker: Any) -> None:
        """Set the variable in a worker's process."""
        os.environ[_VARIABLE] = self.devices[int(worker.name) % len(self.devices)]
