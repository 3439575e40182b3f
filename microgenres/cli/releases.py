"""Find and open the release that a command names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.release.lookup import Release

__all__ = ["find_release_folder", "open_release_folder"]


def find_release_folder(out: Path, release: str | None) -> Path:
    """Return the folder of a release, given by its own path or by its id in `out`.

    Parameters
    ----------
    out : Path
        The output folder.
    release : str, optional
        A folder or an id; the latest release if None.

    Raises
    ------
    ReleaseError
        If there is no such release.
    """
    from pipeline.release.lookup import find_release

    if release is not None and (Path(release).is_dir() or "/" in release):
        return find_release(Path(release))
    return find_release(out, release)


def open_release_folder(out: Path, release: str | None) -> Release:
    """Return the release that `find_release_folder` finds, open for reading."""
    from pipeline.imports import arrow_without_pandas, no_collection

    with no_collection():
        arrow_without_pandas()
        from pipeline.release.lookup import Release

    return Release(find_release_folder(out, release))
