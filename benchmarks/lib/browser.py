"""Chromium of the system, driven by Playwright, without a window, a graphics card or a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["find_chromium", "open_browser"]

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # without a graphics card


def find_chromium() -> str | None:
    """Return the path of Chromium, or None if it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def open_browser(*, webgl: bool = False) -> Iterator[Any]:
    """Start Chromium under Playwright.

    Parameters
    ----------
    webgl : bool
        Whether to render WebGL in software.

    Yields
    ------
    playwright.sync_api.Browser

    Raises
    ------
    SystemExit
        If Chromium is not installed.
    """
    path = find_chromium()
    if path is None:
        raise SystemExit("Chromium is not installed on this machine: install it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=[*FLAGS, *(WEBGL if webgl else ())]
        )
        yield browser
        browser.close()
