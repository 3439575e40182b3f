"""Every error this package raises on purpose.

MicrogenresError
|- SettingsError        a setting is missing, out of range or contradicts another
|- SourceError          a catalogue cannot be read at all: names the file and the cause
|- TableError           a table does not have the schema its name promises
|- StoreError
|  |- BusyError         another run holds the output folder
|  |- CorruptFileError  a committed file is missing, torn or altered
|  `- ReleaseError      a release is missing, incomplete or does not reconcile
|- ModelError           weights are missing, unverified or of the wrong shape
`- StageError           a stage could not finish, for want of workers or of a scheduler
   `- QuarantineError   some of its pieces failed; lists them with their reasons
"""

from __future__ import annotations

__all__ = [
    "BusyError",
    "CorruptFileError",
    "MicrogenresError",
    "ModelError",
    "QuarantineError",
    "ReleaseError",
    "SettingsError",
    "SourceError",
    "StageError",
    "StoreError",
    "TableError",
]


class MicrogenresError(Exception):
    """Base of all; its message says what is wrong and what to do."""


class SettingsError(MicrogenresError):
    """A setting is missing, out of range or contradicts another."""


class SourceError(MicrogenresError):
    """A catalogue cannot be read at all; the message names the file and the cause."""


class TableError(MicrogenresError):
    """A table does not have the schema its name promises."""


class StoreError(MicrogenresError):
    """Something on disk is not as it was committed."""


class BusyError(StoreError):
    """Another run holds the output folder."""


class CorruptFileError(StoreError):
    """A committed file is missing, torn or altered."""


class ReleaseError(StoreError):
    """A release is missing, incomplete or does not reconcile."""


class ModelError(MicrogenresError):
    """Model weights are missing, unverified or of the wrong shape."""


class StageError(MicrogenresError):
    """A stage could not finish."""


class QuarantineError(StageError):
    """Pieces of a stage failed; the message lists them and their reasons, the others are kept."""
