"""Check the options of an update; it imports no library, so that an error comes at once."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ReleaseError, SettingsError

__all__ = ["check_options"]


def check_options(out: str | Path, *, only_changes: bool, mine_when_due: bool) -> None:
    """Raise an error for options that contradict each other, or a folder without a release.

    Parameters
    ----------
    out : str or Path
        The output folder.
    only_changes : bool
        Whether the sources contain only the films that changed.
    mine_when_due : bool
        Whether the catalogue is mined again when it has drifted.

    Raises
    ------
    SettingsError
        If the options contradict each other.
    ReleaseError
        If the folder has no release.
    """
    if mine_when_due and only_changes:
        raise SettingsError(
            "--mine-when-due needs the whole catalogue, but --only-changes says that the sources "
            "contain only a part of it: leave one of them out"
        )
    if not (Path(out) / "releases").is_dir():
        raise ReleaseError(f"no release in {out}: run `microgenres mine --out {out}` first")
