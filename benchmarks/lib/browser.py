"""The system's Chromium, driven by Playwright: without a window, a graphics card or a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["chromium", "opened"]

FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WEBGL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")  # without a graphics card


def chromium() -> str | None:
    """The path of the program; None where it is not installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def opened(*, webgl: bool = False) -> Iterator[Any]:
    """A browser of Playwright's; SystemExit where Chromium is not installed."""
    path = chromium()
    if path is None:
        raise SystemExit("no chromium on this machine: install it")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=[*FLAGS, *(WEBGL if webgl else ())]
        )
        yield browser
        browser.close()
