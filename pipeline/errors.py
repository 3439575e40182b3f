"""All errors that this package raises on purpose.

MicrogenresError
|- SettingsError        a setting is missing, not allowed, or contradicts another
|- SourceError          a catalogue cannot be read: names the file and the cause
|  `- NotATable          a file holds no table, such as a text or a picture
|- TableError           a table does not have its schema
|- StoreError           a file on the disk is not as it was committed
|  |- BusyError         another run has locked the output folder
|  |- CorruptFileError  a committed file is missing, incomplete or altered
|  `- ReleaseError      a release is missing, incomplete or does not reconcile
|- ModelError           weights are missing, not verified or of the wrong shape
`- StageError           a stage could not finish, for example without workers
   `- QuarantineError   some pieces of a stage failed: lists them with their reasons
"""

from __future__ import annotations

__all__ = [
    "BusyError",
    "CorruptFileError",
    "MicrogenresError",
    "ModelError",
    "NotATable",
    "QuarantineError",
    "ReleaseError",
    "SettingsError",
    "SourceError",
    "StageError",
    "StoreError",
    "TableError",
]


class MicrogenresError(Exception):
    """Base class of all errors; the message says what is wrong and what to do."""


class SettingsError(MicrogenresError):
    """A setting is missing, not allowed, or contradicts another."""


class SourceError(MicrogenresError):
    """A catalogue cannot be read; the message names the file and the cause."""


class NotATable(SourceError):
    """A file holds no table; a folder or archive that holds tables beside it can be read."""


class TableError(MicrogenresError):
    """A table does not have its schema."""


class StoreError(MicrogenresError):
    """A file on the disk is not as it was committed, or cannot be written."""


class BusyError(StoreError):
    """Another run has locked the output folder."""


class CorruptFileError(StoreError):
    """A committed file is missing, incomplete or altered."""


class ReleaseError(StoreError):
    """A release is missing, incomplete or does not reconcile."""


class ModelError(MicrogenresError):
    """Model weights are missing, not verified or of the wrong shape."""


class StageError(MicrogenresError):
    """A stage could not finish."""


class QuarantineError(StageError):
    """Pieces of a stage failed; the message lists them with their reasons."""
